"""The landing stream: from the hub's Kafka endpoint into the bronze table, each message exactly once.

A batch that is replayed after a crash carries the same Delta transaction (application id of the checkpoint,
batch id) as at first, so that Delta skips what it already holds.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.console.signals import StopRequest
from ingestion.errors import HubError, IngestionError, LandingError
from ingestion.landing.batch import Batch
from ingestion.landing.bronze_table import BronzeTable
from ingestion.landing.checkpoint import Progress, recreated
from ingestion.landing.follower import POLL_SECONDS, REMOTE_POLL_SECONDS, Follower
from ingestion.landing.hub_probe import describe
from ingestion.landing.kafka_source import source_options
from ingestion.landing.preflight import position
from ingestion.landing.recorder import BatchTable, Recorder
from ingestion.landing.recovery import unrecorded_batches
from ingestion.landing.spark_session import is_remote
from ingestion.landing.topic import explained, is_data_loss
from ingestion.settings import LandSettings
from ingestion.tables import order_events

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming.query import StreamingQuery


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
    warn: Callable[[str], None] = lambda _: None,
) -> Landed:
    """Land messages until all that were there at the start are (`interval` None), or until asked to stop.

    Args:
        spark: the session to run in.
        settings: hub, tables and checkpoint; the locks of `locks.locked` are the caller's to hold.
        interval: seconds between two batches; None for one pass.
        max_offsets: messages in one batch at most.
        from_table: let a new checkpoint go on after the offsets the table holds.
        stop: asks to end after the batch under way.
        advance: told the rows of each batch.
        emit: takes each batch's row of `ops.ingest_batches` as a line of JSON.
        warn: told what cannot be checked here.

    Raises:
        HubError: the hub cannot be reached, does not exist, or refuses the credentials.
        LandingError: going on would lose or repeat messages, or a table cannot be written.
    """
    hub = settings.kafka.hub
    topic = describe(spark, settings.kafka, warn)
    table, record = BronzeTable(spark, settings.bronze), BatchTable(spark, settings.bronze)
    recorded_to = record.recorded_to(hub) if record.file_count else -1
    progress = Progress(settings.checkpoint, hub)
    identity, starting_offsets = position(table, record, progress, topic, from_table, recorded_to, warn)
    options = source_options(settings.kafka, max_offsets, starting_offsets)
    recorder = Recorder(record, recorded_to, emit)

    def unrecorded() -> list[Batch]:
        return unrecorded_batches(table, record, progress, identity, recorder.taken_to)

    poll_seconds = REMOTE_POLL_SECONDS if is_remote(spark) else POLL_SECONDS
    count = partial(table.row_count, hub)
    follower = Follower(progress, identity, recorder, stop, advance, count, unrecorded, poll_seconds)
    try:
        for batch in unrecorded():
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


def _explained(error: Exception, settings: LandSettings) -> IngestionError:
    """One line for what the stream ended with."""
    text = str(error)
    if "UnknownTopicOrPartition" in text or "SaslAuthentication" in text:
        return explained(text, settings.kafka)
    if is_data_loss(text):
        return LandingError(recreated(settings.kafka.hub, settings.checkpoint))
    if "TRIGGER_NOT_SUPPORTED" in text or "Trigger type ProcessingTime is not supported" in text:
        return LandingError(
            "--trigger processing-time does not work on this compute: serverless compute runs no stream that "
            "goes on. Use --trigger available-now, in a job that runs every few minutes."
        )
    reason = " ".join(text.split("JVM stacktrace:")[0].split())[:300]
    where = f"; see {settings.log}" if settings.log else ""
    if "Timeout" in text and "kafka" in text.lower():
        return HubError(f"Kafka endpoint {settings.kafka.bootstrap} stopped answering: {reason}{where}")
    return LandingError(f"landing failed: {reason}{where}")
