from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, cast
from unittest.mock import MagicMock

import pytest
from sqlglot import parse_one

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.records.records import Records
from emulators.warehouse.catalog.spark_catalog import RelationEntry, SchemaEntry
from emulators.warehouse.describing.information_schema import InformationSchema
from emulators.warehouse.errors import SqlError
from emulators.warehouse.relations.namespaces import Namespaces
from emulators.warehouse.sessions.sessions import Session
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
from emulators.warehouse.sql.translation import Translation


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
        records.schemas.put(SchemaEntry("unity3_dev_silver", "", "file:/silver"))
        assert [(each.catalog, each.schema) for each in records.schemas.all()] == [
            ("dev", "silver"),
            ("spark_catalog", "gold"),
        ]
        assert records.query("select * from information_schema.tables")[1] == []
        records.close()


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    records = Records(tmp_path / "records.sqlite")
    for name in ("spark_catalog", "main"):
        records.catalogs.put(name, None)
    for name in ("default", "s", "unity4_main_default"):
        records.schemas.put(SchemaEntry(name, "", f"file:/{name}"))
        records.relations.put(RelationEntry.managed(name, "t", f"file:/{name}/t"))
    found = Catalog(cast(Any, MagicMock()), records, tmp_path / "tables")
    found.translation = Translation(["main"])
    return found


def test_a_session_keeps_the_name_of_the_default_catalog_that_it_was_given(catalog: Catalog) -> None:
    session = Session(cast(Any, MagicMock()), "main", "unity4_main_default")
    namespaces = Namespaces(catalog, cast(Any, MagicMock()))

    def use(sql: str) -> tuple[str, str]:
        translated = catalog.translation.translate(sql, session.catalog, "default")
        statement = recognise(translated)
        assert isinstance(statement, UseSchema)
        namespaces.use(statement, session)
        return session.catalog, session.schema

    assert use("use catalog Hive_Metastore") == ("hive_metastore", "default")
    assert use("use s") == ("hive_metastore", "s")
    assert use("use spark_catalog.s") == ("spark_catalog", "s")
    assert use("use `hive_metastore`.`default`") == ("hive_metastore", "default")
    assert use("use main.default") == ("main", "unity4_main_default")
    assert use("set catalog spark_catalog") == ("spark_catalog", "default")


def test_the_default_catalog_can_be_neither_made_nor_dropped_by_its_other_name(catalog: Catalog) -> None:
    session = Session(cast(Any, MagicMock()), "main", "unity4_main_default")
    namespaces = Namespaces(catalog, cast(Any, MagicMock()))
    namespaces.create_catalog(CreateCatalog("", "hive_metastore", if_not_exists=True, comment=None), session)

    assert catalog.records.catalogs.get("hive_metastore") is None
    with pytest.raises(SqlError, match="CATALOG_ALREADY_EXISTS"):
        namespaces.create_catalog(CreateCatalog("", "hive_metastore", False, None), session)
    with pytest.raises(SqlError, match="BUILT_IN_CATALOG"):
        namespaces.drop_catalog(DropCatalog("", "hive_metastore", True, True), session)


def test_the_information_schema_of_the_default_catalog_goes_by_the_name_it_was_asked_for(
    catalog: Catalog,
) -> None:
    session = Session(cast(Any, MagicMock()), "hive_metastore", "s")
    information_schema = InformationSchema(catalog)

    def rows(sql: str) -> list[tuple[Any, ...]]:
        found = information_schema.answer(parse_one(sql, read="databricks"), session)
        assert found
        return [tuple(row.values()) for batch in found.next_page().batches for row in batch.to_pylist()]

    for asked in ("hive_metastore.information_schema", "information_schema"):
        assert rows(
            f"select table_catalog, table_name from {asked}.tables "
            "where table_catalog = 'hive_metastore' and table_schema = 's'"
        ) == [("hive_metastore", "t")]
    tables = "select distinct table_catalog from {}.information_schema.tables order by 1"
    assert rows(tables.format("spark_catalog")) == [("spark_catalog",)]
    assert rows(tables.format("main")) == [("main",)]
    assert rows(tables.format("system")) == [("main",), ("spark_catalog",)]
