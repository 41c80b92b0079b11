from __future__ import annotations

import threading
import time

import pytest
from databricks.sql.exc import ServerOperationError

from tests.integration.warehouse.conftest import Warehouse

QUERY = "-- By state.\nselect state, sum(amount) as amount from mv.sales group by state"


@pytest.fixture
def view(warehouse: Warehouse) -> str:
    warehouse.rows("create schema if not exists mv")
    warehouse.rows("create or replace table mv.sales (state string, amount int)")
    warehouse.rows("insert into mv.sales values ('CA', 1), ('CA', 2), ('NY', 5)")
    warehouse.rows(
        "create or replace materialized view mv.by_state (state string comment 'Two letters', amount bigint) "
        f"comment 'Sales' tblproperties ('team' = 'sales') as {QUERY}"
    )
    return "mv.by_state"


def test_it_holds_rows_until_it_is_refreshed(warehouse: Warehouse, view: str) -> None:
    warehouse.rows("insert into mv.sales values ('NY', 5)")
    assert warehouse.rows(f"select * from {view} order by state") == [("CA", 3), ("NY", 5)]

    warehouse.rows(f"refresh materialized view {view}")

    assert warehouse.rows(f"select * from {view} order by state") == [("CA", 3), ("NY", 10)]


def test_it_says_what_it_is(warehouse: Warehouse, view: str) -> None:
    warehouse.rows(f"refresh materialized view {view}")

    details = {row[0]: row[1] for row in warehouse.rows(f"describe extended {view}")}
    assert details["Type"] == "MATERIALIZED_VIEW"
    assert details["Refresh Schedule"] == "MANUAL"
    assert details["Comment"] == "Sales"
    assert warehouse.rows(f"describe {view}") == [
        ("state", "string", "Two letters"),
        ("amount", "bigint", None),
    ]
    assert warehouse.rows(
        "select table_type, is_insertable_into from information_schema.tables where table_name = 'by_state'"
    ) == [("MATERIALIZED_VIEW", "NO")]
    assert warehouse.rows(
        "select view_definition from system.information_schema.views where table_name = 'by_state'"
    ) == [(QUERY,)]
    properties = dict(warehouse.rows(f"show tblproperties {view}"))
    assert properties["team"] == "sales"
    assert "pipelines.pipelineId" not in properties


def test_readers_see_all_old_or_all_new_rows(warehouse: Warehouse) -> None:
    warehouse.rows("create schema if not exists mv")
    warehouse.rows("create or replace table mv.base as select id, 0 as version from range(1000)")
    warehouse.rows("create or replace materialized view mv.copied as select id, version from mv.base")
    seen: set[tuple[int, int, int]] = set()
    done = threading.Event()

    def read() -> None:
        with warehouse.cursor() as cursor:
            while not done.is_set():
                cursor.execute("select count(*), min(version), max(version) from mv.copied")
                seen.update(tuple(row) for row in cursor.fetchall())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for version in range(1, 4):
            warehouse.rows(f"update mv.base set version = {version}")
            warehouse.rows("refresh materialized view mv.copied")
    finally:
        done.set()
        reader.join()

    assert seen <= {(1000, version, version) for version in range(4)}
    assert len(seen) > 1


def test_a_refresh_that_fails_leaves_the_old_rows(warehouse: Warehouse) -> None:
    warehouse.rows("create schema if not exists mv")
    warehouse.rows("create or replace table mv.divisors as select 1 as d")
    warehouse.rows("create or replace materialized view mv.divided as select 10 / d as q from mv.divisors")
    warehouse.rows("insert into mv.divisors values (0)")

    with pytest.raises(ServerOperationError, match="DIVIDE_BY_ZERO"):
        warehouse.rows("refresh materialized view mv.divided")

    assert warehouse.rows("select q from mv.divided") == [(10.0,)]
    details = {row[0]: row[1] for row in warehouse.rows("describe extended mv.divided")}
    assert details["Latest Refresh Status"] == "Failed"
    assert "DIVIDE_BY_ZERO" in details["Latest Refresh Error"]
    log = warehouse.rows(
        "select level, get_json_object(details, '$.flow_progress.status'), "
        "get_json_object(details, '$.flow_progress.metrics.num_output_rows'), error like '%DIVIDE_BY_ZERO%' "
        "from event_log(table(mv.divided)) where event_type = 'flow_progress' order by timestamp"
    )
    assert log == [("INFO", "COMPLETED", "1", None), ("ERROR", "FAILED", None, True)]


def test_logs_of_views_with_alike_names_are_told_apart(warehouse: Warehouse) -> None:
    for schema in ("mv_a", "mv_a_b"):
        warehouse.rows(f"create schema if not exists {schema}")
    for view in ("mv_a.b_c", "mv_a_b.c"):
        warehouse.rows(f"create or replace materialized view {view} as select 1 as n")
    read = "select distinct get_json_object(origin, '$.dataset_name') as n from event_log(table({}))"
    with warehouse.cursor() as cursor:
        cursor.execute(f"{read.format('mv_a.b_c')} union all {read.format('mv_a_b.c')} order by 1")
        found = [tuple(row) for row in cursor.fetchall()]
        cursor.execute("select count(*) from system.query.history join range(1)")
        cursor.execute("select count(*) from information_schema.tables where rand() < 2")
        cursor.execute("show views")
        assert not [row for row in cursor.fetchall() if row[1].startswith("__")]
    assert found == [("spark_catalog.mv_a.b_c",), ("spark_catalog.mv_a_b.c",)]


def test_a_refresh_that_is_cancelled_stops_and_leaves_the_old_rows(warehouse: Warehouse) -> None:
    warehouse.rows("create schema if not exists mv")
    warehouse.rows("create or replace table mv.pace as select 0L as pause")
    warehouse.rows(
        "create or replace materialized view mv.slow as "
        "select pause, coalesce(java_method('java.lang.Thread', 'sleep', pause), '') as x from mv.pace"
    )
    warehouse.rows("update mv.pace set pause = 600000")

    with warehouse.cursor() as cursor:
        cursor.execute_async("refresh materialized view mv.slow")
        time.sleep(2)
        cursor.cancel()

    def states() -> list[tuple[str, ...]]:
        return warehouse.rows(
            "select get_json_object(details, '$.update_progress.state') from event_log(table(mv.slow)) "
            "where event_type = 'update_progress' order by timestamp"
        )

    deadline = time.monotonic() + 30
    while len(states()) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert states() == [("COMPLETED",), ("CANCELED",)]
    assert warehouse.rows("select pause from mv.slow") == [(0,)]
    details = {row[0]: row[1] for row in warehouse.rows("describe extended mv.slow")}
    assert details["Latest Refresh Status"] == "Canceled"


def test_row_filters_and_masks_are_recorded_and_stay(warehouse: Warehouse, view: str) -> None:
    def policies() -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
        where = "from information_schema.{} where table_schema = 'mv' and table_name = 'by_state'"
        return (
            warehouse.rows(f"select filter_name, target_columns {where.format('row_filters')}"),
            warehouse.rows(f"select column_name, mask_name {where.format('column_masks')}"),
        )

    warehouse.rows("create or replace function mv.keep(x string) returns boolean return x = 'NY'")
    warehouse.rows("create or replace function mv.hide(x string) returns string return '*'")
    assert policies() == ([], [])

    warehouse.rows(f"alter materialized view {view} set row filter mv.keep on (state)")
    warehouse.rows(f"alter materialized view {view} alter column state set mask mv.hide")
    recorded = ([("spark_catalog.mv.keep", "state")], [("state", "spark_catalog.mv.hide")])
    assert policies() == recorded
    warehouse.rows(f"alter materialized view {view} drop row filter")
    warehouse.rows(f"alter materialized view {view} alter column state drop mask")
    assert policies() == ([], [])

    warehouse.rows(
        "create or replace materialized view mv.by_state (state string mask mv.hide, amount bigint) "
        f"with row filter mv.keep on (state) as {QUERY}"
    )
    assert policies() == recorded
    warehouse.rows(f"refresh materialized view {view}")
    assert policies() == recorded
    described = warehouse.rows(f"describe extended {view}")
    assert ("Function", "spark_catalog.mv.keep", "") in described
    assert ("state", "spark_catalog.mv.hide", "") in described
    assert warehouse.rows(f"select * from {view} order by state") == [("CA", 3), ("NY", 5)]
    warehouse.rows(f"drop materialized view {view}")
    assert policies() == ([], [])


def test_a_column_declared_not_null_is(warehouse: Warehouse) -> None:
    warehouse.rows("create schema if not exists mv")
    with pytest.raises(ServerOperationError, match="NOT NULL constraint violated for column: a"):
        warehouse.rows(
            "create materialized view mv.refused (a int not null) as select cast(null as int) as a"
        )
    assert warehouse.rows("select 1 from information_schema.tables where table_name = 'refused'") == []


def test_it_is_not_a_table_and_not_another_view(warehouse: Warehouse, view: str) -> None:
    for statement in (
        f"insert into {view} values ('TX', 1)",
        f"delete from {view}",
        f"drop table {view}",
        f"alter table {view} add columns (x int)",
        f"create or replace table {view} (x int)",
    ):
        with pytest.raises(ServerOperationError, match=r"EXPECT_TABLE_NOT_VIEW"):
            warehouse.rows(statement)
    with pytest.raises(ServerOperationError, match=r"EXPECT_MATERIALIZED_VIEW_NOT_TABLE"):
        warehouse.rows("refresh materialized view mv.sales")
    with pytest.raises(ServerOperationError, match=r"TABLE_OR_VIEW_ALREADY_EXISTS"):
        warehouse.rows("create or replace materialized view mv.sales as select 1 as one")
    with pytest.raises(ServerOperationError, match=r"TABLE_OR_VIEW_ALREADY_EXISTS"):
        warehouse.rows(f"create materialized view {view} as select 1 as one")


def test_schedules_are_recorded_and_shown(warehouse: Warehouse, view: str) -> None:
    def schedule() -> str:
        return str(dict(row[:2] for row in warehouse.rows(f"describe extended {view}"))["Refresh Schedule"])

    warehouse.rows(f"alter materialized view {view} add schedule cron '0 0 1 * * ? *' at time zone 'Etc/UTC'")
    assert schedule() == "CRON '0 0 1 * * ? *' AT TIME ZONE 'Etc/UTC'"
    warehouse.rows(f"alter materialized view {view} drop schedule")
    assert schedule() == "MANUAL"


@pytest.mark.parametrize("statement", ["drop materialized view", "drop view if exists"])
def test_it_goes_with_all_that_was_recorded(warehouse: Warehouse, view: str, statement: str) -> None:
    warehouse.rows(f"alter materialized view {view} set tags ('a' = 'b')")

    warehouse.rows(f"{statement} {view}")

    for table in ("tables", "views", "columns", "table_tags"):
        assert warehouse.rows(f"select 1 from information_schema.{table} where table_name = 'by_state'") == []
    with pytest.raises(ServerOperationError, match="TABLE_OR_VIEW_NOT_FOUND"):
        warehouse.rows("drop materialized view mv.by_state")
    warehouse.rows("drop materialized view if exists mv.by_state")
