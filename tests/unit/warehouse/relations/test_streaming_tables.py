from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from emulators.warehouse.catalog.kinds import STREAMING_TABLE
from emulators.warehouse.catalog.records.records import Records
from emulators.warehouse.catalog.spark_catalog import RelationEntry
from emulators.warehouse.relations import streaming_tables


def test_what_a_killed_full_refresh_left_goes_and_nothing_else(tmp_path: Path) -> None:
    records = Records(tmp_path / "records.sqlite")
    for name in ("stream", "table", "away"):
        entry = RelationEntry.managed("s", name, (tmp_path / name).as_uri())
        records.relations.put(entry, None if name == "table" else STREAMING_TABLE)
    elsewhere = replace(RelationEntry.managed("s", "remote", "s3://bucket/remote"), kind="EXTERNAL")
    records.relations.put(elsewhere, STREAMING_TABLE)
    left = tmp_path / "stream" / "_refresh_0123" / "_checkpoint"
    kept = [
        tmp_path / "stream" / "_delta_log",
        tmp_path / "stream" / "_checkpoint",
        tmp_path / "stream" / "refresh_0123",
        tmp_path / "table" / "_refresh_0123",
    ]
    for each in (left, *kept):
        each.mkdir(parents=True)

    streaming_tables.sweep(records)

    assert not left.parent.exists()
    assert all(each.exists() for each in kept)
