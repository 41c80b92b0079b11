"""From the lines of a file to the hub, each as it is: how far it has come, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ingestion.errors import SendError
from ingestion.sending.cursor import Cursor
from ingestion.sending.line_files import Part, RejectFile, body_of, malformed
from ingestion.sending.producer import OversizedEventError, Producer

REPORTED_LINES = 5000
"""Lines between two reports of how many were dealt with."""


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
                if unreported == REPORTED_LINES or line is None:
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
