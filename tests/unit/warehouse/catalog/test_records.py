from __future__ import annotations

from pathlib import Path

import pytest

from emulators.warehouse.catalog.records.relations import Records
from emulators.warehouse.catalog.records.volumes import MANAGED, VolumeRecord
from emulators.warehouse.catalog.spark_catalog import SchemaEntry


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
