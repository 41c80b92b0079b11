from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pyspark.sql import types as t

from emulators.warehouse.catalog.records.records import Records
from emulators.warehouse.catalog.records.volumes import MANAGED, VolumeRecord
from emulators.warehouse.catalog.spark_catalog import RelationEntry, SchemaEntry


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path / "records.sqlite")


def test_what_has_a_name_is_found_among_others(records: Records) -> None:
    volumes = [VolumeRecord(*each, MANAGED, "file:/v", None) for each in (("a", "v"), ("b", "v"), ("b", "w"))]
    for catalog, schema in (("main", "a"), ("dev", "b")):
        records.catalogs.put(catalog, f"the catalog {catalog}")
        records.schemas.put(SchemaEntry(schema, f"the schema {schema}", "file:/s"))
        records.functions.put(schema, "f", f"create function {schema}.f() return 1", schema)
    for each in volumes:
        records.volumes.put(each)

    found, schema_b, function = (
        records.catalogs.get("dev"),
        records.schemas.get("b"),
        records.functions.get("b", "f"),
    )

    assert found is not None
    assert found.comment == "the catalog dev"
    assert records.catalogs.get("de%") is None
    assert schema_b is not None
    assert (schema_b.name, schema_b.comment) == ("b", "the schema b")
    assert records.schemas.has("a")
    assert not records.schemas.has("c")
    assert records.schemas.get("c") is None
    assert function is not None
    assert function.sql == "create function b.f() return 1"
    assert records.functions.get("b", "g") is None
    assert records.volumes.get("b", "v") == volumes[1]
    assert records.volumes.get("a", "w") is None


COLUMNS = t.StructType(
    [
        t.StructField("code", t.StringType(), True, {"__CHAR_VARCHAR_TYPE_STRING": "varchar(20)"}),
        t.StructField(
            "tags", t.ArrayType(t.StringType()), True, {"__CHAR_VARCHAR_TYPE_STRING": "array<char(2)>"}
        ),
        t.StructField("note", t.StringType()),
    ]
)


def test_columns_keep_the_lengths_that_were_declared(records: Records) -> None:
    records.schemas.put(SchemaEntry("s", "", "file:/s"))
    records.relations.put(RelationEntry.managed("s", "t", "file:/s/t"))
    records.columns.put("s", "t", COLUMNS.jsonValue(), ())

    assert [each.type.simpleString() for each in records.columns.of("s", "t")] == [
        "varchar(20)",
        "array<char(2)>",
        "string",
    ]
    assert records.query(
        "select column_name, data_type, full_data_type, character_maximum_length "
        "from information_schema.columns order by ordinal_position"
    )[1] == [
        ("code", "STRING", "varchar(20)", 0),  # as Databricks answers
        ("tags", "ARRAY", "array<char(2)>", None),
        ("note", "STRING", "string", 0),
    ]


def test_an_older_file_has_its_delta_tables_read_again_once(tmp_path: Path) -> None:
    file = tmp_path / "records.sqlite"
    records = Records(file)
    records.relations.put(RelationEntry.managed("s", "t", "file:/s/t"))
    records.relations.put_delta_state("s", "t", 7, 0.0)
    records.close()
    assert _delta_version(file) == 7

    with closing(sqlite3.connect(file)) as older:
        older.execute("pragma user_version = 0")

    assert _delta_version(file) is None


def _delta_version(file: Path) -> int | None:
    records = Records(file)
    found = records.relations.get("s", "t")
    records.close()
    assert found is not None
    return found.delta_version
