from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from emulators.warehouse.catalog import delta_log

SCHEMA = {"type": "struct", "fields": [{"name": "id", "type": "long", "nullable": False, "metadata": {}}]}
METADATA = {
    "metaData": {
        "id": "x",
        "description": "One row per thing.",
        "schemaString": json.dumps(SCHEMA),
        "partitionColumns": ["id"],
        "configuration": {"delta.enableRowTracking": "true"},
    }
}


def clustered_by(*columns: str, removed: bool = False) -> dict[str, Any]:
    configuration = json.dumps({"clusteringColumns": [[each] for each in columns]})
    return {
        "domainMetadata": {"domain": "delta.clustering", "configuration": configuration, "removed": removed}
    }


def commit(table: Path, version: int, *actions: dict[str, Any], info: dict[str, Any] | None = None) -> None:
    folder = table / "_delta_log"
    folder.mkdir(exist_ok=True)
    # Delta writes compact JSON, the name of the action first.
    lines = (json.dumps(each, separators=(",", ":")) for each in ({"commitInfo": info or {}}, *actions))
    (folder / f"{version:020d}.json").write_text("\n".join(lines) + "\n")


def test_a_folder_without_a_log_is_no_table(tmp_path: Path) -> None:
    assert delta_log.state(tmp_path) is None


def test_the_state_is_the_last_commit_whatever_lies_beside_it(tmp_path: Path) -> None:
    for version in range(12):
        commit(tmp_path, version)
    for name in ("00000000000000000099.crc", "00000000000000000099.checkpoint.parquet", "_staged_commits"):
        (tmp_path / "_delta_log" / name).touch()

    found = delta_log.state(tmp_path)

    assert found is not None
    assert found.version == 11
    assert found.written_at == (tmp_path / "_delta_log" / f"{11:020d}.json").stat().st_mtime


def test_the_newest_definition_counts(tmp_path: Path) -> None:
    old = json.loads(json.dumps(METADATA))
    old["metaData"]["description"] = "Old."
    commit(tmp_path, 0, old, clustered_by("id"))
    commit(tmp_path, 1, METADATA)
    commit(tmp_path, 2)

    found = delta_log.changes_since(tmp_path, -1, 2)

    assert found.metadata == delta_log.Metadata(
        SCHEMA, "One row per thing.", {"delta.enableRowTracking": "true"}, ("id",)
    )
    assert found.clustering_columns == ("id",)


def test_commits_that_only_add_rows_change_nothing(tmp_path: Path) -> None:
    commit(tmp_path, 0, METADATA)
    commit(tmp_path, 1, {"add": {"path": "x", "stats": '{"metaData":1}'}})

    assert delta_log.changes_since(tmp_path, 0, 1) == delta_log.Changes(None, None)


def test_clustering_that_was_removed_is_no_columns(tmp_path: Path) -> None:
    commit(tmp_path, 0, clustered_by(removed=True))

    assert delta_log.changes_since(tmp_path, -1, 0).clustering_columns == ()


def test_a_commit_that_was_cleaned_up_is_missed(tmp_path: Path) -> None:
    commit(tmp_path, 1)

    with pytest.raises(FileNotFoundError):
        delta_log.changes_since(tmp_path, -1, 1)


def test_inserted_rows_are_those_of_the_next_commit(tmp_path: Path) -> None:
    commit(tmp_path, 0)
    (tmp_path / "_delta_log" / f"{1:020d}.json").write_text(
        '{"commitInfo":{"operation":"WRITE","operationMetrics":{"numFiles":"1","numOutputRows":"42"}}}\n'
    )

    assert delta_log.inserted_rows(tmp_path, 0) == 42
    assert delta_log.inserted_rows(tmp_path, 1) is None


def test_the_size_is_what_the_checksum_says(tmp_path: Path) -> None:
    commit(tmp_path, 0)
    (tmp_path / "_delta_log" / f"{0:020d}.crc").write_text('{"tableSizeBytes":1234,"numFiles":1}')

    assert delta_log.size(tmp_path, 0) == 1234
    assert delta_log.size(tmp_path, 1) == 0


def test_an_append_says_whether_it_has_read_the_table(tmp_path: Path) -> None:
    commit(tmp_path, 0, info={"isBlindAppend": True})
    commit(tmp_path, 1, info={"isBlindAppend": False})
    commit(tmp_path, 2)

    assert [delta_log.is_blind_append(tmp_path, version) for version in range(4)] == [
        True,
        False,
        False,
        False,
    ]


def test_a_commit_is_found_by_its_user_metadata(tmp_path: Path) -> None:
    commit(tmp_path, 0, METADATA, info={"userMetadata": "a"})
    commit(tmp_path, 1, info={"userMetadata": "b"})
    commit(tmp_path, 2)

    assert delta_log.version_of(tmp_path, "b") == 1
    assert delta_log.version_of(tmp_path, "c") is None
    assert delta_log.version_of(tmp_path / "nowhere", "a") is None


@pytest.fixture
def no_listing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail whoever lists a folder, once `tmp_path` is made: pytest lists to make it."""

    def listed(*_: Any) -> Any:
        raise AssertionError("a folder was listed")

    for each in ("scandir", "listdir"):
        monkeypatch.setattr(os, each, listed)


def checkpoint(table: Path, version: int) -> None:
    (table / "_delta_log" / "_last_checkpoint").write_text(json.dumps({"version": version, "size": 9}))


@pytest.mark.usefixtures("no_listing")
@pytest.mark.parametrize("known", [0, 5, 11])
def test_the_end_is_found_from_a_version_that_is_known_without_listing_the_log(
    tmp_path: Path, known: int
) -> None:
    for version in range(12):
        commit(tmp_path, version)

    found = delta_log.state(tmp_path, known)

    assert found is not None
    assert found.version == 11
    assert found.written_at == (tmp_path / "_delta_log" / f"{11:020d}.json").stat().st_mtime


@pytest.mark.usefixtures("no_listing")
@pytest.mark.parametrize("known", [None, 2, 12, 99])
def test_the_end_is_found_from_the_last_checkpoint_without_listing_the_log(
    tmp_path: Path, known: int | None
) -> None:
    for version in (2, 3, *range(10, 13)):
        commit(tmp_path, version)
    checkpoint(tmp_path, 10)

    found = delta_log.state(tmp_path, known)

    assert found is not None
    assert found.version == 12


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version":"x"}', '{"version":40}', '{"size":1}'])
def test_a_checkpoint_that_is_broken_or_gone_is_of_no_account(tmp_path: Path, text: str) -> None:
    for version in range(3):
        commit(tmp_path, version)
    (tmp_path / "_delta_log" / "_last_checkpoint").write_text(text)

    found = delta_log.state(tmp_path, known=7)  # of an older table in this place

    assert found is not None
    assert found.version == 2


def checksum(table: Path, version: int, **fields: Any) -> None:
    (table / "_delta_log" / f"{version:020d}.crc").write_text(json.dumps({"tableSizeBytes": 1, **fields}))


def test_the_definition_at_the_end_of_a_long_log_is_read_from_its_checksum(tmp_path: Path) -> None:
    for version in range(30, 60):  # those before are cleaned up
        commit(tmp_path, version)
    domain = clustered_by("id")["domainMetadata"]
    checksum(tmp_path, 58, metadata=METADATA["metaData"], domainMetadata=[{"domain": "delta.x"}, domain])

    found = delta_log.changes_since(tmp_path, -1, 59)

    assert found.metadata is not None
    assert found.metadata.schema == SCHEMA
    assert found.clustering_columns == ("id",)


def test_what_was_committed_behind_a_checksum_is_newer(tmp_path: Path) -> None:
    for version in range(59):
        commit(tmp_path, version)
    commit(tmp_path, 59, clustered_by("other"))
    checksum(tmp_path, 58, metadata=METADATA["metaData"], domainMetadata=[])

    found = delta_log.changes_since(tmp_path, -1, 59)

    assert found.metadata is not None
    assert found.clustering_columns == ("other",)


def test_a_copy_is_looked_for_in_those_commits_that_are_there(tmp_path: Path) -> None:
    for version in range(5, 9):
        commit(tmp_path, version, info={"userMetadata": f"copy {version}"})

    assert delta_log.version_of(tmp_path, "copy 5") == 5
    assert delta_log.version_of(tmp_path, "copy 4") is None


def test_a_place_that_is_no_folder_holds_no_table(tmp_path: Path) -> None:
    table = tmp_path / "file" / "t"
    (tmp_path / "file").touch()

    assert delta_log.state(table) is None
    assert delta_log.state(table, 3) is None
    assert delta_log.version_of(table, "copy") is None
    assert delta_log.inserted_rows(table, 0) is None
    assert delta_log.size(table, 0) == 0
