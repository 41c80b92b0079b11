from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pyspark.sql import types as t

from emulators.warehouse.catalog.records.relations import Records
from emulators.warehouse.catalog.records.volumes import MANAGED, VolumeRecord
from emulators.warehouse.catalog.spark_catalog import RelationEntry, SchemaEntry


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path / "records.sqlite")


def test_what_has_a_name_is_found_among_others(records: Records) -> None:
    volumes = [VolumeRecord(*each, MANAGED, "file:/v", None) for each in (("a", "v"), ("b", "v"), ("b", "w"))]
    for catalog, schema in (("main", "a"), ("dev", "b")):
        records.put_catalog(catalog, f"the catalog {catalog}")
        records.put_schema(SchemaEntry(schema, f"the schema {schema}", "file:/s"))
        records.put_function(schema, "f", f"create function {schema}.f() return 1", schema)
    for each in volumes:
        records.put_volume(each)

    found, schema_b, function = records.catalog("dev"), records.schema("b"), records.function("b", "f")

    assert found is not None
    assert found.comment == "the catalog dev"
    assert records.catalog("de%") is None
    assert schema_b is not None
    assert (schema_b.name, schema_b.comment) == ("b", "the schema b")
    assert records.has_schema("a")
    assert not records.has_schema("c")
    assert records.schema("c") is None
    assert function is not None
    assert function.sql == "create function b.f() return 1"
    assert records.function("b", "g") is None
    assert records.volume("b", "v") == volumes[1]
    assert records.volume("a", "w") is None


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
    records.put_schema(SchemaEntry("s", "", "file:/s"))
    records.put_relation(RelationEntry.managed("s", "t", "file:/s/t"))
    records.put_columns("s", "t", COLUMNS.jsonValue(), ())

    assert [each.type.simpleString() for each in records.columns("s", "t")] == [
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
    records.put_relation(RelationEntry.managed("s", "t", "file:/s/t"))
    records.put_delta_state("s", "t", 7, 0.0)
    records.close()
    assert _delta_version(file) == 7

    with closing(sqlite3.connect(file)) as older:
        older.execute("pragma user_version = 0")

    assert _delta_version(file) is None


def _delta_version(file: Path) -> int | None:
    records = Records(file)
    found = records.relation("s", "t")
    records.close()
    assert found is not None
    return found.delta_version
