"""A micro-batch as a row of `ops.ingest_batches`: what Spark reports of it, and how it is written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Offsets = Mapping[int, int]
"""An offset by partition."""


@dataclass(frozen=True)
class Partition:
    """What a batch took from one partition; `lag_count` is unknown when found again after a crash."""

    partition: int
    from_offset: int
    to_offset: int
    lag_count: int | None = None


@dataclass(frozen=True)
class Batch:
    """A row of the table, but for when it was recorded."""

    event_hub: str
    ingest_batch_id: int
    checkpoint_id: str | None
    partitions: tuple[Partition, ...]
    row_count: int
    started_at: datetime
    ingester_run_id: str | None = None
    seconds: Mapping[str, float] | None = None

    @property
    def offset_count(self) -> int:
        """How many offsets it took: as many as messages, unless some are marks of Kafka transactions."""
        return sum(each.to_offset - each.from_offset for each in self.partitions)

    @property
    def took_nothing(self) -> bool:
        """Whether it moved no offset: the first batch of an empty hub. Such a batch is not recorded."""
        return all(each.from_offset == each.to_offset for each in self.partitions)

    @property
    def lag_count(self) -> int | None:
        """Messages in the hub that had not landed when the batch was planned, beyond the batch."""
        lags = [each.lag_count for each in self.partitions if each.lag_count is not None]
        return sum(lags) if lags else None

    def as_json(self, recorded_at: datetime) -> str:
        """The row as one line of JSON, its columns by their names."""
        seconds = self.seconds or {}
        total = seconds.get("total")
        values = {
            "event_hub": self.event_hub,
            "ingest_batch_id": self.ingest_batch_id,
            "checkpoint_id": self.checkpoint_id,
            "ingester_run_id": self.ingester_run_id,
            "partitions": [vars(each) for each in self.partitions],
            "row_count": self.row_count,
            "lag_count": self.lag_count,
            "rows_per_second": round(self.row_count / total, 1) if total else None,
            **{f"{stage}_seconds": seconds.get(stage) for stage in ("total", "plan", "write", "log")},
            "is_recovered": self.seconds is None,
            "started_at": _text(self.started_at),
            "recorded_at": _text(recorded_at),
        }
        return json.dumps(values)


def batch_of(progress: str, event_hub: str, checkpoint_id: str, first_batch_id: int, start: Offsets) -> Batch:
    """What Spark reports of a micro-batch, as a row; `row_count` is how many messages were read for it.

    That is more than it landed when it was written a second time, as after a change of the table's
    properties.

    Args:
        progress: JSON of a `StreamingQueryProgress`.
        event_hub: the hub it reads.
        checkpoint_id: the checkpoint's own id.
        first_batch_id: number of the checkpoint's first batch in the tables.
        start: where the stream started, for its first batch, of which Spark says nothing.
    """
    values = json.loads(progress)
    (source,) = values["sources"]
    to_offsets = offsets_of(source["endOffset"], event_hub)
    from_offsets = offsets_of(source["startOffset"], event_hub) or start
    latest = offsets_of(source["latestOffset"], event_hub)
    partitions = partitions_of(from_offsets, to_offsets, latest)
    milliseconds = values["durationMs"]
    stages = {
        "total": ("triggerExecution",),
        "plan": ("latestOffset", "getBatch", "queryPlanning"),
        "write": ("addBatch",),
        "log": ("walCommit", "commitOffsets"),
    }
    return Batch(
        event_hub,
        first_batch_id + values["batchId"],
        checkpoint_id,
        partitions,
        # Over Spark Connect the total is left out; there is one source.
        source["numInputRows"],
        datetime.fromisoformat(values["timestamp"]),
        values["runId"],
        {name: sum(milliseconds.get(each, 0) for each in parts) / 1000 for name, parts in stages.items()},
    )


def offsets_of(value: Any, event_hub: str) -> dict[int, int]:
    """Offsets of a hub as Spark writes them, `{"hub": {"0": 17}}`, as JSON or read from it."""
    if isinstance(value, str):
        value = json.loads(value)
    return {int(partition): int(offset) for partition, offset in (value or {}).get(event_hub, {}).items()}


def partitions_of(
    from_offsets: Offsets, to_offsets: Offsets, latest: Offsets | None = None
) -> tuple[Partition, ...]:
    """A batch by partition. One that is new begins at offset 0, as Spark reads it."""
    return tuple(
        Partition(
            partition,
            from_offsets.get(partition, 0),
            to_offset,
            max(0, latest[partition] - to_offset) if latest and partition in latest else None,
        )
        for partition, to_offset in sorted(to_offsets.items())
    )


def json_lines(batches: Iterable[Batch], recorded_at: datetime) -> str:
    """Rows as one JSON array, for Spark to read as an array of `ROW_TYPE`."""
    return f"[{','.join(batch.as_json(recorded_at) for batch in batches)}]"


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
