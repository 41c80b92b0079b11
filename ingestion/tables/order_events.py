"""The bronze table of order events: its columns, where they come from, and the SQL that creates it."""

from __future__ import annotations

from typing import NamedTuple

from ingestion.tables.table import Table

TABLE = "order_events"


class BronzeColumn(NamedTuple):
    """A column, its Spark SQL type, what it is in Spark's Kafka source, and what it means."""

    name: str
    spark_type: str
    source: str
    comment: str


COLUMNS = (
    BronzeColumn("body", "binary", "value", "The message as received, byte for byte."),
    BronzeColumn("event_hub", "string", "topic", "Event hub the message came from."),
    BronzeColumn("partition", "int", "partition", "Partition of the hub."),
    BronzeColumn("offset", "bigint", "offset", "Kafka offset: the sequence number in the partition."),
    BronzeColumn("enqueued_at", "timestamp", "timestamp", "When the hub took the message (UTC)."),
    BronzeColumn("key", "binary", "key", "Key of a Kafka producer, if any: AMQP events have none."),
    BronzeColumn(
        "headers",
        "array<struct<key: string, value: binary>>",
        "headers",
        "Application properties of the message, their values as encoded by the sender's protocol.",
    ),
    BronzeColumn("ingested_at", "timestamp", "current_timestamp()", "When the ingester wrote the row (UTC)."),
    BronzeColumn(
        "ingest_batch_id", "bigint", "{batch_id}", "Micro-batch of the ingester that wrote the row."
    ),
)
"""Nothing is parsed, and no column is required: a message that is not JSON still lands."""

DEFINITION = Table(
    TABLE,
    "Order events as landed: one row per delivered message, append only.",
    "Landed messages, untouched.",
    tuple((column.name, column.spark_type, column.comment) for column in COLUMNS),
    {"delta.appendOnly": "true"},
)


def select_expressions() -> list[str]:
    """SQL expressions that turn rows of Spark's Kafka source into rows of the table.

    `{batch_id}` stands in them for the number of the micro-batch, for `str.format` to fill in.
    """
    return [f"cast({column.source} as {column.spark_type}) as `{column.name}`" for column in COLUMNS]
