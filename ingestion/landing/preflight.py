"""Before the stream starts: where it goes on, and whether going on there loses or repeats messages."""

from __future__ import annotations

import json

from ingestion.errors import LandingError
from ingestion.landing.bronze_table import BronzeTable
from ingestion.landing.checkpoint import (
    Identity,
    Progress,
    check_identity,
    new_identity,
    read_identity,
    recreated,
)
from ingestion.landing.hub_probe import Topic

EARLIEST = -2
"""How Spark's Kafka source writes the earliest offset of a partition."""


def position(
    table: BronzeTable, progress: Progress, topic: Topic, from_table: bool, recorded_to: int
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


def _check_offsets(table: BronzeTable, progress: Progress, topic: Topic) -> None:
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


def _check_not_expired(hub: str, following: dict[int, int], topic: Topic) -> None:
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
