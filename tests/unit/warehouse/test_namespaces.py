from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from emulators.warehouse.errors import SqlError
from emulators.warehouse.records import Records
from emulators.warehouse.spark_catalog import SchemaEntry
from emulators.warehouse.statements import (
    Command,
    CommentOnCatalog,
    CreateCatalog,
    DescribeCatalog,
    DescribeFunction,
    DescribeSchema,
    DropCatalog,
    SetNamespaceTags,
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


def test_a_catalog_elsewhere_is_refused() -> None:
    with pytest.raises(SqlError, match="UNSUPPORTED_FEATURE"):
        recognise("create catalog dev managed location 's3://x'")


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
