"""The two ways events get to the hub: as the simulator makes them, and from a file of the user's own."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ingestion.errors import SendError
from ingestion.jsonlines import RejectFile, bodies, malformed
from ingestion.producer import OversizedEventError, Producer
from ingestion.simulator import Simulator

CHUNK_EVENTS = 5000
"""Events between two durable positions when nothing paces them."""

TICK_SECONDS = 0.2
"""How often paced events go out."""


def chunk_sizes(
    total: int | None,
    rate: float | None,
    wait: Callable[[float], bool],
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[int]:
    """How many events to make next, until `total` is reached (never, when None) or `wait` says stop.

    Args:
        total: events in all.
        rate: events per second by the wall clock; as fast as they are taken when None.
        wait: sleeps for that many seconds at most; returns whether to stop.
        clock: seconds that never go back.
    """
    made = 0
    began = clock()
    while total is None or made < total:
        size = CHUNK_EVENTS if total is None else min(CHUNK_EVENTS, total - made)
        pause = 0.0
        if rate is not None:
            due = int((clock() - began) * rate) + 1 - made
            # Enough for one tick: a batch per event would cost more than the event.
            if due < min(size, rate * TICK_SECONDS):
                size, pause = 0, TICK_SECONDS
            size = min(size, due)
        if size:
            yield size
            made += size
        if wait(pause):
            return


def simulate(
    simulator: Simulator,
    sizes: Iterable[int],
    accept: Callable[[list[bytes]], None],
    keep: Callable[[], None],
) -> int:
    """Take events in chunks; after a chunk was accepted, keep where the simulator stands. Returns the count.

    In this order a crash in between sends the same events again: copies, which share their event_id, but
    never other events under the same ids.
    """
    count = 0
    for size in sizes:
        events = simulator.take(size)
        accept(events)
        keep()
        count += size
    return count


def send_all(producer: Producer, events: Iterable[bytes]) -> None:
    """Send events and wait until all are accepted.

    Raises:
        SendError: some were not.
    """
    for event in events:
        producer.add(event)
    producer.flush()


@dataclass(frozen=True)
class Sent:
    """What became of the lines of a file."""

    sent: int
    malformed: int
    oversized: int

    @property
    def rejected(self) -> int:
        """Lines that were not sent."""
        return self.malformed + self.oversized


def send_lines(
    producer: Producer,
    lines: Iterable[bytes],
    rejects: RejectFile,
    first_line: int = 1,
    advance: Callable[[int], None] = lambda _: None,
) -> Sent:
    """Send each line as it is; lines that cannot be sent go to the reject file.

    Args:
        producer: the open hub.
        lines: lines with their ends, the first of the file first.
        rejects: takes what cannot be sent.
        first_line: lines before this one are skipped (to go on after an interruption).
        advance: told how many lines were dealt with, now and then.

    Raises:
        SendError: the hub did not accept everything; the message says from which line to go on.
    """
    malformed_count = oversized_count = unreported = 0
    added = array("Q")
    try:
        for number, body in bodies(lines):
            if number < first_line:
                continue
            reason = malformed(body)
            if reason is None:
                try:
                    producer.add(body)
                    added.append(number)
                except OversizedEventError as error:
                    oversized_count += 1
                    rejects.add(number, str(error), body)
            else:
                malformed_count += 1
                rejects.add(number, reason, body)
            unreported += 1
            if unreported == CHUNK_EVENTS:
                advance(unreported)
                unreported = 0
        producer.flush()
    except SendError as error:
        # The body that was being added when its predecessors failed is not in `added`, nor accepted.
        following = added[error.accepted] if error.accepted < len(added) else number
        raise SendError(f"{error} Go on with --from-line {following}.", error.accepted) from error
    return Sent(producer.accepted, malformed_count, oversized_count)
