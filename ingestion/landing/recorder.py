"""Writes down each micro-batch, as a line of JSON at once and in `ops.ingest_batches` within seconds.

Rows are written by a thread of their own, so that landing does not wait: the first at once, the next ones
together. What a crash leaves unwritten is found again at the next start, in the bronze table and the
checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from threading import Condition, Thread

from ingestion.errors import LandingError
from ingestion.landing.batch import Batch, json_lines
from ingestion.landing.delta_table import DeltaTable
from ingestion.tables.ingest_batches import DEFINITION, ROW_TYPE

FLUSH_SECONDS = 10.0
"""Least time between two commits: how long a batch's row may wait for those of the next ones."""

MANY_FILES = 50
"""When the table is compacted: a commit every few seconds leaves as many files."""


class BatchTable(DeltaTable):
    """The table `ops.ingest_batches`."""

    definition = DEFINITION

    def recorded_to(self, event_hub: str) -> int:
        """The highest number of a batch of the hub that is recorded; -1 for none."""
        ((highest,),) = self.of(event_hub).agg({"ingest_batch_id": "max"}).collect()
        return -1 if highest is None else int(highest)

    def ends(self, event_hub: str) -> dict[int, int]:
        """The offset after what the latest recorded batch of each partition took."""
        from pyspark.sql.functions import expr

        rows = self.of(event_hub).selectExpr("ingest_batch_id", "explode(partitions) as part")
        found = rows.groupBy("part.partition").agg(expr("max_by(part.to_offset, ingest_batch_id)"))
        return {int(row[0]): int(row[1]) for row in found.collect()}

    def latest_with_rows(self, event_hub: str) -> int | None:
        """The highest number of a recorded batch that landed messages."""
        ((highest,),) = self.of(event_hub).where("row_count > 0").agg({"ingest_batch_id": "max"}).collect()
        return None if highest is None else int(highest)


class Recorder:
    """Takes batches of one hub in the order of their numbers, each of which it writes once.

    Args:
        table: where the rows go; nobody else writes rows of the hub there.
        recorded_to: the highest number that the table holds of the hub; lower ones are left out.
        emit: takes each row as a line of JSON.
    """

    def __init__(
        self,
        table: BatchTable,
        recorded_to: int,
        emit: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._table = table
        self.taken_to = recorded_to
        """The highest number of a batch that is recorded, or waits to be."""
        self._emit = emit
        self._file_count = table.file_count
        self._waiting: list[Batch] = []
        self._changed = Condition()
        self._is_closing = False
        self._failure: Exception | None = None
        self._thread = Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    def add(self, batch: Batch) -> None:
        """Take a batch; one that was taken before, as after a crash, is left out.

        Raises:
            LandingError: its line of JSON cannot be written; its row will be.
        """
        if batch.ingest_batch_id <= self.taken_to:
            return
        self.taken_to = batch.ingest_batch_id
        with self._changed:
            self._waiting.append(batch)
            self._changed.notify()
        try:
            self._emit(batch.as_json(datetime.now(UTC)))
        except OSError as error:
            raise LandingError(
                f"cannot write to --metrics ({error.strerror}): landing was stopped, and nothing is lost. "
                "Put that right and land again."
            ) from error

    def close(self) -> None:
        """Write what is waiting.

        Raises:
            LandingError: it could not be written.
        """
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()
        if self._failure:
            reason = " ".join(str(self._failure).split())[:300]
            raise LandingError(
                f"messages have landed, but their batches are not in {self._table.label} ({reason}): land "
                "again, which writes them."
            ) from self._failure

    def _work(self) -> None:
        is_closing = False
        batches: list[Batch] = []
        pause = 0.0
        while not is_closing:
            with self._changed:
                self._changed.wait_for(lambda: self._is_closing, pause)
                if not batches:
                    self._changed.wait_for(lambda: self._is_closing or self._waiting)
                is_closing = self._is_closing
            pause = FLUSH_SECONDS
            # What failed is tried again before the next ones and without them.
            if batches:
                batches = self._written(batches, again=True)
            if not batches:
                with self._changed:
                    batches, self._waiting = self._waiting, []
                batches = self._written(batches)

    def _written(self, batches: list[Batch], again: bool = False) -> list[Batch]:
        """Write batches; returns those that are still to be written, all or none.

        A failed commit may have been written all the same, which the table tells: a Delta transaction with a
        version would, too, but looking that up costs every commit three Spark jobs.
        """
        if not batches:
            return []
        from pyspark.sql.functions import lit

        text = json_lines(batches, datetime.now(UTC))
        try:
            rows = self._table.spark.range(0, 1, 1, 1).select(lit(text).alias("rows"))
            rows = rows.selectExpr(f"inline(from_json(rows, 'array<{ROW_TYPE}>'))")
            last = batches[-1]
            if not again or self._table.recorded_to(last.event_hub) < last.ingest_batch_id:
                self._table.append(rows)
        except Exception as error:
            self._failure = error
            return batches
        self._failure = None
        self._file_count += 1
        if self._file_count >= MANY_FILES:
            with suppress(Exception):  # what is recorded is recorded: later will do
                self._table.compact()
            self._file_count = 1
        return []
