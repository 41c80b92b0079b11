"""Batches that landed and were not recorded, as after a crash: found in the table and the checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ingestion.landing.batch import Batch, partitions_of
from ingestion.landing.bronze_table import BronzeTable
from ingestion.landing.checkpoint import Identity, Progress, UnknownFormatError
from ingestion.landing.recorder import BatchTable


def unrecorded_batches(
    table: BronzeTable, record: BatchTable, progress: Progress, identity: Identity, recorded_to: int
) -> list[Batch]:
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
    ends = record.ends(progress.event_hub) if numbers and record.file_count else {}
    batches = []
    for number in sorted(numbers):
        batch = _recovered(number, landed.get(number, []), progress, identity, ends)
        if batch and not batch.took_nothing:
            batches.append(batch)
            ends |= {each.partition: each.to_offset for each in batch.partitions}
    return batches


def _recovered(
    number: int, rows: list[Any], progress: Progress, identity: Identity, ends: Mapping[int, int]
) -> Batch | None:
    """A batch by what it wrote and, where the checkpoint still knows, by what it was to write.

    Args:
        number: of the batch in the table.
        rows: what it wrote, as `BronzeTable.batches_after` tells it.
        progress: the checkpoint.
        identity: what the checkpoint belongs to.
        ends: where the batch before ended, by partition: offsets between there and the first message are
            marks of Kafka transactions.

    Returns:
        None where it wrote nothing, and the checkpoint does not tell.
    """
    own = number - identity.first_batch_id
    to_offsets = {int(partition): int(high) + 1 for partition, _, high, *_ in rows}
    from_offsets = {int(partition): min(int(low), ends.get(partition, low)) for partition, low, *_ in rows}
    started_at = min((row[4] for row in rows), default=None)
    if own >= 0 and (progress.checkpoint / "offsets" / str(own)).exists():
        with suppress(UnknownFormatError):  # then its rows are all that is known
            to_offsets = progress.offsets(own)
            started_at = progress.planned_at(own)
            # Where it began Spark may no longer keep.
            from_offsets = progress.from_offsets(own) or (to_offsets | dict(ends) | from_offsets)
    if started_at is None:
        return None
    return Batch(
        progress.event_hub,
        number,
        identity.app_id if own >= 0 else None,
        partitions_of(from_offsets, to_offsets),
        sum(row[3] for row in rows),
        started_at,
    )
