from __future__ import annotations

from pathlib import Path

import pytest

from emulators.warehouse.catalog.kinds import MATERIALIZED_VIEW, STREAMING_TABLE
from emulators.warehouse.catalog.records.records import Records
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.catalog.spark_catalog import RelationEntry
from emulators.warehouse.errors import SqlError, already_exists
from emulators.warehouse.relations.kept_queries import is_to_be_made
from emulators.warehouse.sql.statements import CreateMaterialized, recognise


def create(sql: str) -> CreateMaterialized:
    found = recognise(sql)
    assert isinstance(found, CreateMaterialized)
    return found


def existing(tmp_path: Path, kind: str | None) -> Relation | None:
    records = Records(tmp_path / "records.sqlite")
    records.relations.put(RelationEntry.managed("s", "mv", "file:/mv"), kind)
    return records.relations.get("s", "mv")


def test_a_create_makes_replaces_or_leaves_what_is_there(tmp_path: Path) -> None:
    view = existing(tmp_path, MATERIALIZED_VIEW)

    for sql, found, expected in (
        ("create materialized view mv as select 1", None, True),
        ("create or replace materialized view mv as select 1", view, True),
        ("create materialized view if not exists mv as select 1", view, False),
    ):
        assert is_to_be_made(create(sql), MATERIALIZED_VIEW, found, "`s`.`mv`") is expected


@pytest.mark.parametrize(
    ("sql", "kind", "there"),
    [
        ("create materialized view mv as select 1", MATERIALIZED_VIEW, MATERIALIZED_VIEW),
        ("create or replace materialized view mv as select 1", MATERIALIZED_VIEW, STREAMING_TABLE),
        ("create materialized view if not exists mv as select 1", MATERIALIZED_VIEW, None),
        ("create streaming table mv as select * from stream t", STREAMING_TABLE, STREAMING_TABLE),
        (
            "create or refresh streaming table mv as select * from stream t",
            STREAMING_TABLE,
            MATERIALIZED_VIEW,
        ),
    ],
)
def test_a_name_that_something_else_has_is_taken(
    tmp_path: Path, sql: str, kind: str, there: str | None
) -> None:
    with pytest.raises(SqlError, match=r"TABLE_OR_VIEW_ALREADY_EXISTS.*`s`.`mv`") as refused:
        is_to_be_made(create(sql), kind, existing(tmp_path, there), "`s`.`mv`")
    assert refused.value.sql_state == "42P07"


@pytest.mark.parametrize(("kind", "state"), [("CATALOG", "42710"), ("VOLUME", "42000")])
def test_other_names_are_taken_in_the_same_words(kind: str, state: str) -> None:
    error = already_exists(kind, "`x`")

    assert (error.error_class, error.sql_state) == (f"{kind}_ALREADY_EXISTS", state)
    assert f"Cannot create {kind.lower()} `x` because it already exists." in str(error)
