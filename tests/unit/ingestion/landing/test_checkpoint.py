from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingestion.errors import LandingError
from ingestion.landing.checkpoint import (
    Identity,
    Progress,
    check_identity,
    check_place,
    new_identity,
    read_identity,
)


def test_an_identity_is_kept_and_each_is_new(tmp_path: Path) -> None:
    assert read_identity(tmp_path / "a") is None
    first = new_identity(tmp_path / "a", "table-1", "orders", "topic-1", 3)
    assert first.first_batch_id == 3
    assert read_identity(tmp_path / "a") == first
    assert new_identity(tmp_path / "a", "table-1", "orders", "topic-1", 0).app_id != first.app_id


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize(
    "file",
    [
        "sources/orders.csv",
        "commits/0001.patch",
        "metadata",
        "offsets/0",
        "state/0",
        ".git/HEAD",
        "notes.txt",
    ],
)
def test_a_folder_of_somebody_else_is_refused_and_left_as_it_is(tmp_path: Path, file: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("mine")
    (tmp_path / "ingester.lock").touch()
    before = tree(tmp_path)
    held = file.split("/")[0]
    refused = f"not a checkpoint of the ingester: it holds '{held}'"
    with pytest.raises(LandingError, match=refused):
        read_identity(tmp_path)
    with pytest.raises(LandingError, match=refused):
        check_place(tmp_path)
    with pytest.raises(LandingError, match=refused):
        new_identity(tmp_path, "table-1", "orders", None, 0)
    assert tree(tmp_path) == before


def test_a_file_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(LandingError, match=r"INGESTION_CHECKPOINT=.*/file' cannot be used"):
        check_place(tmp_path / "file")


@pytest.mark.parametrize("name", ["ingester.lock", "ingester.spark.lock", "ingester.json.4711"])
def test_what_a_start_that_was_cut_short_left_is_no_hindrance(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert read_identity(tmp_path) is None
    assert new_identity(tmp_path, "table-1", "orders", None, 0) == read_identity(tmp_path)


def test_a_broken_identity_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ingester.json").write_text('{"app_id"')
    with pytest.raises(LandingError, match=r"ingester\.json is not readable"):
        read_identity(tmp_path)


def test_an_identity_of_an_earlier_version_counts_from_0(tmp_path: Path) -> None:
    (tmp_path / "ingester.json").write_text(
        '{"app_id": "a", "table_id": "t", "event_hub": "orders", "topic_id": null}'
    )
    assert read_identity(tmp_path) == Identity("a", "t", "orders", None, 0)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (Identity("a", "table-2", "orders", "topic-1"), "another table"),
        (Identity("a", "table-1", "returns", "topic-1"), "belongs to hub 'orders'"),
        (Identity("a", "table-1", "orders", "topic-2"), "recreated"),
    ],
)
def test_a_checkpoint_serves_one_table_and_one_hub(tmp_path: Path, now: Identity, said: str) -> None:
    kept = Identity("a", "table-1", "orders", "topic-1")
    with pytest.raises(LandingError, match=said):
        check_identity(tmp_path, kept, now, "bronze.order_events")
    check_identity(tmp_path, kept, kept, "bronze.order_events")


def test_where_topics_have_no_ids_none_is_compared(tmp_path: Path) -> None:
    without = Identity("a", "table-1", "orders", None)
    check_identity(tmp_path, without, Identity("a", "table-1", "orders", "topic-1"), "t")
    check_identity(tmp_path, Identity("a", "table-1", "orders", "topic-1"), without, "t")


def plan(checkpoint: Path, batch: int, offsets: dict[str, int], is_done: bool = True) -> None:
    """What Spark leaves of a batch."""
    for folder in ("offsets", "commits", "sources/0"):
        (checkpoint / folder).mkdir(parents=True, exist_ok=True)
    (checkpoint / "metadata").write_text('{"id":"q"}')
    (checkpoint / "sources" / "0" / "0").write_bytes(b'\x00v1\n{"orders":{"0":5,"1":0}}')
    metadata = json.dumps({"batchWatermarkMs": 0, "batchTimestampMs": 1_800_000_000_000 + batch})
    (checkpoint / "offsets" / str(batch)).write_text(f"v1\n{metadata}\n{json.dumps({'orders': offsets})}")
    (checkpoint / "offsets" / f".{batch}.crc").write_bytes(b"x")
    if is_done:
        (checkpoint / "commits" / str(batch)).write_text('v1\n{"nextBatchWatermarkMs":0}')


def test_the_progress_of_a_checkpoint_is_that_of_sparks_logs(tmp_path: Path) -> None:
    progress = Progress(tmp_path, "orders")
    assert (progress.planned, progress.committed) == (None, [])
    progress.check()
    for batch in (0, 1, 9, 10):
        plan(tmp_path, batch, {"0": batch * 100, "1": 7}, is_done=batch != 10)
    assert (progress.planned, progress.committed) == (10, [0, 1, 9])
    assert progress.offsets(10) == {0: 1000, 1: 7}
    assert progress.planned_at(10).timestamp() == pytest.approx(1_800_000_000.01)
    assert progress.from_offsets(0) == {0: 5, 1: 0}
    assert progress.from_offsets(10) == {0: 900, 1: 7}
    assert progress.from_offsets(9) is None
    progress.check()
    with pytest.raises(LandingError, match="'orders', not 'returns'"):
        Progress(tmp_path, "returns").offsets(10)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("offsets/1", ""),
        ("offsets/1", "v1\n{}"),
        ("offsets/1", 'v1\n{"batchTimestampMs":1}\n{"orders":{"0":'),
        ("offsets/1", 'v1\n{"batchTimestampMs":1}\n[]'),
        ("offsets/0", ""),
        ("commits/1", ""),
        ("commits/1", None),
        ("metadata", ""),
        ("metadata", None),
        ("sources/0/0", ""),
        ("sources/0/0", None),
    ],
)
def test_a_torn_file_is_one_line_that_names_it(tmp_path: Path, file: str, text: str | None) -> None:
    for batch in (0, 1):
        plan(tmp_path, batch, {"0": batch})
    if file == "commits/1" and text is None:
        (tmp_path / "commits" / "0").unlink()  # a batch that is not done is not torn
    if text is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_text(text)
    with pytest.raises(LandingError, match="Restore the checkpoint") as caught:
        Progress(tmp_path, "orders").check()
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_start_that_was_cut_short_leaves_no_place_to_start_from(tmp_path: Path) -> None:
    new_identity(tmp_path, "table-1", "orders", None, 0)
    plan(tmp_path, 0, {"0": 5})
    for name in (".0.crc", ".1.6a0f71d2-4c1e-4a55-9d2e-5202cba46b6c.tmp"):
        (tmp_path / "commits" / name).touch()
    new_identity(tmp_path, "table-1", "orders", None, 7)
    assert sorted(tree(tmp_path)) == ["ingester.json"]
    assert read_identity(tmp_path) is not None


def test_only_what_spark_wrote_is_deleted_from_a_checkpoint(tmp_path: Path) -> None:
    new_identity(tmp_path, "table-1", "orders", None, 0)
    mine = {"sources/orders.csv": "a", "commits/0001.patch": "b", "offsets/old/0": "c", "metadata": "[]"}
    for file, text in mine.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    (tmp_path / "offsets" / "0").touch()
    new_identity(tmp_path, "table-1", "orders", None, 7)
    kept = tree(tmp_path)
    assert {file: kept.pop(file).decode() for file in mine} == mine
    assert sorted(kept) == ["ingester.json"]
