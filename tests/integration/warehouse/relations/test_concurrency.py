"""Several clients at once: nobody harms or holds up another."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from databricks.sql.exc import Error, ServerOperationError

from tests.integration.warehouse.conftest import Warehouse


@pytest.fixture(scope="module", autouse=True)
def _schema(warehouse: Warehouse) -> None:
    warehouse.rows("create schema if not exists many")


def at_once(*runs: Callable[[], object]) -> list[object]:
    """What each of them gives, or the error that it raises."""

    def outcome(run: Callable[[], object]) -> object:
        try:
            return run()
        except Error as error:
            return str(error)

    with ThreadPoolExecutor(len(runs)) as pool:
        return list(pool.map(outcome, runs))


def test_many_may_create_the_same_table_if_it_does_not_exist(warehouse: Warehouse) -> None:
    create = "create table if not exists many.t (id int not null, check (id > 0), primary key (id))"
    assert at_once(*[lambda: warehouse.rows(create)] * 6) == [[]] * 6
    warehouse.rows("insert into many.t values (1)")
    assert warehouse.rows("select * from many.t") == [(1,)]


def test_each_insert_tells_its_own_rows(warehouse: Warehouse) -> None:
    warehouse.rows("create table many.counted (id bigint)")

    def insert(rows: int) -> Callable[[], object]:
        return lambda: warehouse.rows(f"insert into many.counted select id from range({rows})")

    counts = [1, 20, 300, 4000]
    assert at_once(*map(insert, counts)) == [[(each, each)] for each in counts]


def test_refreshes_of_one_streaming_table_wait_for_each_other(warehouse: Warehouse) -> None:
    warehouse.rows("create table many.landed as select 1 as id")
    warehouse.rows("create streaming table many.st as select * from stream many.landed")
    warehouse.rows("insert into many.landed values (2), (3)")
    refresh = "refresh streaming table many.st"
    refreshes = [f"{refresh}{each}" for each in ("", "", " full")]
    assert at_once(*[lambda each=each: warehouse.rows(each) for each in refreshes]) == [[]] * 3
    assert sorted(warehouse.rows("select id from many.st")) == [(1,), (2,), (3,)]


def test_relations_may_be_replaced_by_many(warehouse: Warehouse) -> None:
    warehouse.rows("create or replace view many.v as select 1 as id")
    warehouse.rows("alter view many.v set tags ('a' = 'b')")
    replace = "create or replace view many.v as select 2 as id"
    comment = "comment on table many.v is 'It is replaced.'"
    assert at_once(*[lambda each=each: warehouse.rows(each) for each in (replace, comment) * 4]) == [[]] * 8
    assert warehouse.rows("select * from many.v") == [(2,)]
    tags = (
        "select tag_name from information_schema.table_tags where schema_name = 'many' and table_name = 'v'"
    )
    assert warehouse.rows(tags) == [("a",)]


@pytest.mark.parametrize("table", ["system.query.history", "system.information_schema.columns"])
def test_a_heavy_look_at_metadata_holds_up_nobody_and_is_cancelled(warehouse: Warehouse, table: str) -> None:
    columns = ", ".join(f"c{each} int" for each in range(100))
    warehouse.rows(f"create table if not exists many.wide ({columns})")
    with warehouse.cursor() as cursor:
        cursor.execute_async(f"select count(*) from {', '.join(f'{table} t{each}' for each in range(8))}")
        time.sleep(0.5)
        began = time.monotonic()
        assert warehouse.rows("select 1") == [(1,)]
        assert warehouse.rows(f"select count(*) > 0 from {table}") == [(True,)]
        cursor.cancel()
        with pytest.raises(Error, match=r"(?i)cancel"):
            cursor.get_async_execution_result()  # type: ignore[no-untyped-call]
        assert time.monotonic() - began < 20


def test_a_create_that_fails_leaves_its_name_free(warehouse: Warehouse) -> None:
    failing = (
        "create table many.failed as select if(id < 90000, id, raise_error('no')) as id from range(100000)"
    )
    with pytest.raises(ServerOperationError, match="no"):
        warehouse.rows(failing)
    warehouse.rows("create table many.failed (id int)")
    assert warehouse.rows("select * from many.failed") == []


def test_what_was_committed_and_not_recorded_is_there_after_a_crash(warehouse: Warehouse) -> None:
    warehouse.rows("create table many.old as select 1 as id")
    warehouse.kill()
    tables = warehouse.settings.warehouse_data / "tables" / "many.db"
    shutil.move(tables / "old", tables / "new")  # a rename that was not recorded
    warehouse.start()
    names = "select table_name, table_type from information_schema.tables where table_schema = 'many' "
    assert warehouse.rows(f"{names} and table_name in ('old', 'new')") == [("new", "MANAGED")]
    warehouse.rows("insert into many.new values (2)")
    assert sorted(warehouse.rows("select id from many.new")) == [(1,), (2,)]
    warehouse.rows("drop table many.new")
    assert not (tables / "new").exists()
