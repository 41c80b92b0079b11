"""Streaming tables: each refresh reads what is new of its sources, once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from databricks.sql.exc import ServerOperationError

from tests.integration.warehouse.conftest import Warehouse

QUERY = "-- As they land.\nselect id, upper(n) as n from stream st.landed"


@pytest.fixture
def table(warehouse: Warehouse) -> str:
    warehouse.rows("create schema if not exists st")
    for name in ("copied", "landed"):
        warehouse.rows(f"drop table if exists st.{name}")
    warehouse.rows("create table st.landed (id int, n string)")
    warehouse.rows("insert into st.landed values (1, 'a'), (2, 'b')")
    warehouse.rows(
        "create streaming table st.copied (id int not null comment 'Its key.', n string) "
        f"comment 'Copies.' tblproperties ('team' = 'x') schedule every 1 day as {QUERY}"
    )
    return "st.copied"


def rows(warehouse: Warehouse, table: str) -> list[tuple[object, ...]]:
    return warehouse.rows(f"select * from {table} order by id")


def test_each_refresh_appends_what_is_new_and_a_full_one_reads_all_again(
    warehouse: Warehouse, table: str
) -> None:
    assert rows(warehouse, table) == [(1, "A"), (2, "B")]
    warehouse.rows("insert into st.landed values (3, 'c')")
    warehouse.rows(f"delete from {table} where id = 1")
    warehouse.rows(f"refresh streaming table {table}")
    assert rows(warehouse, table) == [(2, "B"), (3, "C")]

    warehouse.rows(f"refresh streaming table {table} full")
    assert rows(warehouse, table) == [(1, "A"), (2, "B"), (3, "C")]
    warehouse.rows("insert into st.landed values (4, 'd')")
    warehouse.rows(f"refresh streaming table {table}")
    assert rows(warehouse, table) == [(1, "A"), (2, "B"), (3, "C"), (4, "D")]

    counts = warehouse.rows(
        "select get_json_object(details, '$.flow_progress.metrics.num_output_rows') "
        f"from event_log(table({table})) where event_type = 'flow_progress' order by timestamp"
    )
    assert counts == [("2",), ("1",), ("3",), ("1",)]
    folder = Path(warehouse.rows(f"describe detail {table}")[0][4].removeprefix("file:"))
    assert (folder / "_checkpoint").is_dir()
    assert not list(folder.glob("_refresh_*"))


def test_it_says_what_it_is(warehouse: Warehouse, table: str) -> None:
    details = {row[0]: row[1] for row in warehouse.rows(f"describe extended {table}")}

    assert details["Type"] == "STREAMING_TABLE"
    assert details["View Text"] == QUERY
    assert details["Refresh Schedule"] == "EVERY 1 DAYS"
    assert details["Latest Refresh Status"] == "Succeeded"
    assert details["Comment"] == "Copies."
    assert warehouse.rows(f"describe {table}")[0] == ("id", "int", "Its key.")
    assert warehouse.rows(
        "select table_type from information_schema.tables where table_schema = 'st' and table_name = 'copied'"
    ) == [("STREAMING_TABLE",)]

    warehouse.rows(f"alter streaming table {table} alter trigger on update")
    warehouse.rows(f"alter streaming table {table} set tags ('a' = 'b')")
    details = {row[0]: row[1] for row in warehouse.rows(f"describe extended {table}")}
    assert details["Refresh Schedule"] == "TRIGGER ON UPDATE"
    warehouse.rows(f"drop table {table}")
    assert warehouse.rows("select 1 from information_schema.table_tags where table_name = 'copied'") == []


def test_or_refresh_gives_it_another_query_for_what_comes(warehouse: Warehouse, table: str) -> None:
    warehouse.rows("insert into st.landed values (3, 'c')")

    warehouse.rows(
        f"create or refresh streaming table {table} comment 'More.' as "
        "select id, n, id * 2 as twice from stream(st.landed)"
    )

    assert rows(warehouse, table) == [(1, "A", None), (2, "B", None), (3, "c", 6)]
    details = {row[0]: row[1] for row in warehouse.rows(f"describe extended {table}")}
    assert (details["Comment"], details["Refresh Schedule"]) == ("More.", "MANUAL")


def test_or_refresh_gives_it_the_properties_that_it_names(warehouse: Warehouse, table: str) -> None:
    warehouse.rows(f"create or refresh streaming table {table} tblproperties ('area' = 'y') as {QUERY}")
    properties = dict(warehouse.rows(f"show tblproperties {table}"))
    assert properties["area"] == "y"
    assert "team" not in properties


def test_a_refresh_that_fails_is_told_and_done_again(warehouse: Warehouse, table: str) -> None:
    warehouse.rows("insert into st.landed values (null, 'x')")
    with pytest.raises(ServerOperationError, match="NOT NULL constraint violated for column: id"):
        warehouse.rows(f"refresh streaming table {table}")
    details = {row[0]: row[1] for row in warehouse.rows(f"describe extended {table}")}
    assert details["Latest Refresh Status"] == "Failed"
    with pytest.raises(ServerOperationError, match="NOT NULL constraint violated for column: id"):
        warehouse.rows(f"refresh streaming table {table} full")

    assert rows(warehouse, table) == [(1, "A"), (2, "B")]


def test_a_full_refresh_from_a_table_without_rows_leaves_none(warehouse: Warehouse) -> None:
    warehouse.rows("create schema if not exists st")
    warehouse.rows("create or replace table st.emptied as select 1 as id")
    warehouse.rows("create streaming table st.of_emptied as select * from stream st.emptied")
    warehouse.rows("create or replace table st.emptied (id int)")
    warehouse.rows("refresh streaming table st.of_emptied full")
    assert warehouse.rows("select * from st.of_emptied") == []
    warehouse.rows("insert into st.emptied values (2)")
    warehouse.rows("refresh streaming table st.of_emptied")
    assert warehouse.rows("select * from st.of_emptied") == [(2,)]


@pytest.mark.parametrize("full", ["", "full"])
def test_a_refresh_that_is_cancelled_stops_and_leaves_the_old_rows(warehouse: Warehouse, full: str) -> None:
    name = f"paced{full}"
    warehouse.rows("create schema if not exists st")
    warehouse.rows(f"create or replace table st.{name}_source as select 1 as id, 0L as pause")
    warehouse.rows(
        f"create streaming table st.{name} as select id, "
        f"coalesce(java_method('java.lang.Thread', 'sleep', pause), '') as x from stream st.{name}_source"
    )
    warehouse.rows(f"insert into st.{name}_source values (2, 600000)")

    with warehouse.cursor() as cursor:
        cursor.execute_async(f"refresh streaming table st.{name} {full}")
        time.sleep(3)
        cursor.cancel()

    def states() -> list[tuple[object, ...]]:
        return warehouse.rows(
            f"select get_json_object(details, '$.update_progress.state') from event_log(table(st.{name})) "
            "where event_type = 'update_progress' order by timestamp"
        )

    deadline = time.monotonic() + 30
    while len(states()) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert states() == [("COMPLETED",), ("CANCELED",)]
    assert warehouse.rows(f"select id from st.{name}") == [(1,)]
    folder = Path(warehouse.rows(f"describe detail st.{name}")[0][4].removeprefix("file:"))
    assert not list(folder.glob("_refresh_*"))
    assert (folder / "_checkpoint").is_dir()


def test_what_cannot_be_done_is_refused(warehouse: Warehouse, table: str) -> None:
    not_allowed = "STREAMING_TABLE_OPERATION_NOT_ALLOWED"
    for statement, error in (
        ("create streaming table st.other as select * from st.landed", "STREAMING_TABLE_QUERY_INVALID"),
        (f"create streaming table {table} as select 1", "TABLE_OR_VIEW_ALREADY_EXISTS"),
        ("create or refresh streaming table st.landed as select 1", "TABLE_OR_VIEW_ALREADY_EXISTS"),
        ("refresh streaming table st.landed", f"{not_allowed}.NON_STREAMING_TABLE"),
        (f"create or replace table {table} (a int)", f"{not_allowed}.CREATE_OR_REPLACE"),
        (f"alter table {table} add columns (a int)", f"{not_allowed}.INVALID_ALTER"),
        ("select * from event_log(table(st.landed))", "EVENT_LOG_UNAVAILABLE"),
    ):
        with pytest.raises(ServerOperationError) as caught:
            warehouse.rows(statement)
        assert str(caught.value).startswith(f"[{error}]")
