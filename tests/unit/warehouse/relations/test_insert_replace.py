from __future__ import annotations

import pytest

from emulators.warehouse.errors import SqlError
from emulators.warehouse.relations.insert_replace import merge_of
from emulators.warehouse.sql.statements import InsertReplace


def merge(columns: list[str], source_columns: list[str], **fields: object) -> str:
    statement = InsertReplace("", ("t",), "select 1", **fields)  # type: ignore[arg-type]
    return merge_of(statement, "`t`", columns, source_columns)


def test_columns_are_matched_by_position_unless_by_name() -> None:
    assert "insert (`a`, `b`) values (`s`.`x`, `s`.`y`)" in merge(
        ["a", "b"], ["x", "y"], condition="t.a = s.x", source_alias="s"
    )
    assert "insert (`b`, `a`) values (`__source`.`b`, `__source`.`a`)" in merge(
        ["a", "b"], ["b", "a"], using=("a",), by_name=True
    )


def test_using_compares_by_equality() -> None:
    assert "and (`__target`.`a` = `__source`.`a` and `__target`.`b` = `__source`.`b`)" in merge(
        ["a", "b"], ["a", "b"], using=("a", "b")
    )


@pytest.mark.parametrize(
    ("source_columns", "using", "error"),
    [
        (["a"], (), "INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS"),
        (["a", "b", "c"], (), "INSERT_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS"),
        (["x", "b"], ("a",), "UNRESOLVED_INSERT_REPLACE_USING_COLUMN"),
        (["a", "x"], ("x",), "UNRESOLVED_INSERT_REPLACE_USING_COLUMN"),
    ],
)
def test_columns_that_do_not_fit_are_refused(
    source_columns: list[str], using: tuple[str, ...], error: str
) -> None:
    with pytest.raises(SqlError) as caught:
        merge(["a", "b"], source_columns, using=using, condition="" if using else "true")
    assert caught.value.error_class == error
