"""The bronze table of order events: its columns, where they come from, and the SQL that creates it."""

from __future__ import annotations

from typing import NamedTuple

from ingestion import tables

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
    BronzeColumn("key", "binary", "key", "Partition key of the message, if any."),
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


def select_expressions() -> list[str]:
    """SQL expressions that turn rows of Spark's Kafka source into rows of the table.

    `{batch_id}` stands in them for the number of the micro-batch, for `str.format` to fill in.
    """
    return [f"cast({column.source} as {column.spark_type}) as `{column.name}`" for column in COLUMNS]


def table_name(catalog: str | None, schema: str) -> str:
    """The table's name in SQL, quoted."""
    return tables.name(catalog, schema, TABLE)


def table_path(path: str) -> str:
    """The table's folder under the folder of the ingester's tables."""
    return tables.path(path, TABLE)


def bootstrap_statements(catalog: str | None, schema: str, path: str | None) -> list[str]:
    """Statements that create the schema and the empty table where they are missing.

    Args:
        catalog: catalog of the schema; the session's own without it.
        schema: schema of the bronze tables.
        path: folder of the ingester's tables; without it the catalog decides (managed tables).
    """
    return [
        tables.create_schema_statement(catalog, schema, "Landed messages, untouched."),
        create_table_statement(table_name(catalog, schema), table_path(path) if path else None),
    ]


def create_table_statement(name: str, location: str | None) -> str:
    """The statement that creates the empty table `name` where it is missing."""
    return tables.create_table_statement(
        name,
        [(column.name, column.spark_type, column.comment) for column in COLUMNS],
        "Order events as landed: one row per delivered message, append only.",
        {"delta.appendOnly": "true"},
        location,
    )
