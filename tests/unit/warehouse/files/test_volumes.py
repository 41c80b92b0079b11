from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from unittest.mock import MagicMock

import pytest

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.records.records import Records
from emulators.warehouse.catalog.spark_catalog import SchemaEntry
from emulators.warehouse.errors import SqlError
from emulators.warehouse.files.signed_links import FileLinks
from emulators.warehouse.files.volumes import Volumes
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql.statements import recognise


@dataclass
class Place:
    """Volumes of a warehouse that has the schema `s`."""

    folder: Path

    def __post_init__(self) -> None:
        self.records = Records(self.folder / "records.sqlite")
        self.records.schemas.put(SchemaEntry("s", "", "file:/s"))
        self.records.catalogs.put("spark_catalog", None)
        self.start()

    def start(self) -> None:
        catalog = Catalog(cast(Any, MagicMock()), self.records, self.folder / "tables")
        self.volumes = Volumes(catalog, self.folder / "volumes", FileLinks())
        self.volumes.sweep()

    def run(self, sql: str) -> Any:
        statement: Any = recognise(sql)
        session = Session(cast(Any, MagicMock()), "spark_catalog", "s")
        handlers: dict[str, Callable[[Any, Session], Any]] = {
            "CreateVolume": self.volumes.create,
            "DropVolume": self.volumes.drop,
            "RenameVolume": self.volumes.rename,
            "ListFiles": self.volumes.list_files,
        }
        return handlers[type(statement).__name__](statement, session)

    def listed(self, sql: str) -> list[str]:
        """The names of the files that a LIST shows."""
        return [name for batch in self.run(sql).next_page().batches for name in batch["name"].to_pylist()]

    def file_of(self, path: str) -> Path:
        return self.volumes.paths.file_of(f"/Volumes/spark_catalog/s/{path}")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize("name", ["/var/x", "..", "a/b", "a b", "a.b", "a\n", "x" * 256])
def test_a_name_of_no_volume_is_refused(place: Place, name: str) -> None:
    place.run("create volume s.v")
    for statement in (f"create volume s.`{name}`", f"alter volume s.v rename to s.`{name}`"):
        with pytest.raises(SqlError, match="is not a valid name"):
            place.run(statement)
    assert [each.name for each in place.records.volumes.all()] == ["v"]


def test_a_renamed_volume_keeps_its_files_and_frees_its_name(place: Place) -> None:
    place.run("create volume s.v")
    place.file_of("v/a.csv").write_text("1")
    place.run("alter volume s.v rename to s.w")
    place.run("create volume s.v")
    assert place.file_of("w/a.csv").read_text() == "1"
    assert not place.file_of("v/a.csv").exists()
    with pytest.raises(SqlError, match="already exists"):
        place.run("alter volume s.v rename to s.w")


def test_the_files_of_an_external_volume_stay(place: Place) -> None:
    outside = place.folder / "out side"
    outside.mkdir()
    place.run(f"create external volume s.v location '{outside.as_uri()}'")
    place.file_of("v/a.csv").write_text("1")
    place.run("drop volume s.v")
    place.start()
    assert (outside / "a.csv").read_text() == "1"
    with pytest.raises(SqlError, match="no folder of this machine"):
        place.run("create external volume s.v location 's3://bucket/x'")


def test_a_start_removes_what_a_killed_process_left(place: Place) -> None:
    place.run("create volume s.v")
    place.run("create volume s.w")
    for each in ("v/a.csv", f"v/._part_{'1f' * 16}", "v/._part_x", "w/b.csv"):
        place.file_of(each).write_text("1")
    left = place.file_of("w")
    place.records.volumes.drop("s", "w")
    assert place.listed("list '/Volumes/spark_catalog/s/v'") == ["._part_x", "a.csv"]
    place.start()
    assert sorted(each.name for each in place.file_of("v").iterdir()) == ["._part_x", "a.csv"]
    assert not left.exists()


def test_a_start_of_state_that_was_moved_removes_no_files(place: Place) -> None:
    place.run("create volume s.v")
    place.file_of("v/a.csv").write_text("1")
    place.folder = place.folder.rename(place.folder.with_name("moved"))
    place.start()
    assert [each.read_text() for each in place.folder.rglob("a.csv")] == ["1"]


def test_paths_lead_nowhere_else(place: Place) -> None:
    place.run("create volume s.v")
    for each in ("v/../../x", "v/./a", "v//a", "v/a\0"):
        with pytest.raises(SqlError, match="Invalid path"):
            place.file_of(each)


@pytest.mark.parametrize(("limit", "shown"), [("", ["a", "b"]), ("limit 1", ["a"]), ("limit 0", [])])
def test_a_list_is_as_long_as_it_may_be(place: Place, limit: str, shown: list[str]) -> None:
    place.run("create volume s.v")
    for each in ("b", "a"):
        place.file_of(f"v/{each}").touch()
    assert place.listed(f"list '/Volumes/spark_catalog/s/v' {limit}") == shown


def test_what_is_recorded_of_a_table_is_not_that_of_a_volume_of_its_name(place: Place) -> None:
    for kind in ("VOLUME", "TABLE"):
        place.records.privileges.put_owner(kind, "s", "x", f"{kind} owner")
        place.records.privileges.put_grants(kind, "s", "x", "people", ["MANAGE"], is_grant=True)
    place.records.relations.rename("s", "x", "s", "y")
    assert place.records.privileges.owner("TABLE", "s", "y") == "TABLE owner"
    assert place.records.privileges.owner("VOLUME", "s", "x") == "VOLUME owner"
    place.records.relations.drop("s", "x")
    assert place.records.privileges.grants("VOLUME", "s", "x") == [("people", "MANAGE")]


def test_a_dropped_schema_takes_the_tags_of_its_relations_along(place: Place) -> None:
    place.records.tags.put("s", "x", "", {"a": "b"})
    place.records.schemas.drop("s")
    place.records.schemas.put(SchemaEntry("s", "", "file:/s"))
    assert place.records.query("select * from information_schema.table_tags")[1] == []
