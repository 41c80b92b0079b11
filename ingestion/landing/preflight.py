"""Before the stream starts: where it goes on, and whether going on there loses or repeats messages."""

from __future__ import annotations

import json
from collections.abc import Callable

from ingestion.errors import LandingError
from ingestion.landing.bronze_table import BronzeTable
from ingestion.landing.checkpoint import (
    Identity,
    Progress,
    UnknownFormatError,
    check_identity,
    new_identity,
    read_identity,
    recreated,
)
from ingestion.landing.recorder import BatchTable
from ingestion.landing.topic import Topic

EARLIEST = -2
"""How Spark's Kafka source writes the earliest offset of a partition."""


def position(
    table: BronzeTable,
    record: BatchTable,
    progress: Progress,
    topic: Topic,
    from_table: bool,
    recorded_to: int,
    warn: Callable[[str], None],
) -> tuple[Identity, str]:
    """Under which identity to write, and where a stream without progress starts.

    Args:
        table: where messages land.
        record: where batches are recorded.
        progress: the checkpoint.
        topic: what the hub says of itself.
        from_table: let a new checkpoint go on after what the table holds.
        recorded_to: the highest number of a recorded batch of the hub, -1 for none.
        warn: told what could not be checked.

    Raises:
        LandingError: going on would lose or repeat messages.
    """
    hub, checkpoint = progress.event_hub, progress.checkpoint
    kept = read_identity(checkpoint)
    if kept and progress.planned is not None:
        now = Identity(kept.app_id, table.table_id, hub, topic.topic_id, kept.first_batch_id)
        check_identity(checkpoint, kept, now, table.label)
        try:
            progress.check()
            _check_offsets(table, progress, topic)
        except UnknownFormatError as error:
            warn(f"{error}: its offsets are not compared with the table and the hub before landing.")
            _check_number(table, progress, kept)
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
    following = _following(table, record, hub)
    _check_not_expired(hub, following, topic)
    return identity, json.dumps({hub: dict.fromkeys(topic.partitions, EARLIEST) | following})


def _following(table: BronzeTable, record: BatchTable, hub: str) -> dict[int, int]:
    """The offset after the last one that is landed, by partition.

    Offsets after the last message may be marks of Kafka transactions: the record knows how far batches came,
    if it speaks of this table and not of one that was there before.
    """
    following = table.next_offsets(hub)
    latest = record.latest_with_rows(hub) if record.file_count else None
    if latest is not None and table.row_count(hub, latest):
        for partition, end in record.ends(hub).items():
            following[partition] = max(end, following.get(partition, 0))
    return following


def _check_offsets(table: BronzeTable, progress: Progress, topic: Topic) -> None:
    """See to it that hub, checkpoint and table speak of the same messages, none of which is gone."""
    hub, latest = progress.event_hub, progress.planned
    assert latest is not None  # noqa: S101 - the caller asked
    planned = progress.offsets(latest)
    # What the last batch that ended landed, and a later batch may have.
    done = planned if latest in progress.committed else progress.from_offsets(latest) or {}
    tail = table.tail(hub, done)
    if any(offset >= planned.get(partition, 0) for partition, (offset, _) in tail.items()):
        raise _older(table, progress)
    unseen = [partition for partition, end in done.items() if end > 0 and partition not in tail]
    if unseen and not topic.topic_id:
        # Their last offset is no message, but the mark of a Kafka transaction, or has expired.
        tail |= table.latest(hub, unseen)
    for partition, (offset, enqueued_at_ms) in tail.items():
        oldest = topic.partitions.get(partition)
        is_younger = oldest and oldest.enqueued_at_ms is not None and oldest.enqueued_at_ms > enqueued_at_ms
        # Offsets only rise, and so does time: what comes before a message is not younger.
        if oldest and oldest.offset is not None and oldest.offset <= offset and is_younger:
            raise LandingError(recreated(hub, progress.checkpoint))
    _check_not_expired(hub, done, topic)


def _check_number(table: BronzeTable, progress: Progress, identity: Identity) -> None:
    """See to it that the table holds no later batch than the checkpoint planned."""
    latest = progress.planned
    assert latest is not None  # noqa: S101 - the caller asked
    if table.file_count and table.batches_after(progress.event_hub, identity.first_batch_id + latest):
        raise _older(table, progress)


def _older(table: BronzeTable, progress: Progress) -> LandingError:
    # Delta skips batch numbers it has seen: going on from an old copy would lose messages.
    return LandingError(
        f"checkpoint {progress.checkpoint} is older than what {table.label} holds (was it restored, or did "
        "another ingester land the same hub?): delete it and go on after the rows of the table with "
        "--from-table."
    )


def _check_not_expired(hub: str, following: dict[int, int], topic: Topic) -> None:
    """See to it that the hub still holds what is to be landed next."""
    doubtful = {}
    for partition, offset in following.items():
        oldest = topic.partitions.get(partition)
        if oldest and (oldest.offset is None or oldest.offset > offset):
            doubtful[partition] = offset
    gone = []
    for partition in sorted(topic.gone(doubtful)) if doubtful else []:
        begins = topic.partitions[partition].offset
        end = "the end" if begins is None else begins - 1
        gone.append(f"{following[partition]} to {end} of partition {partition}")
    if gone:
        raise LandingError(
            f"hub {hub!r} no longer holds offsets {', '.join(gone)}: they expired before they were landed. "
            "Nothing was written. See 'Messages expired' in docs/operations.md."
        )
