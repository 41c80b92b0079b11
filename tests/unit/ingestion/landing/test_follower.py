from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from ingestion.console.signals import StopRequest
from ingestion.errors import LandingError
from ingestion.landing.batch import Batch
from ingestion.landing.checkpoint import Identity, Progress
from ingestion.landing.follower import Follower
from ingestion.landing.recorder import Recorder
from tests.unit.ingestion.landing.test_checkpoint import plan

REPORT: dict[str, Any] = {
    "batchId": 0,
    "runId": "r",
    "timestamp": "2026-01-01T00:00:00.000Z",
    "durationMs": {},
    "sources": [
        {
            "startOffset": None,
            "endOffset": {"orders": {"0": 2}},
            "latestOffset": {"orders": {"0": 2}},
            "numInputRows": 2,
        }
    ],
}
"""As Spark Connect gives it, without a sum over all sources."""


def follower(folder: Path, recorder: Any, *unrecorded: Batch) -> Follower:
    identity = Identity("a", "t", "orders", None)
    progress = Progress(folder, "orders")
    return Follower(
        progress,
        identity,
        recorder,
        StopRequest(),
        lambda _: None,
        {0: 1}.__getitem__,
        lambda: list(unrecorded),
    )


def query(report: dict[str, Any]) -> MagicMock:
    running = MagicMock(lastProgress=report, recentProgress=[report])
    running.awaitTermination.side_effect = lambda *_: setattr(running, "isActive", False)
    return running


def test_a_query_is_stopped_when_its_metrics_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Batch] = []

    def write(_: Recorder, batches: list[Batch]) -> list[Batch]:
        written.extend(batches)
        return []

    monkeypatch.setattr(Recorder, "_written", write)

    def emit(line: str) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    running, recorder = query(REPORT), Recorder(MagicMock(), -1, emit)
    with pytest.raises(LandingError, match=r"cannot write to --metrics \(Broken pipe\)"):
        follower(tmp_path, recorder).follow(running)
    running.stop.assert_called_once()
    recorder.close()
    assert [batch.row_count for batch in written] == [2]  # its row is recorded all the same


def test_a_query_is_stopped_when_its_report_is_not_understood(tmp_path: Path) -> None:
    running = query(REPORT | {"sources": REPORT["sources"] * 2})
    running.stop.side_effect = RuntimeError("the session is gone")
    with pytest.raises(ValueError, match="too many values"):
        follower(tmp_path, MagicMock()).follow(running)
    running.stop.assert_called_once()


def test_a_query_that_ended_is_not_left_running(tmp_path: Path) -> None:
    running = query(REPORT)
    follower(tmp_path, MagicMock()).follow(running)
    running.stop.assert_called_once()


@pytest.mark.parametrize(
    ("read", "landed"),
    [
        (2, 2),  # as many as offsets
        (0, 0),  # the table held the batch before, or all offsets are marks of transactions
        (1, 1),  # one message and the mark of its transaction
        (4, 1),  # a message and a mark, written more than once
    ],
)
def test_rows_are_what_has_landed_however_often_it_was_read(tmp_path: Path, read: int, landed: int) -> None:
    recorder = MagicMock()
    followed = follower(tmp_path, recorder)
    followed.follow(query(REPORT | {"sources": [REPORT["sources"][0] | {"numInputRows": read}]}))
    (batch,) = recorder.add.call_args.args
    assert (followed.rows, batch.row_count) == (landed, landed)


def test_batches_that_another_query_landed_meanwhile_are_recorded(tmp_path: Path) -> None:
    for batch in range(5):  # what the checkpoint had planned at the start
        plan(tmp_path, batch, {"0": batch})
    recorder = MagicMock()
    others = [Batch("orders", number, "a", (), 1, datetime.now(UTC)) for number in (5, 6, 7)]
    followed = follower(tmp_path, recorder, *others)
    source = REPORT["sources"][0] | {"startOffset": {"orders": {"0": 0}}}
    followed.follow(query(REPORT | {"batchId": 7, "sources": [source]}))
    assert [call.args[0].ingest_batch_id for call in recorder.add.call_args_list] == [5, 6, 7]
    assert followed.batches == 1
