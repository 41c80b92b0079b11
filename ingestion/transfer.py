"""The two ways events get to the hub: as the simulator makes them, and from a file of the user's own."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from ingestion.errors import SendError
from ingestion.faults import OVERSIZED_BYTES, Message
from ingestion.jsonlines import RejectFile, bodies, malformed
from ingestion.producer import OversizedEventError, Producer
from ingestion.simulator import Simulator
from ingestion.truth import Account

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
    never other events under the same ids.

    Args:
        simulator: the shop.
        sizes: of the chunks; a shop that has nothing more until `until` ends the work before.
        accept: the sender.
        keep: is to keep simulator and account.
        account: is told what was accepted and what was refused.
        until: virtual time at which to stop.

    Raises:
        SendError: some were not accepted; the account has those that were.
    """
    result = Simulated()
    for size in sizes:
        messages = simulator.messages(size, until)
        refused: set[int] = set()
        try:
            accept(messages, refused)
        except SendError as error:
            if account:
                account.add(_taken(messages, refused, error.accepted - result.sent), refused)
            raise
        if account:
            account.add(messages, refused)
        keep()
        result.sent += len(messages) - len(refused)
        result.refused += len(refused)
        if len(messages) < size:
            break
    return result


def _taken(messages: Sequence[Message], refused: set[int], accepted: int) -> Sequence[Message]:
    """The first messages, up to the last of so many accepted ones."""
    for position in range(len(messages)):
        if position not in refused:
            if not accepted:
                return messages[:position]
            accepted -= 1
    return messages


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


def write_all(stream: IO[bytes], messages: Iterable[Message], refused: set[int]) -> None:
    """Write one body per line, but for those that no hub would take (`Accept`)."""
    for position, message in enumerate(messages):
        body = message.body
        if len(body) > OVERSIZED_BYTES:
            refused.add(position)
        else:
            stream.write(body + b"\n")
    stream.flush()


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
