"""From the simulator to the hub, or to a file: in chunks, at a pace, with an account of what was accepted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from ingestion.errors import SendError
from ingestion.files import Kind
from ingestion.sending.producer import OversizedEventError, Producer
from ingestion.simulation.account import Account
from ingestion.simulation.faults import OVERSIZED_BYTES, Message
from ingestion.simulation.simulator import Simulator

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


@dataclass
class Simulated:
    """What became of simulated messages."""

    sent: int = 0
    refused: int = 0

    @property
    def made(self) -> int:
        """Messages that were handed to the sender."""
        return self.sent + self.refused


Accept = Callable[[Sequence[Message], set[int]], None]
"""Takes messages over, and puts the positions of those that are too large into the set."""


def simulate(
    simulator: Simulator,
    sizes: Iterable[int],
    accept: Accept,
    keep: Callable[[], None],
    account: Account | None = None,
    until: datetime | None = None,
) -> Simulated:
    """Take messages in chunks; after a chunk was accepted, keep where the simulator stands.

    In this order a crash in between sends the same messages again: copies, which share their event_id, but
    never other events under the same ids. When sending fails, what was not accepted is the first that a
    resumed shop sends.

    Args:
        simulator: the shop.
        sizes: of the chunks; a shop that has nothing more until `until` ends the work before.
        accept: the sender.
        keep: is to keep simulator and account.
        account: is told what was accepted and what was refused.
        until: virtual time at which to stop.

    Raises:
        SendError: some were not accepted; the account has those that were, and what is kept goes on with
            the first that was not.
    """
    result = Simulated()
    for size in sizes:
        messages = simulator.messages(size, until)
        refused: set[int] = set()
        try:
            accept(messages, refused)
        except SendError as error:
            count = _taken(len(messages), refused, error.accepted - result.sent)
            if account:
                account.add(messages[:count], refused)
            simulator.give_back(messages[count:])
            keep()
            raise
        if account:
            account.add(messages, refused)
        keep()
        result.sent += len(messages) - len(refused)
        result.refused += len(refused)
        if len(messages) < size:
            break
    return result


def _taken(count: int, refused: set[int], accepted: int) -> int:
    """How many of the first messages are dealt with when so many were accepted, not counting the refused."""
    for position in range(count):
        if position not in refused:
            if not accepted:
                return position
            accepted -= 1
    return count


def send_all(producer: Producer, messages: Iterable[Message], refused: set[int]) -> None:
    """Send messages and wait until all are accepted, but for those that are too large (`Accept`).

    Raises:
        SendError: some were not.
    """
    for position, message in enumerate(messages):
        try:
            producer.add(message.body)
        except OversizedEventError:
            refused.add(position)
    producer.flush()


def _holds_events(head: bytes) -> bool:
    """Whether a line begins as the simulator's events do, whatever fault befell it."""
    # What is broken is quotes, or bytes that no UTF-8 holds.
    lines = head.replace(b"'", b'"').decode("ascii", "ignore").split()
    if any(line.startswith(_BEGINNING) for line in lines):
        return True
    return len(lines) == 1 and _BEGINNING.startswith(lines[0])


_BEGINNING = '{"event_id":"'

EVENTS = Kind("a file of simulated events", _holds_events)


def write_all(stream: IO[bytes], messages: Iterable[Message], refused: set[int]) -> None:
    """Write one body per line, but for those that no hub would take (`Accept`)."""
    for position, message in enumerate(messages):
        body = message.body
        if len(body) > OVERSIZED_BYTES:
            refused.add(position)
        else:
            stream.write(body + b"\n")
    stream.flush()
