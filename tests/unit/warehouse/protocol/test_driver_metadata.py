"""What the metadata calls of drivers list."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import MagicMock

import pytest
from pyspark.sql import types as t

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.records.records import Records
from emulators.warehouse.catalog.spark_catalog import RelationEntry, SchemaEntry
from emulators.warehouse.protocol.driver_metadata import Metadata
from emulators.warehouse.results.result_set import ResultSet
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql.statements import Key

SESSION = Session(cast(Any, MagicMock()), "spark_catalog", "s")
DECLARED = "__CHAR_VARCHAR_TYPE_STRING"
COLUMNS = t.StructType(
    [
        t.StructField("code", t.StringType(), True, {DECLARED: "varchar(20)"}),
        t.StructField("iso", t.StringType(), True, {DECLARED: "char(2)"}),
        t.StructField("tags", t.ArrayType(t.StringType()), True, {DECLARED: "array<char(5)>"}),
        t.StructField("note", t.StringType()),
        t.StructField("amount", t.DecimalType(12, 2)),
    ]
)


@pytest.fixture
def metadata(tmp_path: Path) -> Metadata:
    records = Records(tmp_path / "records.sqlite")
    for name in ("spark_catalog", "main"):
        records.catalogs.put(name, None)
    for schema in ("s", "unity4_main_s"):
        records.schemas.put(SchemaEntry(schema, "", f"file:/{schema}"))
        records.relations.put(RelationEntry.managed(schema, "t", f"file:/{schema}/t"))
        records.columns.put(schema, "t", COLUMNS.jsonValue(), ())
        records.functions.put(schema, "f", f"create function {schema}.f() returns int return 1", schema)
    records.keys.put("s", "t", Key("k", "PRIMARY KEY", ("code",), (), (), False), "k", None)
    return Metadata(Catalog(cast(Any, MagicMock()), records, tmp_path / "tables"))


def asked(catalog: str | None, **names: str) -> Any:
    return SimpleNamespace(
        **{"catalogName": catalog, "schemaName": "s", "tableName": "t", "tableTypes": None, **names}
    )


def rows(found: ResultSet) -> list[dict[str, Any]]:
    return [row for batch in found.next_page().batches for row in batch.to_pylist()]


def test_texts_of_a_length_tell_it(metadata: Metadata) -> None:
    found = rows(metadata.columns(asked("main", columnName="%"), SESSION))

    told = ("COLUMN_NAME", "DATA_TYPE", "TYPE_NAME", "COLUMN_SIZE")
    assert [tuple(map(each.get, told)) for each in found] == [
        ("code", 12, "VARCHAR(20)", 20),
        ("iso", 1, "CHAR(2)", 2),
        ("tags", 2003, "ARRAY<CHAR(5)>", None),
        ("note", 12, "STRING", None),
        ("amount", 3, "DECIMAL(12,2)", 12),
    ]
    assert {(each["TABLE_CAT"], each["TABLE_SCHEM"], each["TABLE_NAME"]) for each in found} == {
        ("main", "s", "t")
    }


@pytest.mark.parametrize("catalog", ["hive_metastore", "spark_catalog"])
def test_the_default_catalog_is_found_by_both_of_its_names(metadata: Metadata, catalog: str) -> None:
    of = (catalog, "s", "t")
    assert {"TABLE_CAT": catalog} in rows(metadata.catalogs(asked(None), SESSION))
    assert rows(metadata.schemas(asked(catalog), SESSION)) == [{"TABLE_SCHEM": "s", "TABLE_CATALOG": catalog}]
    tables = rows(metadata.tables(asked(catalog), SESSION))
    assert [tuple(each.values())[:3] for each in tables] == [of]
    columns = rows(metadata.columns(asked(catalog, columnName="code"), SESSION))
    assert [tuple(each.values())[:4] for each in columns] == [(*of, "code")]
    functions = rows(metadata.functions(asked(catalog, functionName="%"), SESSION))
    assert [tuple(each.values())[:3] for each in functions] == [(catalog, "s", "f")]
    keys = rows(metadata.primary_keys(asked(catalog), SESSION))
    assert [tuple(each.values())[:4] for each in keys] == [(*of, "code")]


def test_a_relation_is_listed_once_when_no_catalog_is_named(metadata: Metadata) -> None:
    tables = rows(metadata.tables(asked(None), SESSION))

    assert [each["TABLE_CAT"] for each in tables] == ["spark_catalog", "main"]
