"""The landing stream: from the hub's Kafka endpoint into the bronze table, each message exactly once.

A batch that is replayed after a crash carries the same Delta transaction (application id of the checkpoint,
batch id) as at first, so that Delta skips what it already holds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion import bronze, kafka
from ingestion.checkpoint import (
    Identity,
    check_identity,
    new_identity,
    planned_offsets,
    read_identity,
    recreated,
)
from ingestion.errors import HubError, IngestionError, LandingError
from ingestion.settings import BronzeSettings, LandSettings
from ingestion.signals import StopRequest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming.query import StreamingQuery

EARLIEST = -2
"""How Spark's Kafka source writes the earliest offset of a partition."""

POLL_SECONDS = 0.1
ATTEMPTS = 10
"""How often a batch is written while someone changes the table's properties."""

STOP_SECONDS = 30.0
"""How long a batch under way may take to finish after a request to stop."""


@dataclass(frozen=True)
class Landed:
    """What one run added to the bronze table."""

    table: str
    rows: int
    batches: int


def run(
    spark: SparkSession,
    settings: LandSettings,
    interval: float | None,
    max_offsets: int,
    from_table: bool,
    stop: StopRequest,
    advance: Callable[[int], None] = lambda _: None,
) -> Landed:
    """Land messages until all that were there at the start are (`interval` None), or until asked to stop.

    Args:
        spark: the session to run in.
        settings: hub, table and checkpoint; `checkpoint.exclusive` is the caller's to hold.
        interval: seconds between two batches; None for one pass.
        max_offsets: messages in one batch at most.
        from_table: let a new checkpoint go on after the offsets the table holds.
        stop: asks to end after the batch under way.
        advance: told the rows of each batch.

    Raises:
        HubError: the hub cannot be reached, does not exist, or refuses the credentials.
        LandingError: going on would lose or repeat messages, or the table cannot be written.
    """
    topic = kafka.describe(spark, settings.kafka)
    table = BronzeTable(spark, settings.bronze)
    app_id, starting_offsets = _position(table, settings, topic, from_table)
    options = kafka.source_options(settings.kafka, max_offsets, starting_offsets)
    try:
        query = _start(spark, options, table.batch_writer(app_id), settings.checkpoint, interval)
        rows, batches = _follow(query, stop, advance)
    except Exception as error:
        raise _explained(error, settings) from error
    return Landed(table.label, rows, batches)


class BronzeTable:
    """The bronze table: by path on a laptop, where the warehouse owns the catalog, by name on Databricks."""

    def __init__(self, spark: SparkSession, settings: BronzeSettings) -> None:
        """Find the table; a missing folder is made, a missing name is the owner's to create."""
        self._spark = spark
        self._path = bronze.table_path(settings.path) if settings.path else None
        if self._path:
            self.name = f"delta.`{self._path}`"
            if not (Path(self._path) / "_delta_log").is_dir():
                spark.sql(bronze.create_table_statement(self.name, None))
        else:
            self.name = bronze.table_name(settings.catalog, settings.schema)
            if not spark.catalog.tableExists(self.name):
                raise LandingError(
                    f"table {self.name} does not exist, or may not be read: run the statements that "
                    "`python -m ingestion bootstrap` prints."
                )

    @property
    def label(self) -> str:
        """What to call the table when speaking to a person."""
        return self._path or self.name.replace("`", "")

    @property
    def table_id(self) -> str:
        """Delta's own id of the table: a table that is dropped and made anew has another one."""
        return str(self._spark.sql(f"describe detail {self.name}").select("id").collect()[0][0])

    def next_offsets(self, event_hub: str) -> dict[str, int]:
        """The offset after the highest one held, by partition of the hub."""
        rows = (
            self._spark.table(self.name)
            .where(f"event_hub = '{event_hub}'")
            .groupBy("partition")
            .agg({"offset": "max"})
            .collect()
        )
        return {str(row[0]): row[1] + 1 for row in rows}

    def is_ahead_of(self, event_hub: str, offsets: dict[str, int]) -> bool:
        """Whether the table holds messages at or after these offsets by partition, or of other partitions."""
        behind = "".join(
            f" and not (`partition` = {partition} and `offset` < {end})" for partition, end in offsets.items()
        )
        rows = self._spark.table(self.name).where(f"event_hub = '{event_hub}'{behind}")
        return bool(rows.select("offset").limit(1).collect())

    def batch_writer(self, app_id: str) -> Callable[[DataFrame, int], None]:
        """What writes one micro-batch, once, however often it is tried.

        It holds plain strings and nothing else: with Spark Connect it runs in a process on the server.
        """
        path, name, expressions, attempts = self._path, self.name, bronze.select_expressions(), ATTEMPTS

        def write(batch: DataFrame, batch_id: int) -> None:
            writer = (
                batch.selectExpr(*(each.format(batch_id=batch_id) for each in expressions))
                .write.format("delta")
                .mode("append")
                .option("txnAppId", app_id)
                .option("txnVersion", str(batch_id))
            )
            for attempt in range(attempts):
                try:
                    if path:
                        writer.save(path)
                    else:
                        writer.saveAsTable(name)
                    break
                except Exception as error:
                    # A property of the table changed since the batch began, as while a customer is
                    # erased: nothing was written, and by its transaction it is written but once.
                    if "DELTA_METADATA_CHANGED" not in str(error) or attempt + 1 == attempts:
                        raise

        return write


def _position(
    table: BronzeTable, settings: LandSettings, topic: kafka.Topic, from_table: bool
) -> tuple[str, str]:
    """The Delta application id to write under, and where a stream without progress starts."""
    hub, checkpoint = settings.kafka.hub, settings.checkpoint
    table_id = table.table_id
    kept = read_identity(checkpoint)
    planned = planned_offsets(checkpoint, hub)
    if kept and planned:
        check_identity(checkpoint, kept, Identity(kept.app_id, table_id, hub, topic.topic_id), table.label)
        # Delta skips batch numbers it has seen: going on from an old copy would lose messages.
        if table.is_ahead_of(hub, planned):
            raise LandingError(
                f"checkpoint {checkpoint} is older than what {table.label} holds (was it restored?): "
                "delete it and go on after the rows of the table with --from-table."
            )
        return kept.app_id, "earliest"
    is_filled = table.is_ahead_of(hub, {})
    if is_filled and not from_table:
        raise LandingError(
            f"checkpoint {checkpoint} is new, but {table.label} already holds messages of hub {hub!r}: "
            "landing would repeat them. Restore the checkpoint, or go on after those rows with --from-table."
        )
    identity = new_identity(checkpoint, table_id, hub, topic.topic_id)
    if not is_filled:
        return identity.app_id, "earliest"
    earliest = {str(partition): EARLIEST for partition in topic.partitions}
    return identity.app_id, json.dumps({hub: earliest | table.next_offsets(hub)})


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
        .writeStream.queryName(f"land {bronze.TABLE}")
        .option("checkpointLocation", str(checkpoint))
        .foreachBatch(write)
    )
    if interval is None:
        return writer.trigger(availableNow=True).start()
    return writer.trigger(processingTime=f"{round(interval * 1000)} milliseconds").start()


def _follow(query: StreamingQuery, stop: StopRequest, advance: Callable[[int], None]) -> tuple[int, int]:
    """Wait for the query to end, or end it between two batches; counts rows and batches."""
    rows = batches = 0
    last_batch = -1

    def count() -> None:
        nonlocal rows, batches, last_batch
        progress = query.lastProgress
        if progress is None or progress["batchId"] <= last_batch:
            return
        # Each report is many calls into the JVM: fetch the older ones only when some were missed.
        missed = progress["batchId"] != last_batch + 1
        for each in query.recentProgress if missed else [progress]:
            if each["batchId"] > last_batch:
                last_batch = each["batchId"]
                rows += each["numInputRows"]
                batches += each["numInputRows"] > 0
                advance(each["numInputRows"])

    deadline: float | None = None
    while query.isActive:
        count()
        if stop.requested:
            deadline = deadline or time.monotonic() + STOP_SECONDS
            status = query.status
            is_busy = status["isTriggerActive"] and status["isDataAvailable"]
            if not is_busy or time.monotonic() > deadline:
                query.stop()
        time.sleep(POLL_SECONDS)
    query.awaitTermination()
    count()
    return rows, batches


def _explained(error: Exception, settings: LandSettings) -> IngestionError:
    """One line for what the stream ended with."""
    text = str(error)
    if "UnknownTopicOrPartition" in text or "SaslAuthentication" in text:
        return kafka.explained(text, settings.kafka)
    if "KAFKA_DATA_LOSS" in text or "offset was changed" in text or "data may have been missed" in text:
        return LandingError(recreated(settings.kafka.hub, settings.checkpoint))
    reason = " ".join(text.split("JVM stacktrace:")[0].split())[:300]
    where = f"; see {settings.log}" if settings.log else ""
    if "Timeout" in text and "kafka" in text.lower():
        return HubError(f"Kafka endpoint {settings.kafka.bootstrap} stopped answering: {reason}{where}")
    return LandingError(f"landing failed: {reason}{where}")
