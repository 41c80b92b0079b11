"""The record of micro-batches, `ops.ingest_batches`: its columns, and the SQL that creates it."""

from __future__ import annotations

from typing import NamedTuple

from ingestion.tables.table import Table

TABLE = "ingest_batches"


class Column(NamedTuple):
    """A column, its Spark SQL type and what it means."""

    name: str
    spark_type: str
    comment: str


COLUMNS = (
    Column("event_hub", "string", "Event hub the messages came from."),
    Column("ingest_batch_id", "bigint", "Number of the batch, as in bronze: rising, unique for the hub."),
    Column("checkpoint_id", "string", "Checkpoint the batch was planned in: Delta's txnAppId of its rows."),
    Column("ingester_run_id", "string", "Run of the streaming query, null when the row was found again."),
    Column(
        "partitions",
        "array<struct<partition: int, from_offset: bigint, to_offset: bigint, lag_count: bigint>>",
        "By partition: first offset, the offset after the last, and what the hub held after that.",
    ),
    Column("row_count", "bigint", "Messages that the batch landed."),
    Column("lag_count", "bigint", "Messages in the hub that had not landed yet, null when found again."),
    Column("rows_per_second", "decimal(12,1)", "Rate of the batch. Must not be summed or averaged."),
    Column("total_seconds", "decimal(12,3)", "From the start of the batch to its end."),
    Column("plan_seconds", "decimal(12,3)", "Asking the hub for offsets and planning the batch."),
    Column("write_seconds", "decimal(12,3)", "Reading the messages and writing them to bronze."),
    Column("log_seconds", "decimal(12,3)", "Writing the offsets and the end of the batch to the checkpoint."),
    Column("is_recovered", "boolean", "Found again after a crash, from bronze and the checkpoint."),
    Column(
        "started_at", "timestamp", "When the batch began (UTC), or when it wrote if nothing else is known."
    ),
    Column("recorded_at", "timestamp", "When this row was written (UTC)."),
)

DEFINITION = Table(
    TABLE,
    "Micro-batches of the landing stream: one row per batch that landed messages.",
    "How the pipeline runs.",
    COLUMNS,
    {"delta.appendOnly": "true"},
    in_ops=True,
)

ROW_TYPE = f"struct<{', '.join(f'{column.name}: {column.spark_type}' for column in COLUMNS)}>"
"""A row as a Spark SQL type."""
