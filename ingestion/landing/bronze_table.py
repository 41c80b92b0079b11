"""The bronze table: what it holds of a hub, and what writes a micro-batch into it, once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from ingestion.landing.checkpoint import Identity
from ingestion.landing.delta_table import DeltaTable, appender
from ingestion.tables import order_events

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class BronzeTable(DeltaTable):
    """The bronze table."""

    definition = order_events.DEFINITION

    def next_offsets(self, event_hub: str) -> dict[int, int]:
        """The offset after the highest one held, by partition of the hub."""
        rows = self.of(event_hub).groupBy("partition").agg({"offset": "max"}).collect()
        return {int(row[0]): int(row[1]) + 1 for row in rows}

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
        found = self.of(event_hub)
        for partition, end in offsets.items():
            found = found.where(f"not (`partition` = {partition} and `offset` < {end - 1})")
        return _latest(found)

    def latest(self, event_hub: str, partitions: Collection[int]) -> dict[int, tuple[int, int]]:
        """The latest message held of these partitions, as `tail` tells it; reads all that is held of them."""
        from pyspark.sql.functions import col

        return _latest(self.of(event_hub).where(col("partition").isin(list(partitions))))

    def row_count(self, event_hub: str, batch_id: int) -> int:
        """How many messages of a batch the table holds."""
        return self.of(event_hub).where(f"ingest_batch_id = {batch_id}").count()

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

        It uses nothing of this package: with Spark Connect it runs in a process on the server, as what
        `appender` gives.
        """
        append, expressions = appender(self.path, self.name), order_events.select_expressions()
        app_id, first_batch_id = identity.app_id, identity.first_batch_id

        def write(batch: DataFrame, batch_id: int) -> None:
            rows = batch.selectExpr(
                *(each.format(batch_id=first_batch_id + batch_id) for each in expressions)
            )
            transaction = {"txnAppId": app_id, "txnVersion": str(batch_id)}
            append(rows.write.options(**transaction))

        return write


def _latest(rows: DataFrame) -> dict[int, tuple[int, int]]:
    """Offset and time of arrival, in milliseconds since the epoch, of the last row of each partition."""
    from pyspark.sql.functions import expr

    found = rows.groupBy("partition").agg(
        expr("max(offset)"), expr("unix_millis(max_by(enqueued_at, offset))")
    )
    return {int(row[0]): (int(row[1]), int(row[2])) for row in found.collect()}
