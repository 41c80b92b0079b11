"""Batches that landed and were not recorded, as after a crash: found in the table and the checkpoint."""

from __future__ import annotations

from typing import Any

from ingestion.landing.batch import Batch, partitions_of
from ingestion.landing.bronze_table import BronzeTable
from ingestion.landing.checkpoint import Identity, Progress


def unrecorded_batches(
    table: BronzeTable, progress: Progress, identity: Identity, recorded_to: int
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
