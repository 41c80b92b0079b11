"""The two ways events get to the hub: as the simulator makes them, and from a file of the user's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from ingestion.errors import SendError
from ingestion.files import Kind
from ingestion.sending.cursor import Cursor
from ingestion.sending.line_files import Part, RejectFile, body_of, malformed
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


@dataclass(frozen=True)
class Sent:
    """What became of lines: of this run's, and of all since the first line that was sent."""

    sent: int
    """Events that the hub accepted in this run."""
    resent: int
    """Events of this run that may be in the hub more than once, as an earlier answer did not come."""
    in_doubt: int
    """Events that were given up and may have arrived all the same."""
    sent_in_all: int
    resent_in_all: int
    malformed: int
    oversized: int
    next_line: int
    """The line to go on with."""

    @property
    def rejected(self) -> int:
        """Lines that were not sent."""
        return self.malformed + self.oversized


class LineSender:
    """Sends each line as it is, and keeps with every acknowledgement how far it has come.

    Args:
        rejects: takes the lines that cannot be sent.
        cursor: follows the lines.
    """

    def __init__(self, rejects: RejectFile, cursor: Cursor) -> None:
        self._rejects = rejects
        self._cursor = cursor
        self._malformed = self._oversized = self._doubtful = 0
        self._before = cursor.kept
        self._in_doubt = 0
        self._part: Part | None = None
        self._part_bytes = 0

    def sending(self, resent: int) -> None:
        """A batch with the lines so far is about to be sent."""
        self._cursor.sending(resent + self._doubtful)

    def accepted(self, count: int, resent: int) -> None:
        """The lines so far are safe."""
        self._rejects.flush()
        self._cursor.settled(
            sent=count, resent=resent + self._doubtful, malformed=self._malformed, oversized=self._oversized
        )
        self._malformed = self._oversized = self._doubtful = 0

    def send(
        self,
        producer: Producer,
        lines: Iterable[bytes | None],
        is_stopped: Callable[[], bool],
        advance: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Send lines until there are no more or `is_stopped` says so.

        Args:
            producer: the open hub; this object must be its journal.
            lines: lines with their ends; None now and then while there are none. Of a line in parts the first
                is kept, with the rejects.
            is_stopped: whether to come to an end.
            advance: told how many lines were dealt with, now and then.

        Raises:
            SendError: the hub did not accept everything.
        """
        cursor = self._cursor
        unreported = 0
        try:
            for line in lines:
                if line is None:
                    producer.flush_if_due()
                elif isinstance(line, Part):
                    self._pass_part(line)
                else:
                    self._pass_line(producer, line)
                    unreported += 1
                if unreported == CHUNK_EVENTS or line is None:
                    advance(unreported)
                    unreported = 0
                if is_stopped():
                    break
            else:
                if self._part:
                    self._pass_line(producer, b"")
                producer.flush()
                self.accepted(0, 0)
                cursor.finish()
                return
            producer.flush()
        except SendError:
            self._in_doubt = producer.in_doubt
            if not self._in_doubt:
                cursor.refused()
            raise

    @property
    def result(self) -> Sent:
        """What became of the lines so far."""
        now, before = self._cursor.kept, self._before
        return Sent(
            sent=now.sent - before.sent,
            resent=now.resent - before.resent,
            in_doubt=self._in_doubt,
            sent_in_all=now.sent,
            resent_in_all=now.resent,
            malformed=now.malformed,
            oversized=now.oversized,
            next_line=now.line + 1,
        )

    def _pass_part(self, part: Part) -> None:
        if self._part is None:
            self._part, self._part_bytes = part, 0
        self._part_bytes += len(part)
        self._cursor.passed_part(part)

    def _pass_line(self, producer: Producer, line: bytes) -> None:
        """Deal with a line, or with the last part of one."""
        cursor, first = self._cursor, self._part
        self._part = None
        if cursor.line + 1 >= cursor.kept.first_line:
            if first is None:
                self._send_line(producer, line)
            else:
                size = self._part_bytes + len(line.rstrip(b"\r\n"))
                self._reject_oversized(
                    f"{size} bytes in one line are more than the hub takes at once "
                    f"({producer.largest_bytes}); the first {len(first)} are kept here",
                    first,
                )
        cursor.passed(line)

    def _reject_oversized(self, reason: str, body: bytes) -> None:
        self._oversized += 1
        self._rejects.add(self._cursor.line + 1, reason, body)

    def _send_line(self, producer: Producer, line: bytes) -> None:
        body = body_of(line)
        if body is None:
            return
        number = self._cursor.line + 1
        if reason := malformed(body):
            self._malformed += 1
            self._rejects.add(number, reason, body)
            return
        try:
            producer.add(body)
        except OversizedEventError as error:
            self._reject_oversized(str(error), body)
            return
        self._doubtful += number <= self._cursor.doubtful_through
