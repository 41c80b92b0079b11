"""Files: volumes, `read_files` in queries and streaming tables, COPY INTO."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from databricks.sql.exc import OperationalError, ServerOperationError

from tests.integration.warehouse.conftest import Warehouse

VOLUME = "/Volumes/main/files/landing"

Put = Callable[[str, str], None]


@pytest.fixture
def put(warehouse: Warehouse, tmp_path: Path) -> Put:
    """Writes a file of a new volume through the driver."""
    warehouse.rows("drop schema if exists main.files cascade")
    warehouse.rows("create schema main.files")
    warehouse.rows("create volume main.files.landing comment 'As it comes.'")

    def write(name: str, text: str) -> None:
        file = tmp_path / "sent"
        file.write_text(text)
        with warehouse.cursor(staging_allowed_local_path=str(tmp_path)) as cursor:
            cursor.execute(f"put '{file}' into '{VOLUME}/{name}' overwrite")

    return write


def folder_of(warehouse: Warehouse, volume: str) -> Path:
    location = warehouse.rows(f"describe volume {volume}")[0][4]
    return Path(location.removeprefix("file://"))


def test_a_driver_puts_gets_and_removes_files(warehouse: Warehouse, put: Put, tmp_path: Path) -> None:
    put("in/a.csv", "id\n1\n")
    assert [row[:3] for row in warehouse.rows(f"list '{VOLUME}'")] == [(f"{VOLUME}/in", "in/", 0)]
    assert [row[1:3] for row in warehouse.rows(f"list '{VOLUME}/in'")] == [("a.csv", 5)]

    got = tmp_path / "got.csv"
    with warehouse.cursor(staging_allowed_local_path=str(tmp_path)) as cursor:
        cursor.execute(f"get '{VOLUME}/in/a.csv' to '{got}'")
        assert got.read_text() == "id\n1\n"
        with pytest.raises(OperationalError, match="409"):
            cursor.execute(f"put '{got}' into '{VOLUME}/in/a.csv'")
        with pytest.raises(ServerOperationError, match="UC_VOLUME_NOT_FOUND"):
            cursor.execute(f"put '{got}' into '/Volumes/main/files/other/a.csv'")
        with pytest.raises(ServerOperationError, match="INVALID_PARAMETER_VALUE"):
            cursor.execute(f"get '{VOLUME}/../../x' to '{got}'")
        cursor.execute(f"remove '{VOLUME}/in/a.csv'")
        with pytest.raises(OperationalError, match="404"):
            cursor.execute(f"get '{VOLUME}/in/a.csv' to '{got}'")
    assert warehouse.rows(f"list '{VOLUME}/in'") == []


def test_volumes_are_described_granted_renamed_and_dropped(
    warehouse: Warehouse, put: Put, tmp_path: Path
) -> None:
    put("a.csv", "id\n1\n")
    warehouse.rows("alter volume main.files.landing owner to `team`")
    warehouse.rows("grant read volume on volume main.files.landing to `people`")
    described = warehouse.rows("describe volume main.files.landing")[0]
    assert described[:4] == ("landing", "main", "files", "team")
    assert described[5:] == ("MANAGED", "As it comes.")
    landed = folder_of(warehouse, "main.files.landing")
    assert landed.exists()
    warehouse.rows("alter volume main.files.landing rename to main.files.landed")
    assert warehouse.rows("show volumes in main.files") == [("files", "landed")]
    assert warehouse.rows("show grants on volume main.files.landed") == [
        ("people", "READ VOLUME", "VOLUME", "main.files.landed")
    ]
    assert warehouse.rows("select * from csv.`/Volumes/main/files/landed/a.csv`") == [("id",), ("1",)]
    assert warehouse.rows(
        "select volume_name, volume_type, volume_owner from main.information_schema.volumes "
        "where volume_schema = 'files'"
    ) == [("landed", "MANAGED", "team")]

    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.csv").write_text("id\n2\n")
    warehouse.rows(f"create external volume main.files.ext location '{outside.as_uri()}'")
    assert warehouse.rows("select id from read_files('/Volumes/main/files/ext', header => true)") == [(2,)]
    with pytest.raises(ServerOperationError, match="SCHEMA_NOT_EMPTY"):
        warehouse.rows("drop schema main.files")
    warehouse.rows("drop schema main.files cascade")
    assert (outside / "b.csv").exists()
    assert not landed.exists()


def test_queries_read_files(warehouse: Warehouse, put: Put) -> None:
    put("csv/a.csv", "id,name\n1,a\n2,b\n")
    put("csv/deep/b.csv", "id,name\n3,c\n")
    put("json/a.json", '{"a": 1, "b": {"c": [1]}}\nnot json\n')
    put("parts/day=2026-01-31/a.csv", "id\n1\n")
    csv = f"read_files('{VOLUME}/csv', format => 'csv', header => true"

    def read(query: str) -> list[tuple[object, ...]]:
        return sorted(warehouse.rows(query), key=repr)

    assert read(f"select *, _metadata.file_name from {csv})") == [
        (1, "a", None, "a.csv"),
        (2, "b", None, "a.csv"),
        (3, "c", None, "b.csv"),
    ]
    assert read(f"select typeof(id), more from {csv}, schemaHints => 'id string, more date') limit 1") == [
        ("string", None)
    ]
    assert read(f"select * from {csv}, schema => 'x bigint, y string') where x > 2") == [(3, "c")]
    assert read(f"select a, b.c[0], _rescued_data from read_files('{VOLUME}/json')") == [
        (1, 1, None),
        (None, None, "not json"),
    ]
    assert read(f"select id, cast(day as string) from read_files('{VOLUME}/parts', header => true)") == [
        (1, "2026-01-31")
    ]
    assert read(f"select l.name from {csv}) l join {csv}) r using (id) where id = 1") == [("a",)]
    for query, error in (
        (f"select * from read_files('{VOLUME}/none')", "PATH_NOT_FOUND"),
        ("select * from read_files('s3://bucket/a.csv')", "UNSUPPORTED_FEATURE"),
        (
            f"create function main.files.f() returns table (id int) return select id from {csv})",
            "UNSUPPORTED",
        ),
    ):
        with pytest.raises(ServerOperationError, match=error):
            warehouse.rows(query)

    put("csv/c.csv", "name,id\nd,4\n")  # the columns are in another order
    with pytest.raises(ServerOperationError, match="header"):
        warehouse.rows(f"select * from {csv})")

    empty = f"select * from read_files('{VOLUME}/empty', format => 'csv'"
    put("empty/a.csv", "")
    (folder_of(warehouse, "main.files.landing") / "empty/a.csv").unlink()
    assert warehouse.rows(f"{empty}, schema => 'x int')") == []
    put("declared/a.csv", "1,a,zzz\n2,b\n")
    declared = f"read_files('{VOLUME}/declared', schema => 'x int, y string', rescuedDataColumn => '_rest')"
    assert read(f"select * from {declared}") == [(1, "a", "1,a,zzz"), (2, "b", None)]
    put("mixed/a.json", '{"a": 1}\n')
    put("mixed/b.csv", "b\n2\n")
    assert read(
        f"select b from read_files('{VOLUME}/mixed', fileNamePattern => '*.csv', header => true)"
    ) == [(2,)]
    for query, error in (
        (f"{empty})", "CF_EMPTY_DIR_FOR_SCHEMA_INFERENCE"),
        (f"select * from {csv}, schemaHints => 'more date')", "header"),
        (f"select * from {csv}, allowOverwrites => true)", "UNSUPPORTED_FEATURE"),
        (f"select * from stream {csv}, includeExistingFiles => false)", "UNSUPPORTED_FEATURE"),
    ):
        with pytest.raises(ServerOperationError, match=error):
            warehouse.rows(query)


def test_a_view_over_files_shows_those_that_are_there(warehouse: Warehouse, put: Put) -> None:
    query = f"select id from read_files('{VOLUME}', header => true)"
    put("a.csv", "id\n1\n")
    warehouse.rows(f"create view main.files.v as {query}")
    for _ in range(2):
        with warehouse.cursor() as cursor:
            cursor.execute(f"create or replace temporary view t as {query}")
            cursor.execute("select * from t")
            assert cursor.fetchall() == [(1,)]
    with closing(sqlite3.connect(warehouse.settings.warehouse_data / "records.sqlite")) as records:
        kept = records.execute(
            "select written from file_relation_record where written like ?", [f"%{VOLUME}%"]
        )
        assert len(kept.fetchall()) == 1  # all of them share a table
    warehouse.rows(f"create materialized view main.files.mv as {query}")
    put("b.csv", "id\n2\n")
    definitions = warehouse.rows(
        "select distinct view_definition from main.information_schema.views where table_schema = 'files'"
    )
    assert definitions == [(query,)]
    assert warehouse.rows("select * from main.files.v order by 1") == [(1,), (2,)]
    assert warehouse.rows("select * from main.files.mv") == [(1,)]
    warehouse.rows("refresh materialized view main.files.mv")
    assert warehouse.rows("select * from main.files.mv order by 1") == [(1,), (2,)]


def test_a_streaming_table_reads_each_file_once(warehouse: Warehouse, put: Put) -> None:
    put("a.csv", "id,name\n1,a\n")
    warehouse.rows(
        "create streaming table main.files.st as select * "
        f"from stream read_files('{VOLUME}', format => 'csv', header => true)"
    )
    rows = "select * from main.files.st order by name"
    assert warehouse.rows(rows) == [(1, "a", None)]
    put("b.csv", "id,name\n2,b\nx,c\n")  # the type of a column stays what it was
    for _ in range(2):
        warehouse.rows("refresh streaming table main.files.st")
        assert warehouse.rows(rows) == [(1, "a", None), (2, "b", None), (None, "c", "x,c")]


def test_a_full_refresh_reads_files_anew_and_changes_nothing_when_it_fails(
    warehouse: Warehouse, put: Put
) -> None:
    put("a.csv", "id,name\n1,a\n")
    warehouse.rows(
        "create streaming table main.files.st (id comment 'Key', name) partitioned by (name) as "
        f"select id, name from stream read_files('{VOLUME}', format => 'csv', header => true)"
    )
    rows = "select id, name from main.files.st order by name"
    put("b.csv", "name,id\nb,2\n")  # its columns are in another order
    with pytest.raises(ServerOperationError, match="header"):
        warehouse.rows("refresh streaming table main.files.st full")
    put("b.csv", "id,name\n2,b\n")
    warehouse.rows("refresh streaming table main.files.st")
    assert warehouse.rows(rows) == [(1, "a"), (2, "b")]

    put("b.csv", "id,name\nx,b\n")
    warehouse.rows("refresh streaming table main.files.st full")
    assert warehouse.rows(rows) == [("1", "a"), ("x", "b")]
    assert warehouse.rows("describe main.files.st")[:2] == [("id", "string", "Key"), ("name", "string", None)]
    assert warehouse.rows(
        "select column_name from main.information_schema.columns where table_schema = 'files' "
        "and table_name = 'st' and partition_ordinal_position = 1"
    ) == [("name",)]
    put("c.csv", "id,name\n3,c\n")
    warehouse.rows("refresh streaming table main.files.st")
    for file in folder_of(warehouse, "main.files.landing").iterdir():
        file.unlink()
    warehouse.rows("refresh streaming table main.files.st")
    assert warehouse.rows(rows) == [("1", "a"), ("x", "b"), ("3", "c")]
    with pytest.raises(ServerOperationError, match="CF_EMPTY_DIR_FOR_SCHEMA_INFERENCE"):
        warehouse.rows("refresh streaming table main.files.st full")
    assert len(warehouse.rows(rows)) == 3


def test_columns_whose_header_has_a_name_twice_or_none_are_numbered(warehouse: Warehouse, put: Put) -> None:
    put("twice/a.csv", "id,id,Name,name\n1,2,a,b\n")
    put("twice/b.csv", "id,id,Name,name\n3,4,c,d\n")
    put("none/a.csv", ",name,\n0,a,x\n")
    files = f"read_files('{VOLUME}/twice', format => 'csv', header => true"
    with warehouse.cursor() as cursor:
        cursor.execute(f"select * from {files}) order by 1")
        assert [each[0] for each in cursor.description or []] == [
            *("id0", "id1", "Name2", "name3", "_rescued_data")
        ]
        assert [tuple(row) for row in cursor.fetchall()] == [(1, 2, "a", "b", None), (3, 4, "c", "d", None)]
    assert warehouse.rows(f"select id1, x from {files}, schemaHints => 'id1 string, x int') order by 1") == [
        ("2", None),
        ("4", None),
    ]
    nameless = f"read_files('{VOLUME}/none', format => 'csv', header => true)"
    assert warehouse.rows(f"select _c0, name, _c2 from {nameless}") == [(0, "a", "x")]
    for statement in (
        f"create view main.files.v as select * from {nameless}",
        f"create streaming table main.files.st as select * from stream {files})",
    ):
        with pytest.raises(ServerOperationError, match="duplicate column name, or one that is empty"):
            warehouse.rows(statement)
    declared = f"{files}, schema => 'a int, b int, c string, d string')"
    assert warehouse.rows(f"select count(*), sum(b) from {declared}") == [(2, 6)]
    warehouse.rows("create table main.files.numbered (id0 int, id1 int, name2 string, name3 string)")
    copy = (
        f"copy into main.files.numbered from '{VOLUME}/twice' fileformat = csv "
        "format_options ('header' = 'true', 'inferSchema' = 'true')"
    )
    assert warehouse.rows(copy) == [(2, 2, 0)]
    assert warehouse.rows("select id1 from main.files.numbered order by 1") == [(2,), (4,)]

    put("twice/c.csv", "id,other,name,name\n5,6,e,f\n")
    for statement in (f"select * from {files})", f"{copy} copy_options ('force' = 'true')"):
        with pytest.raises(ServerOperationError, match="header is"):
            warehouse.rows(statement)

    put("twice.json", '{"id": 1, "ID": 2}\n')
    with pytest.raises(ServerOperationError, match="COLUMN_ALREADY_EXISTS"):
        warehouse.rows(f"select * from read_files('{VOLUME}/twice.json', format => 'json')")


def test_headers_that_differ_in_case_are_those_of_the_first_file(warehouse: Warehouse, put: Put) -> None:
    put("case/a.csv", "Id,name\n1,a\n")
    put("case/b.csv", "id,NAME\n2,b\n3,c\n4,d\n")  # Spark takes the names of the largest file
    warehouse.rows("create table main.files.spelled (Id string)")
    copy = (
        f"copy into main.files.spelled from '{VOLUME}/case' fileformat = csv "
        "format_options ('header' = 'true'%s) copy_options ('mergeSchema' = 'true')"
    )
    files = f"read_files('{VOLUME}/case', format => 'csv', header => true"
    for statement in (copy % ", 'inferSchema' = 'true'", f"select * from {files})"):
        with pytest.raises(ServerOperationError, match="headers differ in case"):
            warehouse.rows(statement)
    assert warehouse.rows(copy % "") == [(4, 4, 0)]
    for source in ("main.files.spelled", f"{files}, inferColumnTypes => false)"):
        with warehouse.cursor() as cursor:
            cursor.execute(f"select * from {source} order by 1")
            assert [each[0] for each in cursor.description or []][:2] == ["Id", "name"]
            found = [tuple(row)[:2] for row in cursor.fetchall()]
            assert found == [("1", "a"), ("2", "b"), ("3", "c"), ("4", "d")]


def test_copy_into_loads_each_file_once(warehouse: Warehouse, put: Put) -> None:
    put("a.csv", "id,name\n1,a\n2,b\n")
    put("b.csv", "id,name\n3,c\n")
    warehouse.rows("create table main.files.t (id int, name string)")
    options = "fileformat = csv format_options ('header' = 'true', 'inferSchema' = 'true')"
    copy = f"copy into main.files.t from '{VOLUME}' {options}"

    assert warehouse.rows(f"{copy} validate 1 rows") == [(1, "a")]
    assert warehouse.rows(f"{copy} files = ('a.csv')") == [(2, 2, 0)]
    assert warehouse.rows(copy) == [(1, 1, 0)]
    assert warehouse.rows(copy) == [(0, 0, 0)]
    assert warehouse.rows("select * from main.files.t order by id") == [(1, "a"), (2, "b"), (3, "c")]
    assert warehouse.rows(f"{copy} pattern = 'b*' copy_options ('force' = 'true')") == [(1, 1, 0)]

    put("c.csv", "id,name\nx,y\n")  # its id is no number
    with pytest.raises(ServerOperationError, match="DELTA_FAILED_TO_MERGE_FIELDS"):
        warehouse.rows(f"copy into main.files.t from '{VOLUME}' {options}")
    selected = f"(select try_cast(id as int) as id, _metadata.file_name as f from '{VOLUME}')"
    evolving = f"copy into main.files.t from {selected} {options}"
    with pytest.raises(ServerOperationError, match="DELTA_METADATA_MISMATCH"):
        warehouse.rows(evolving)
    assert warehouse.rows(f"{evolving} copy_options ('mergeSchema' = 'true')") == [(1, 1, 0)]
    assert warehouse.rows("select * from main.files.t where f is not null") == [(None, None, "c.csv")]

    put("more/[1].csv", "name,id\nz,26\n")
    put("more/2.csv", "id,name\n27,y\n")
    more = (
        f"copy into main.files.t from (select cast(id as int) as id, name from '{VOLUME}/more') "
        "fileformat = csv format_options ('header' = 'true'"
    )
    with pytest.raises(ServerOperationError, match="header"):
        warehouse.rows(f"{more})")
    assert warehouse.rows(f"{more}, 'pathGlobFilter' = '2*')") == [(1, 1, 0)]
    assert warehouse.rows(f"{more}) files = ('2.csv', '2.csv')") == [(0, 0, 0)]
    assert warehouse.rows(f"{more})") == [(1, 1, 0)]
    assert warehouse.rows("select id, name from main.files.t where id between 26 and 27 order by id") == [
        (26, "z"),
        (27, "y"),
    ]

    headless = "fileformat = csv format_options ('header' = 'false') files = ('d.csv')"
    put("d.csv", "n,7\n")
    assert warehouse.rows(f"copy into main.files.t (name, id) from '{VOLUME}' {headless}") == [(1, 1, 0)]
    assert warehouse.rows("select * from main.files.t where id = 7") == [(7, "n", None)]
    for wrong, error in (
        (
            f"copy into main.files.t by position from '{VOLUME}' {headless} copy_options ('force' = 'true')",
            "ARITY",
        ),
        (f"copy into main.files.t by position from '{VOLUME}' {options}", "INCOMPATIBLE_SETTING"),
        (f"{more}, 'ignoreCorruptFiles' = 'true') copy_options ('force' = 'true')", "UNSUPPORTED_FEATURE"),
        (f"copy into main.files.t from '{VOLUME}/none' fileformat = csv", "PATH_NOT_FOUND"),
        ("copy into main.files.t from 'abfss://c@a/x' fileformat = csv", "UNSUPPORTED_FEATURE"),
        (f"copy into main.files.none from '{VOLUME}' fileformat = csv", "TABLE_OR_VIEW_NOT_FOUND"),
    ):
        with pytest.raises(ServerOperationError, match=error):
            warehouse.rows(wrong)

    warehouse.rows("create or replace table main.files.t (id int, name string)")
    assert warehouse.rows(f"{copy} files = ('a.csv', 'b.csv')") == [(3, 3, 0)]
