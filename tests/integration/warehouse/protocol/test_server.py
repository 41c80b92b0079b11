"""Connections: https, tokens, many at once, cancellation, and what a crash leaves."""

from __future__ import annotations

import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from databricks.sql.exc import Error, RequestError, ServerOperationError

from emulators.certificates import BUNDLE_FILE
from emulators.runtime.class_archive import archive_of
from emulators.settings import HTTP_PATH, LOOPBACK
from tests.harness.processes import wait_until
from tests.integration.warehouse.conftest import Warehouse


def test_https_on_the_same_port(warehouse: Warehouse) -> None:
    uri = f"https://{LOOPBACK}:{warehouse.settings.warehouse_port}{HTTP_PATH}"
    bundle = str(warehouse.settings.tls / BUNDLE_FILE)

    with warehouse.cursor(uri=uri, _tls_trusted_ca_file=bundle) as cursor:
        cursor.execute("select 1")
        assert tuple(cursor.fetchone() or ()) == (1,)


def test_a_wrong_token_is_refused_at_once_and_in_words(warehouse: Warehouse) -> None:
    began = time.monotonic()

    with pytest.raises(Error, match=r"Invalid access token"):
        warehouse.connect(token="wrong")

    assert time.monotonic() - began < 5


def test_sessions_run_at_the_same_time(warehouse: Warehouse) -> None:
    warehouse.rows("create schema if not exists many")

    def work(number: int) -> list[tuple[int, int]]:
        with warehouse.cursor(schema="many") as cursor:
            cursor.execute(f"create or replace table t{number} as select {number} as n, * from range(10)")
            cursor.execute(f"create temporary view v as select n, sum(id) as total from t{number} group by n")
            cursor.execute("select * from v")
            return [tuple(row) for row in cursor.fetchall()]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [[(number, 45)] for number in range(8)]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process maps")
def test_the_jvm_maps_the_archive_of_classes(warehouse: Warehouse) -> None:
    processes = psutil.Process(warehouse.process.pid).children(recursive=True)
    (jvm,) = (process for process in processes if process.name() == "java")
    archive = archive_of(warehouse.settings, warehouse.java)
    assert str(archive) in {area.path for area in jvm.memory_maps()}


def test_a_view_is_there_while_it_is_replaced(warehouse: Warehouse) -> None:
    warehouse.rows("create schema if not exists replaced")
    warehouse.rows("create or replace view replaced.v as select 0 as number, id from range(10)")
    warehouse.rows("create or replace table replaced.t as select * from replaced.v")

    def replace(number: int) -> None:
        with warehouse.cursor(schema="replaced") as cursor:
            for _ in range(25):
                cursor.execute(f"create or replace view v as select {number} as number, id from range(10)")

    def read(_: int) -> None:
        with warehouse.cursor(schema="replaced") as cursor:
            for _ in range(25):
                cursor.execute("select count(*) from v")
                assert tuple(cursor.fetchone() or ()) == (10,)
                cursor.execute("create or replace temporary view mine as select * from v")
                cursor.execute("insert into t select * from mine where id < 0")

    with ThreadPoolExecutor(5) as pool:
        under_way = [
            pool.submit(work, number) for number, work in enumerate((replace, read) * 2 + (replace,))
        ]
        for each in under_way:
            each.result()


def load(process: psutil.Process, seconds: float = 2.0) -> float:
    """How many cores a process keeps busy."""
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / seconds


def test_a_statement_can_be_cancelled(warehouse: Warehouse) -> None:
    # Its text is its own, for the history to be asked about it alone.
    endless = "select count(*) as cancelled from range(1000000000000) where rand() < 2"
    processes = psutil.Process(warehouse.process.pid).children(recursive=True)
    (jvm,) = (each for each in processes if each.name() == "java")
    with warehouse.connect() as connection, connection.cursor() as cursor:
        cursor.execute_async(endless)
        time.sleep(2)
        under_way = load(jvm)
        began = time.monotonic()
        cursor.cancel()
        with pytest.raises(Error, match=r"(?i)cancel"):
            cursor.get_async_execution_result()  # type: ignore[no-untyped-call]
        assert time.monotonic() - began < 10
        with connection.cursor() as another:
            another.execute("select 1")
            assert tuple(another.fetchone() or ()) == (1,)
    # It is not only said to be over: Spark computes nothing any more.
    wait_until(lambda: load(jvm) < under_way / 4, "Spark stops", seconds=30)
    status = f"select execution_status from system.query.history where statement_text = '{endless}'"
    assert warehouse.rows(status) == [("CANCELED",)]


def test_a_long_statement_is_polled_to_its_end(warehouse: Warehouse) -> None:
    # Longer than the server waits before it answers that the statement still runs.
    assert warehouse.rows("select java_method('java.lang.Thread', 'sleep', 3000L) as x, 1 as n")[0][1] == 1


def test_a_closed_session_is_named(warehouse: Warehouse) -> None:
    connection = warehouse.connect()
    other = warehouse.connect()
    other.session.backend.close_session(connection.session._session_id)
    with pytest.raises(Error, match="no such session"), connection.cursor() as cursor:
        cursor.execute("select 1")
    other.close()


def test_everything_survives_kill_9(warehouse: Warehouse) -> None:
    for statement in (
        "create schema if not exists kept comment 'Kept.'",
        "create or replace table kept.t (id int not null comment 'Id', constraint t_pk primary key (id))",
        "insert into kept.t values (1)",
        "create or replace view kept.v (id comment 'Id') comment 'View' as (select id from kept.t)",
        "create or replace function kept.hide(x bigint) returns bigint return 0",
        "create or replace materialized view kept.mv (n bigint mask kept.hide) "
        "as select count(*) as n from kept.t",
        "alter table kept.t set tags ('a' = 'b')",
        "create table kept.files (id int, part string) using parquet partitioned by (part)",
        "insert into kept.files values (1, 'x')",
        "create or replace function kept.twice(x int) returns int return x * 2",
        "create catalog if not exists other comment 'Another'",
        "create or replace table other.default.t as select 3 as id",
        "create or replace view other.default.v as select t.id, k.id as kept from other.default.t, kept.t k",
        "create view other.default.`v-é` as select count(*) as n from other.default.t",
        "create table other.default.`order-lines` (code varchar(5))",
        "create streaming table kept.st as select * from stream kept.t",
        "create volume kept.landing",
        "create table kept.copied (id int)",
        "create table kept.copied_too (id int)",
    ):
        warehouse.rows(statement)
    location = warehouse.rows("describe volume kept.landing")[0][4]
    landing = Path(location.removeprefix("file://"))
    for number in (1, 2):
        (landing / f"{number}.csv").write_text(f"id\n{number}\n")
    files = "/Volumes/spark_catalog/kept/landing"
    warehouse.rows(f"create view kept.over_files as select id from read_files('{files}', header => true)")
    warehouse.rows("create function kept.most() returns int return select max(id) from kept.over_files")
    warehouse.rows("create function kept.lost() returns int return select max(id) from kept.copied_too")
    warehouse.rows("drop table kept.copied_too")
    copy = (
        f"copy into kept.copied from '{files}' fileformat = csv "
        "format_options ('header' = 'true', 'inferSchema' = 'true')"
    )
    assert warehouse.rows(f"{copy} files = ('1.csv')") == [(1, 1, 0)]
    tables = (
        "select table_name, table_type, comment from information_schema.tables "
        "where table_schema = 'kept' order by 1"
    )
    before = warehouse.rows(tables)
    # The folder of a table whose creation never came to its end.
    half = warehouse.settings.warehouse_data / "tables" / "kept.db" / "half" / "_delta_log"
    half.mkdir(parents=True)
    # What a full refresh of a streaming table had written so far.
    refresh = half.parents[1] / "st" / "_refresh_0" / "_delta_log"
    refresh.mkdir(parents=True)

    warehouse.kill()
    with pytest.raises((Error, RequestError, ServerOperationError)):
        warehouse.connect(_retry_stop_after_attempts_count=1, _retry_stop_after_attempts_duration=1)
    # As if it had been killed between a copy's commit and its record, and in the middle of another copy.
    with closing(sqlite3.connect(warehouse.settings.warehouse_data / "records.sqlite")) as records, records:
        records.execute("update copied_file_record set is_committed = 0")
        records.execute(
            "insert into copied_file_record values ('kept', 'copied', ?, 'never committed', 0)",
            (str(landing / "2.csv"),),
        )
    warehouse.start()

    assert not refresh.parent.exists()
    assert warehouse.rows("select n from other.default.`v-é`") == [(1,)]
    assert warehouse.rows("describe other.default.`order-lines`") == [("code", "varchar(5)", None)]
    assert warehouse.rows(copy) == [(1, 1, 0)]
    assert warehouse.rows("select id from kept.copied order by id") == [(1,), (2,)]
    assert warehouse.rows("select * from kept.over_files order by id") == [(1,), (2,)]
    assert warehouse.rows(tables) == before
    assert [row[:2] for row in before] == [
        ("copied", "MANAGED"),
        ("files", "MANAGED"),
        ("mv", "MATERIALIZED_VIEW"),
        ("over_files", "VIEW"),
        ("st", "STREAMING_TABLE"),
        ("t", "MANAGED"),
        ("v", "VIEW"),
    ]
    assert warehouse.rows("select * from kept.v") == [(1,)]
    assert warehouse.rows("select * from kept.files where part = 'x'") == [(1, "x")]
    assert warehouse.rows("select kept.twice(21), kept.most()") == [(42, 2)]
    assert warehouse.rows("select * from other.default.v") == [(3, 1)]
    assert ("Comment", "Another") in warehouse.rows("describe catalog other")
    warehouse.rows("drop catalog other cascade")
    warehouse.rows("insert into kept.t values (2)")
    warehouse.rows("refresh materialized view kept.mv")
    assert warehouse.rows("select n from kept.mv") == [(2,)]
    assert warehouse.rows(
        "select table_name, mask_name from information_schema.column_masks where table_schema = 'kept'"
    ) == [("mv", "spark_catalog.kept.hide")]
    assert warehouse.rows(
        "select tag_value from information_schema.table_tags where schema_name = 'kept'"
    ) == [("b",)]
    warehouse.rows("create table kept.half as select 1 as id")
    warehouse.rows("drop schema kept cascade")
    assert warehouse.rows(tables) == []


def test_sigterm_ends_it_quickly_and_cleanly_and_a_start_without_a_disk_forgets_nothing(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    disk, unplugged = tmp_path / "disk", tmp_path / "unplugged"
    for statement in (
        "create schema main.away",
        f"create table main.away.t using delta location '{disk / 't'}' comment 'Kept' as select 1 as id",
        "alter table main.away.t set tags ('a' = 'b')",
        f"create schema main.on_disk location '{disk / 's'}'",
        "create table main.on_disk.t as select 2 as id",
    ):
        warehouse.rows(statement)
    began = time.monotonic()

    assert warehouse.stop() == 0

    assert time.monotonic() - began < 5
    disk.rename(unplugged)
    disk.touch()  # nobody can make a folder in it
    warehouse.start()
    assert warehouse.rows("describe main.away.t") == [("id", "int", None)]
    assert warehouse.rows(
        "select comment from main.information_schema.tables where table_schema = 'away'"
    ) == [("Kept",)]
    for statement in (
        "select * from main.away.t",
        "insert into main.away.t values (2)",
        "select * from main.on_disk.t",
    ):
        with pytest.raises(ServerOperationError):
            warehouse.rows(statement)
    disk.unlink()
    unplugged.rename(disk)
    warehouse.rows("insert into main.away.t values (3)")
    assert warehouse.rows("select id from main.away.t order by id") == [(1,), (3,)]
    assert warehouse.rows("select * from main.on_disk.t") == [(2,)]
    assert warehouse.rows(
        "select tag_value from main.information_schema.table_tags where schema_name = 'away'"
    ) == [("b",)]
    for schema in ("away", "on_disk"):
        warehouse.rows(f"drop schema main.{schema} cascade")
