"""Follows the streaming query to its end, or ends it between two batches; counts and records batches."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ingestion.console.signals import StopRequest
from ingestion.landing.batch import Batch, batch_of
from ingestion.landing.checkpoint import Identity, Progress
from ingestion.landing.recorder import Recorder

if TYPE_CHECKING:
    from pyspark.sql.streaming.query import StreamingQuery

POLL_SECONDS = 0.1
REMOTE_POLL_SECONDS = 1.0
"""Over Spark Connect each look is several requests."""

STOP_SECONDS = 30.0
"""How long a batch under way may take to finish after a request to stop."""


class Follower:
    """Waits for the query to end, or ends it between two batches; counts and records batches.

    Args:
        progress: the checkpoint of the query.
        identity: what the checkpoint belongs to.
        recorder: takes each batch.
        stop: asks to end after the batch under way.
        advance: told the rows of each batch.
        row_count: how many rows the table holds of the batch of a number.
        unrecorded: the batches that have landed and are not recorded.
        poll_seconds: how often to look.
    """

    def __init__(
        self,
        progress: Progress,
        identity: Identity,
        recorder: Recorder,
        stop: StopRequest,
        advance: Callable[[int], None],
        row_count: Callable[[int], int],
        unrecorded: Callable[[], list[Batch]] = list,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self.rows = 0
        self.batches = 0
        self.lag: int | None = None
        self._progress = progress
        self._identity = identity
        self._recorder = recorder
        self._stop = stop
        self._advance = advance
        self._row_count = row_count
        self._unrecorded = unrecorded
        self._poll_seconds = poll_seconds
        self._known = -1 if progress.planned is None else progress.planned
        self._last_batch = -1
        self._start: dict[int, int] | None = None

    def follow(self, query: StreamingQuery) -> None:
        """Come back when the query has ended; however that is, no query is left running.

        Raises:
            Exception: what the query failed with.
        """
        try:
            self._follow(query)
        finally:
            # A session of a Databricks cluster outlives this run, and so would the query.
            with suppress(Exception):  # what went wrong before is what to tell
                query.stop()

    def _follow(self, query: StreamingQuery) -> None:
        deadline: float | None = None
        stopping_after = -1
        while query.isActive:
            self._count(query)
            if self._stop.requested:
                if deadline is None:
                    deadline, stopping_after = time.monotonic() + STOP_SECONDS, self._last_batch
                status = query.status
                is_busy = status["isTriggerActive"] and status["isDataAvailable"]
                # A batch that has just begun is left to the next run.
                if not is_busy or self._last_batch > stopping_after or time.monotonic() > deadline:
                    query.stop()
            query.awaitTermination(self._poll_seconds)  # type: ignore[arg-type]  # takes fractions, too
        query.awaitTermination()
        self._count(query)

    def _count(self, query: StreamingQuery) -> None:
        last = query.lastProgress
        if last is None:
            return
        if last["batchId"] <= self._last_batch:
            return
        # Each report is many calls into the JVM: fetch the older ones only when some were missed.
        missed = last["batchId"] != self._last_batch + 1
        for each in query.recentProgress if missed else [last]:
            if each["batchId"] > self._last_batch:
                self._take(each)

    def _take(self, progress: Any) -> None:
        # A dictionary before PySpark 4.
        text = json.dumps(progress) if type(progress) is dict else progress.json
        if self._start is None:
            self._start = self._progress.from_offsets(0) or {}
        batch = batch_of(
            text,
            self._progress.event_hub,
            self._identity.app_id,
            self._identity.first_batch_id,
            self._start,
        )
        self.lag = batch.lag_count
        if progress["batchId"] > self._known + 1:
            # Over Spark Connect the query of a killed ingester lives on until this one takes its place.
            for each in self._unrecorded():
                if each.ingest_batch_id < batch.ingest_batch_id:
                    self._recorder.add(each)
        self._known = progress["batchId"]
        if batch.took_nothing:
            return
        self._last_batch = progress["batchId"]
        # Fewer rows than offsets were read where some are marks of Kafka transactions, more where a batch was
        # written twice; both may be true at once. None is read of a batch that the table held before.
        if batch.row_count not in (0, batch.offset_count):
            batch = replace(batch, row_count=self._row_count(batch.ingest_batch_id))
        self.rows += batch.row_count
        self.batches += 1
        self._advance(batch.row_count)
        self._recorder.add(batch)
