"""A full refresh gives a table its rows anew, and at no moment do readers find it empty."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.dbt.rendering import Relation, Rendering

TABLE = Relation("main", "gold", "daily_sales")
VIEW = Relation("main", "gold", "daily_sales__dbt_tmp")
COLUMNS = [("sales_date", "date"), ("revenue", "decimal(34,2)")]
SELECTED = "select * from `main`.`gold`.`daily_sales__dbt_tmp`"


def replaced(
    held: list[tuple[str, str]] | None, changes: dict[str, Any] | None = None, is_enforced: bool = True
) -> list[str]:
    """What is sent and called to fill a table that holds columns, or that is not there."""
    rendering = Rendering()

    def statement(name: str, caller: Callable[[], str]) -> str:
        rendering.sent.append(" ".join(caller().split()))
        return ""

    def called(name: str) -> Callable[..., str]:
        def call(*arguments: Any) -> str:
            rendering.sent.append(f"{name}({', '.join(map(str, arguments))})")
            return ""

        return call

    def columns_of(relation: Relation) -> list[SimpleNamespace]:
        columns = held if relation == TABLE else COLUMNS
        return [SimpleNamespace(name=name, dtype=dtype) for name, dtype in columns or []]

    changeset = SimpleNamespace(changes=changes) if changes else None
    contract = SimpleNamespace(enforced=is_enforced)
    rendering.stand_ins = {
        "adapter": SimpleNamespace(
            get_columns_in_relation=columns_of,
            get_config_from_model=lambda model: SimpleNamespace(get_changeset=lambda existing: changeset),
            get_relation=lambda *names: TABLE if held else None,
            get_relation_config=lambda relation, config: None,
        ),
        "config": SimpleNamespace(model=None, get=lambda name: contract),
        "dbt": SimpleNamespace(create_table_at=called("create and fill")),
        "get_assert_columns_equivalent": called("check contract"),
        "make_staging_relation": lambda relation: "staging",
        "process_config_changes": called("apply changes"),
        "safe_relation_replace": called("fill another and rename"),
        "statement": statement,
    }
    rendering.call("create_table_at", TABLE, VIEW, "select 1")
    return rendering.sent


def test_new_rows_take_the_place_of_the_old_in_one_statement() -> None:
    assert replaced(COLUMNS) == [
        "check contract(select 1)",
        f"apply changes({TABLE}, {TABLE})",
        f"alter table {TABLE} unset tblproperties if exists ('order_intelligence.run_state')",
        f"insert overwrite table {TABLE} by name {SELECTED}",
    ]


def test_comments_tags_and_masks_need_no_other_table() -> None:
    assert replaced(COLUMNS, {"comment": "new", "column_masks": "new"}) == replaced(COLUMNS)


def test_without_a_contract_none_is_checked() -> None:
    assert replaced(COLUMNS, is_enforced=False) == replaced(COLUMNS)[1:]


def test_a_table_that_is_not_there_is_made() -> None:
    assert replaced(None) == [f"create and fill({TABLE}, {VIEW}, select 1)"]


@pytest.mark.parametrize(
    ("held", "changes"),
    [
        (COLUMNS[:1], None),
        ([*COLUMNS, ("state", "string")], None),
        ([COLUMNS[1], COLUMNS[0]], None),
        ([COLUMNS[0], ("revenue", "decimal(24,2)")], None),
        (COLUMNS, {"constraints": "not null"}),
    ],
    ids=["a new column", "one less", "another order", "another type", "another key"],
)
def test_a_table_of_another_shape_is_filled_before_it_takes_the_name(
    held: list[tuple[str, str]], changes: dict[str, Any] | None
) -> None:
    assert replaced(held, changes) == [f"fill another and rename({TABLE}, staging, {VIEW}, select 1)"]
