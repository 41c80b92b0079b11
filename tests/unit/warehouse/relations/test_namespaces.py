from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from emulators.warehouse.catalog.records.relations import Records
from emulators.warehouse.catalog.spark_catalog import SchemaEntry
from emulators.warehouse.errors import SqlError
from emulators.warehouse.sql.statements import (
    Analyze,
    Command,
    CommentOn,
    CommentOnCatalog,
    CreateCatalog,
    Describe,
    DescribeCatalog,
    DescribeFunction,
    DescribeSchema,
    DropCatalog,
    SetNamespaceTags,
    SetTags,
    ShowCatalogs,
    ShowColumns,
    ShowCreateTable,
    ShowTables,
    ShowUserFunctions,
    Statement,
    UseSchema,
    Worded,
    recognise,
)


@pytest.mark.parametrize(
    "expected",
    [
        CreateCatalog("create catalog if not exists dev comment 'x'", "dev", True, "x"),
        DropCatalog("drop catalog if exists dev cascade", "dev", True, True),
        CommentOnCatalog("comment on catalog dev is 'x'", "dev", "x"),
        SetNamespaceTags("alter catalog dev set tags ('a' = 'b')", "dev", None, {"a": "b"}),
        SetNamespaceTags("alter schema d.s unset tags ('a')", None, ("d", "s"), {"a": None}),
        SetNamespaceTags("set tag on catalog dev `cost` = hr", "dev", None, {"cost": "hr"}),
        SetNamespaceTags("unset tag on schema d.s 'a'", None, ("d", "s"), {"a": None}),
        SetTags("set tag on view d.s.v a", ("d", "s", "v"), None, {"a": ""}),
        SetTags("set tag on column s.t.c 'a' = 'b'", ("s", "t"), "c", {"a": "b"}),
        Analyze("analyze table s.t compute statistics for columns a, `b`", ("s", "t"), ("a", "b")),
        Analyze("analyze table t partition (d = 1) compute statistics noscan", ("t",)),
        Analyze("analyze table t compute delta statistics", ("t",)),
        Analyze("analyze tables in d.s compute statistics", ("d", "s"), is_schema=True),
        UseSchema("set catalog dev", "dev", None),
        ShowCatalogs("show catalogs like 'd*'", "d*"),
        ShowTables("show tables in d.s like 'x*'", ("d", "s"), "x*"),
        ShowTables("show views", None, None, is_views=True),
        ShowColumns("show columns in t in s", ("s", "t")),
        ShowCreateTable("show create table s.t", ("s", "t")),
        ShowUserFunctions("show user functions in s", ("s",), None),
        Worded("show functions"),
        Worded("describe detail s.t"),
        DescribeCatalog("describe catalog extended dev", "dev", True),
        DescribeSchema("desc schema d.s", ("d", "s"), False),
        DescribeFunction("describe function extended s.f", ("s", "f"), True),
        Command("alter schema s set dbproperties (a = 'b')", schema=("s",)),
    ],
    ids=lambda each: each.sql,
)
def test_statements_about_catalogs_and_schemas(expected: Statement) -> None:
    assert recognise(expected.sql) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "create catalog dev managed location 's3://x'",
        "create schema dev.s comment 'x' managed location 's3://x'",
        "create or replace procedure s.p() as begin select 1; end",
        "alter schema s enable predictive optimization",
        "alter table s.t inherit predictive optimization",
        "drop share x",
        "set tag on volume s.v a",
        "undrop table s.t",
    ],
)
def test_what_is_elsewhere_in_unity_catalog_is_refused(sql: str) -> None:
    with pytest.raises(SqlError, match="UNSUPPORTED_FEATURE"):
        recognise(sql)


def test_names_are_no_kinds_of_objects() -> None:
    assert recognise("describe policy") == Describe("describe policy", ("policy",), False, False)
    assert recognise("describe share.t") == Describe("describe share.t", ("share", "t"), False, False)
    sql = "alter table t change predictive comment 'x'"
    assert recognise(sql) == CommentOn(sql, "COLUMN", ("t", "predictive"), "x")
    assert recognise("describe users as json") == Describe("describe users as json", ("users",), False, True)


def test_an_older_file_is_brought_up_to_date(tmp_path: Path) -> None:
    older = sqlite3.connect(tmp_path / "records.sqlite")
    older.executescript(
        "create table schema_record (name text primary key, comment text not null default '', "
        "location text not null, properties text not null, created text not null, last_altered text not "
        "null);"
        "insert into schema_record values ('gold', '', 'file:/gold', '{}', '', '');"
        "create table function_record (schema_name text not null, name text not null, sql text not null, "
        "current_schema text not null, primary key (schema_name, name));"
        "create view tables as select name from schema_record;"
    )
    older.close()

    for _ in range(2):
        records = Records(tmp_path / "records.sqlite")
        records.put_schema(SchemaEntry("unity3_dev_silver", "", "file:/silver"))
        assert [(each.catalog, each.schema) for each in records.schemas()] == [
            ("dev", "silver"),
            ("spark_catalog", "gold"),
        ]
        assert records.query("select * from information_schema.tables")[1] == []
        records.close()
