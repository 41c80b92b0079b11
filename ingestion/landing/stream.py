"""The landing stream: from the hub's Kafka endpoint into the bronze table, each message exactly once.

A batch that is replayed after a crash carries the same Delta transaction (application id of the checkpoint,
batch id) as at first, so that Delta skips what it already holds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.console.signals import StopRequest
from ingestion.errors import HubError, IngestionError, LandingError
from ingestion.landing import kafka_source
from ingestion.landing.checkpoint import (
    LOCK_NAME,
    Identity,
    Progress,
    check_identity,
    check_place,
    new_identity,
    read_identity,
    recreated,
)
from ingestion.landing.delta_table import DeltaTable, append, check_folder
from ingestion.landing.locks import exclusive
from ingestion.landing.recorder import BatchTable, Recorder
from ingestion.settings import LandSettings
from ingestion.tables import order_events
from ingestion.tables.ingest_batches import Batch, batch_of, partitions_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming.query import StreamingQuery

EARLIEST = -2
"""How Spark's Kafka source writes the earliest offset of a partition."""

POLL_SECONDS = 0.1
STOP_SECONDS = 30.0
"""How long a batch under way may take to finish after a request to stop."""


@dataclass(frozen=True)
class Landed:
    """What one run added to the bronze table; `lag` is what it left in the hub, if that is known."""

    table: str
    rows: int
    batches: int
    lag: int | None
    is_stopped: bool


def run(
    spark: SparkSession,
    settings: LandSettings,
    interval: float | None,
    max_offsets: int,
    from_table: bool,
    stop: StopRequest,
    advance: Callable[[int], None] = lambda _: None,
    emit: Callable[[str], None] = lambda _: None,
) -> Landed:
    """Land messages until all that were there at the start are (`interval` None), or until asked to stop.

    Args:
        spark: the session to run in.
        settings: hub, tables and checkpoint; the locks of `lock.exclusive` are the caller's to hold.
        interval: seconds between two batches; None for one pass.
        max_offsets: messages in one batch at most.
        from_table: let a new checkpoint go on after the offsets the table holds.
        stop: asks to end after the batch under way.
        advance: told the rows of each batch.
        emit: takes each batch's row of `ops.ingest_batches` as a line of JSON.

    Raises:
        HubError: the hub cannot be reached, does not exist, or refuses the credentials.
        LandingError: going on would lose or repeat messages, or a table cannot be written.
    """
    hub = settings.kafka.hub
    topic = kafka_source.describe(spark, settings.kafka)
    table, record = BronzeTable(spark, settings.bronze), BatchTable(spark, settings.bronze)
    recorded_to = record.recorded_to(hub) if record.file_count else -1
    progress = Progress(settings.checkpoint, hub)
    identity, starting_offsets = _position(table, progress, topic, from_table, recorded_to)
    options = kafka_source.source_options(settings.kafka, max_offsets, starting_offsets)
    recorder = Recorder(record, recorded_to, emit)
    follower = _Follower(progress, identity, recorder, stop, advance)
    try:
        for batch in _unrecorded(table, progress, identity, recorded_to):
            recorder.add(batch)
        if not stop.requested:
            query = _start(spark, options, table.batch_writer(identity), settings.checkpoint, interval)
            follower.follow(query)
    except Exception as error:
        with suppress(LandingError):  # the next run finds them again
            recorder.close()
        if isinstance(error, IngestionError):
            raise
        raise _explained(error, settings) from error
    recorder.close()
    return Landed(table.label, follower.rows, follower.batches, follower.lag, stop.requested)


@contextmanager
def locked(settings: LandSettings) -> Iterator[list[int]]:
    """Keep other ingesters away from the checkpoint and, where they are folders, from hub and table.

    Yields:
        Descriptors for the JVM to inherit: it holds the locks as long as it lives.

    Raises:
        LandingError: another ingester is at work there, or the folders are somebody else's.
    """
    hub, path = settings.kafka.hub, order_events.DEFINITION.path_in(settings.bronze)
    # Before a lock is put there.
    check_place(settings.checkpoint)
    if path:
        check_folder(Path(path))
    with ExitStack() as stack:
        held = [
            stack.enter_context(
                exclusive(
                    settings.checkpoint / LOCK_NAME,
                    f"another ingester is running on checkpoint {settings.checkpoint}: stop it, or wait "
                    "until it ends.",
                )
            )
        ]
        if path:
            busy = (
                f"another ingester lands hub {hub!r} in {path}, from another checkpoint: "
                "stop it, and keep one of the two checkpoints."
            )
            held.append(
                stack.enter_context(exclusive(Path(path).with_name(f".{order_events.TABLE}.{hub}"), busy))
            )
        yield held


class BronzeTable(DeltaTable):
    """The bronze table."""

    definition = order_events.DEFINITION

    def next_offsets(self, event_hub: str) -> dict[str, int]:
        """The offset after the highest one held, by partition of the hub."""
        rows = self.of(event_hub).groupBy("partition").agg({"offset": "max"}).collect()
        return {str(row[0]): row[1] + 1 for row in rows}

    def next_batch_id(self) -> int:
        """The number after the highest of a batch that the table holds, whatever hub it came from."""
        ((highest,),) = self.spark.table(self.name).agg({"ingest_batch_id": "max"}).collect()
        return 0 if highest is None else int(highest) + 1

    def tail(self, event_hub: str, offsets: dict[int, int]) -> dict[int, tuple[int, int]]:
        """The latest message held of each partition, if it is at or after these offsets less one.

        Args:
            event_hub: the hub.
            offsets: by partition; a partition that is not named counts from its beginning.

        Returns:
            Offset and time of arrival, in milliseconds since the epoch, by partition.
        """
        from pyspark.sql.functions import expr

        found = self.of(event_hub)
        for partition, end in offsets.items():
            found = found.where(f"not (`partition` = {partition} and `offset` < {end - 1})")
        rows = (
            found.groupBy("partition")
            .agg(expr("max(offset)"), expr("unix_millis(max_by(enqueued_at, offset))"))
            .collect()
        )
        return {int(row[0]): (int(row[1]), int(row[2])) for row in rows}

    def holds(self, event_hub: str) -> bool:
        """Whether the table holds messages of the hub."""
        return bool(self.of(event_hub).select("offset").limit(1).collect())

    def batches_after(self, event_hub: str, batch_id: int) -> dict[int, list[Any]]:
        """What later batches wrote: rows of partition, least and greatest offset, rows, time, by batch."""
        from pyspark.sql.functions import expr

        rows = (
            self.of(event_hub)
            .where(f"ingest_batch_id > {batch_id}")
            .groupBy("ingest_batch_id", "partition")
            .agg(*(expr(each) for each in ("min(offset)", "max(offset)", "count(*)", "min(ingested_at)")))
            .collect()
        )
        found: dict[int, list[Any]] = {}
        for number, *values in rows:
            found.setdefault(int(number), []).append(values)
        return found

    def batch_writer(self, identity: Identity) -> Callable[[DataFrame, int], None]:
        """What writes one micro-batch, once, however often it is tried.

        It holds plain strings and numbers and nothing else: with Spark Connect it runs in a process on the
        server.
        """
        path, name, expressions = self.path, self.name, order_events.select_expressions()
        app_id, first_batch_id = identity.app_id, identity.first_batch_id

        def write(batch: DataFrame, batch_id: int) -> None:
            rows = batch.selectExpr(
                *(each.format(batch_id=first_batch_id + batch_id) for each in expressions)
            )
            transaction = {"txnAppId": app_id, "txnVersion": str(batch_id)}
            append(rows.write.options(**transaction), path, name)

        return write


def _position(
    table: BronzeTable, progress: Progress, topic: kafka_source.Topic, from_table: bool, recorded_to: int
) -> tuple[Identity, str]:
    """Under which identity to write, and where a stream without progress starts."""
    hub, checkpoint = progress.event_hub, progress.checkpoint
    kept = read_identity(checkpoint)
    if kept and progress.planned is not None:
        now = Identity(kept.app_id, table.table_id, hub, topic.topic_id, kept.first_batch_id)
        check_identity(checkpoint, kept, now, table.label)
        progress.check()
        _check_offsets(table, progress, topic)
        return kept, "earliest"
    is_filled = table.file_count > 0 and table.holds(hub)
    if is_filled and not from_table:
        raise LandingError(
            f"checkpoint {checkpoint} is new, but {table.label} already holds messages of hub {hub!r}: "
            "landing would repeat them. Restore the checkpoint, or go on after those rows with --from-table."
        )
    first_batch_id = max(table.next_batch_id() if table.file_count else 0, recorded_to + 1)
    identity = new_identity(checkpoint, table.table_id, hub, topic.topic_id, first_batch_id)
    if not is_filled:
        return identity, "earliest"
    following = table.next_offsets(hub)
    _check_not_expired(hub, {int(partition): offset for partition, offset in following.items()}, topic)
    earliest = {str(partition): EARLIEST for partition in topic.partitions}
    return identity, json.dumps({hub: earliest | following})


def _check_offsets(table: BronzeTable, progress: Progress, topic: kafka_source.Topic) -> None:
    """See to it that hub, checkpoint and table speak of the same messages, none of which is gone."""
    hub, latest = progress.event_hub, progress.planned
    assert latest is not None  # noqa: S101 - the caller asked
    planned = progress.offsets(latest)
    # What the last batch that ended landed, and a later batch may have.
    done = planned if latest in progress.committed else progress.from_offsets(latest) or {}
    tail = table.tail(hub, done)
    # Delta skips batch numbers it has seen: going on from an old copy would lose messages.
    if any(offset >= planned.get(partition, 0) for partition, (offset, _) in tail.items()):
        raise LandingError(
            f"checkpoint {progress.checkpoint} is older than what {table.label} holds (was it restored, or "
            "did another ingester land the same hub?): delete it and go on after the rows of the table with "
            "--from-table."
        )
    for partition, (offset, enqueued_at_ms) in tail.items():
        oldest = topic.partitions.get(partition)
        is_younger = oldest and oldest.enqueued_at_ms is not None and oldest.enqueued_at_ms > enqueued_at_ms
        # Offsets only rise, and so does time: what comes before a message is not younger.
        if oldest and oldest.offset <= offset and is_younger:
            raise LandingError(recreated(hub, progress.checkpoint))
    _check_not_expired(hub, done, topic)


def _check_not_expired(hub: str, following: dict[int, int], topic: kafka_source.Topic) -> None:
    """See to it that the hub still holds what is to be landed next."""
    gone = [
        f"{offset} to {topic.partitions[partition].offset - 1} of partition {partition}"
        for partition, offset in sorted(following.items())
        if partition in topic.partitions and topic.partitions[partition].offset > offset
    ]
    if gone:
        raise LandingError(
            f"hub {hub!r} no longer holds offsets {', '.join(gone)}: they expired before they were landed. "
            "Nothing was written. See 'Messages expired' in docs/operations.md."
        )


def _unrecorded(table: BronzeTable, progress: Progress, identity: Identity, recorded_to: int) -> list[Batch]:
    """Batches that landed and are not recorded, as after a crash, from the table and the checkpoint."""
    planned = progress.planned
    if planned is not None and recorded_to >= identity.first_batch_id + planned:
        return []
    if planned is None and recorded_to + 1 == identity.first_batch_id:
        return []
    landed = table.batches_after(progress.event_hub, recorded_to)
    first = identity.first_batch_id
    # Batches that landed no row, because their offsets are no messages, are known to Spark alone.
    numbers = landed.keys() | {first + each for each in progress.committed if first + each > recorded_to}
    batches = (_recovered(number, landed.get(number, []), progress, identity) for number in sorted(numbers))
    return [batch for batch in batches if not batch.took_nothing]


def _recovered(number: int, rows: list[Any], progress: Progress, identity: Identity) -> Batch:
    """A batch by what it wrote and, where the checkpoint still knows, by what it was to write."""
    own = number - identity.first_batch_id
    from_offsets = {int(partition): int(low) for partition, low, *_ in rows}
    to_offsets = {int(partition): int(high) + 1 for partition, _, high, *_ in rows}
    started_at = min((row[4] for row in rows), default=None)
    if own >= 0 and (progress.checkpoint / "offsets" / str(own)).exists():
        to_offsets = progress.offsets(own)
        planned_from = progress.from_offsets(own)
        started_at = progress.planned_at(own)
        from_offsets = planned_from if planned_from is not None else to_offsets | from_offsets
    assert started_at is not None  # noqa: S101 - it has rows, or the checkpoint knows it
    return Batch(
        progress.event_hub,
        number,
        identity.app_id if own >= 0 else None,
        partitions_of(from_offsets, to_offsets),
        sum(row[3] for row in rows),
        started_at,
    )


def _start(
    spark: SparkSession,
    options: dict[str, str],
    write: Callable[[DataFrame, int], None],
    checkpoint: Path,
    interval: float | None,
) -> StreamingQuery:
    writer = (
        spark.readStream.format("kafka")
        .options(**options)
        .load()
        .writeStream.queryName(f"land {order_events.TABLE}")
        .option("checkpointLocation", str(checkpoint))
        .foreachBatch(write)
    )
    if interval is None:
        return writer.trigger(availableNow=True).start()
    return writer.trigger(processingTime=f"{round(interval * 1000)} milliseconds").start()


class _Follower:
    """Waits for the query to end, or ends it between two batches; counts and records batches."""

    def __init__(
        self,
        progress: Progress,
        identity: Identity,
        recorder: Recorder,
        stop: StopRequest,
        advance: Callable[[int], None],
    ) -> None:
        self.rows = 0
        self.batches = 0
        self.lag: int | None = None
        self._progress = progress
        self._identity = identity
        self._recorder = recorder
        self._stop = stop
        self._advance = advance
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
            query.awaitTermination(POLL_SECONDS)  # type: ignore[arg-type]  # takes fractions, too
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
        if batch.took_nothing:
            return
        self._last_batch = progress["batchId"]
        self.rows += batch.row_count
        self.batches += 1
        self._advance(batch.row_count)
        self._recorder.add(batch)


def _explained(error: Exception, settings: LandSettings) -> IngestionError:
    """One line for what the stream ended with."""
    text = str(error)
    if "UnknownTopicOrPartition" in text or "SaslAuthentication" in text:
        return kafka_source.explained(text, settings.kafka)
    if "KAFKA_DATA_LOSS" in text or "offset was changed" in text or "data may have been missed" in text:
        return LandingError(recreated(settings.kafka.hub, settings.checkpoint))
    reason = " ".join(text.split("JVM stacktrace:")[0].split())[:300]
    where = f"; see {settings.log}" if settings.log else ""
    if "Timeout" in text and "kafka" in text.lower():
        return HubError(f"Kafka endpoint {settings.kafka.bootstrap} stopped answering: {reason}{where}")
    return LandingError(f"landing failed: {reason}{where}")
