from __future__ import annotations

import json
import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from unittest.mock import MagicMock

import pytest

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.records.records import Records
from emulators.warehouse.catalog.recovery import Recovery
from emulators.warehouse.catalog.spark_catalog import RelationEntry, SchemaEntry
from emulators.warehouse.sessions.sessions import Session


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    found = Catalog(cast(Any, MagicMock()), Records(tmp_path / "records.sqlite"), tmp_path / "tables")
    found.inner = found.sync._inner = MagicMock(relation=MagicMock(return_value=None))
    return found


def test_what_a_failed_create_wrote_goes_and_nothing_else(catalog: Catalog, tmp_path: Path) -> None:
    schema = tmp_path / "tables" / "s.db"
    catalog.records.schemas.put(SchemaEntry("s", "", schema.as_uri()))
    catalog.records.schemas.put(SchemaEntry("elsewhere", "", (tmp_path / "data").as_uri()))
    half, table = schema / "half", schema / "t"
    kept = (table / "_delta_log", tmp_path / "tables" / "other.db", tmp_path / "data" / "half")
    for each in (half, *kept):
        each.mkdir(parents=True)
    (table / "_delta_log" / f"{0:020d}.json").touch()

    for name in ("half", "t", "none", "", ".", "..", "../other.db", "../../data/half"):
        catalog.sync.clear("s", name)
    catalog.sync.clear("elsewhere", "half")
    catalog.sync.clear("missing", "half")

    assert not half.exists()
    assert all(each.exists() for each in kept)


def test_a_refresh_that_is_recorded_and_a_look_at_every_table_do_not_wait_for_each_other(
    catalog: Catalog,
) -> None:
    records = catalog.records
    is_recording, may_go_on = threading.Event(), threading.Event()

    def record() -> None:
        with records.transaction():
            is_recording.set()
            may_go_on.wait()
            catalog.sync.relation("s", "mv", is_new=False)

    recording = threading.Thread(target=record, daemon=True)
    looking = threading.Thread(target=catalog.sync.follow, daemon=True)
    recording.start()
    is_recording.wait()
    looking.start()
    looking.join(0.2)  # it waits for the records by now
    may_go_on.set()
    for each in (recording, looking):
        each.join(5)
        assert not each.is_alive()


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_table_whose_disk_is_not_there_at_the_start_keeps_its_records(
    catalog: Catalog, tmp_path: Path, is_broken: bool
) -> None:
    records, disk, managed = catalog.records, tmp_path / "disk", tmp_path / "tables" / "s.db" / "t"
    places = {"external": disk / "external", "in_schema": disk / "s" / "in_schema", "managed": managed}
    for name, place in places.items():
        entry = RelationEntry.managed("s", name, place.as_uri())
        commit(place, 0, "a")
        records.relations.put(replace(entry, kind="EXTERNAL" if name == "external" else "MANAGED"))
        records.columns.put_comment("s", name, "a", "kept")
        records.tags.put("s", name, None, {"t": "kept"})
    records.schemas.put(SchemaEntry("s", "", (disk / "s").as_uri()))
    catalog.sync.follow()
    disk.rename(tmp_path / "unplugged")
    if is_broken:
        disk.symlink_to(disk)  # whoever looks into it gets an error
    shutil.rmtree(managed)
    inner = cast(MagicMock, catalog.inner)
    inner.schema_names.return_value = []
    inner.schema.side_effect = lambda name: SchemaEntry(name, "", (tmp_path / "tables" / name).as_uri())

    Recovery(cast(Any, MagicMock()), catalog, tmp_path / "tables").restore()
    catalog.sync.follow()

    assert [each.name for each in records.relations.all("s")] == ["external", "in_schema"]
    assert [call.args[0].name for call in inner.create_relation.call_args_list] == ["external", "in_schema"]
    assert [each.comment for each in records.columns.of("s", "external")] == ["kept"]
    assert records.query("select table_name from information_schema.table_tags order by 1")[1] == [
        ("external",),
        ("in_schema",),
    ]
    disk.unlink(missing_ok=True)
    (tmp_path / "unplugged").rename(disk)
    commit(places["external"], 1, "a", "b")
    found = catalog.find(("s", "external"), Session(cast(Any, MagicMock()), "spark_catalog", "s"))
    assert found is not None
    assert found.delta_version == 1


def commit(table: Path, version: int, *columns: str) -> None:
    """A commit that sets the columns, or only adds rows."""
    fields = [{"name": each, "type": "string", "nullable": True, "metadata": {}} for each in columns]
    metadata = {"schemaString": json.dumps({"type": "struct", "fields": fields})}
    log = table / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"metaData": metadata}, separators=(",", ":")) if columns else '{"add":{}}'
    (log / f"{version:020d}.json").write_text(line)


def test_what_is_new_of_a_recorded_table_is_found_without_listing_its_log(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "tables" / "s.db" / "t"
    for version in range(30):
        commit(table, version, *(["a"] if version == 0 else []))
    catalog.records.relations.put(RelationEntry.managed("s", "t", table.as_uri()))
    catalog.sync.follow()
    monkeypatch.setattr(os, "scandir", None)
    monkeypatch.setattr(os, "listdir", None)

    commit(table, 30)
    commit(table, 31, "a", "b")
    found = catalog.find(("s", "t"), Session(cast(Any, MagicMock()), "spark_catalog", "s"))

    assert found
    assert found.delta_version == 31
    assert [each.name for each in catalog.records.columns.of("s", "t")] == ["a", "b"]
    commit(table, 32, "a")
    catalog.sync.follow()
    assert [each.name for each in catalog.records.columns.of("s", "t")] == ["a"]


def test_a_catalog_that_had_the_other_name_of_the_default_one_is_not_lost_silently(
    catalog: Catalog, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    catalog.records.catalogs.put("hive_metastore", None)
    catalog.records.schemas.put(SchemaEntry("unity14_hive_metastore_s", "", "file:/s"))
    inner = cast(MagicMock, catalog.inner)
    inner.schema_names.return_value = []
    inner.schema.side_effect = lambda name: SchemaEntry(name, "", "file:/default")

    Recovery(cast(Any, MagicMock()), catalog, tmp_path / "tables").restore()

    assert "spark_catalog: unity14_hive_metastore_s" in caplog.text
    assert catalog.resolve(
        ("spark_catalog", "unity14_hive_metastore_s", "t"),
        Session(cast(Any, MagicMock()), "spark_catalog", "default"),
    ) == ("unity14_hive_metastore_s", "t")
