"""How far the lines of a file have been sent: kept beside the file until all of them are."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from ingestion.errors import ConfigurationError, SendError

RECORD_BYTES = 1024
"""Size of the file. Overwritten in place, in one write: a kill leaves the old record or the new one."""

_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Record:
    """What is kept; counts are of all runs since the first line that was sent."""

    hub: str
    """Host and hub that the lines went to."""
    first_line: int
    """With which line sending began, counted from 1."""
    line: int = 0
    """So many lines were dealt with: accepted, or rejected as no event."""
    offset: int = 0
    """Bytes of those lines."""
    sha256: str = sha256().hexdigest()
    """Digest of those bytes."""
    under_way: int = 0
    """Last line that was sent, acknowledged or not."""
    sent: int = 0
    resent: int = 0
    malformed: int = 0
    oversized: int = 0


class Cursor:
    """Follows the lines of one input; with a path it is kept there, before and after every batch.

    Args:
        path: the cursor's file; None follows without keeping, for input that cannot be read again.
        hub: what the lines are sent to.
        first_line: the line to begin with; None goes on where an interrupted run stopped, if one did.
        restart: begin anew, whatever was kept.
    """

    def __init__(
        self, path: Path | None, hub: str, first_line: int | None = None, restart: bool = False
    ) -> None:
        self._path = path
        self._stream: IO[bytes] | None = None
        self._wanted = (hub, first_line, restart)
        self._digest = sha256()
        self._part = sha256()
        self._part_bytes = 0
        self.kept = self._settled = Record(hub, first_line or 1)
        self.doubtful_through = 0
        """Lines up to here were sent by a run that ended before it knew whether they arrived."""
        self.line = 0
        """Lines that were passed, acknowledged or not."""
        self.offset = 0

    def __enter__(self) -> Self:
        """Take the cursor for this process.

        Raises:
            ConfigurationError: it cannot be written, is no cursor, or belongs to another hub.
            SendError: another process sends the same file.
        """
        if self._path is None:
            return self
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o644)
        except OSError as error:
            raise ConfigurationError(
                f"cannot write the cursor {self._path}: {error.strerror}. Say where to keep it with --cursor."
            ) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise ConfigurationError(
                f"cannot keep the cursor in {self._path}, a device or pipe: name a file with --cursor."
            )
        self._stream = os.fdopen(descriptor, "r+b", buffering=0)
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._stream.close()
            raise SendError(f"another process is sending with {self._path}: wait until it ends.", 0) from None
        try:
            self._read()
        except BaseException:
            self._stream.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream and self._path:
            if not self.kept.line and not self.kept.under_way:
                _delete(self._path)
            self._stream.close()

    def go_on(self, stream: IO[bytes], name: str) -> None:
        """Put a file where the next line is to be read, after seeing that it is still the same up to there.

        Raises:
            ConfigurationError: it is not.
        """
        left = self.kept.offset
        while left and (chunk := stream.read(min(left, _CHUNK_BYTES))):
            self._digest.update(chunk)
            left -= len(chunk)
        if left or self._digest.hexdigest() != self.kept.sha256:
            raise ConfigurationError(
                f"{name} is not what it was when sending was interrupted after line {self.kept.line}: begin "
                "anew with --restart, or choose the line with --from-line."
            )
        self.line, self.offset = self.kept.line, self.kept.offset

    def passed(self, line: bytes) -> None:
        """Take note of a line, or its last part, with its end: it was sent, rejected or skipped."""
        if self._part_bytes:
            self._digest = self._part
            self.offset += self._part_bytes
            self._part_bytes = 0
        self.line += 1
        self.offset += len(line)
        self._digest.update(line)

    def passed_part(self, part: bytes) -> None:
        """Take note of a part of a line, but its last: a run that goes on begins with the whole line."""
        if not self._part_bytes:
            self._part = self._digest.copy()
        self._part.update(part)
        self._part_bytes += len(part)

    def sending(self, resent: int) -> None:
        """What was passed is about to be sent, so many events of it not for the first time."""
        self._keep(self._moved(resent=self._settled.resent + resent))

    def settled(self, *, sent: int, resent: int, malformed: int, oversized: int) -> None:
        """What was passed is safe; the counts are of the lines since the last time."""
        before = self._settled
        self._settled = self._moved(
            line=self.line,
            offset=self.offset,
            sha256=self._digest.hexdigest(),
            sent=before.sent + sent,
            resent=before.resent + resent,
            malformed=before.malformed + malformed,
            oversized=before.oversized + oversized,
        )
        self._keep(self._settled)

    def refused(self) -> None:
        """What was about to be sent is known not to have arrived."""
        self._keep(self._settled)

    def finish(self) -> None:
        """Everything was sent: the next run begins anew."""
        if self._path:
            _delete(self._path)

    def _read(self) -> None:
        assert self._stream is not None  # noqa: S101  # it was just opened
        hub, first_line, restart = self._wanted
        text = self._stream.read(RECORD_BYTES)
        if not text:
            return
        try:
            values = json.loads(text)
            record = Record(**{each.name: values[each.name] for each in fields(Record)})
        except (ValueError, TypeError, LookupError) as error:
            raise ConfigurationError(
                f"{self._path} is there and not a cursor ({error!r}): name another file with --cursor, or "
                "move it away."
            ) from error
        if restart:
            return
        if first_line not in (None, record.first_line):
            return
        if record.hub != hub:
            raise ConfigurationError(
                f"{self._path} stands for {record.hub!r}, not for {hub!r}: begin anew with --restart."
            )
        self.kept = self._settled = record
        self.doubtful_through = record.under_way

    def _moved(self, **changes: Any) -> Record:
        """The latest settled record with changes, when all that was passed has been sent."""
        return replace(self._settled, under_way=max(self.line, self.doubtful_through), **changes)

    def _keep(self, record: Record) -> None:
        self.kept = record
        if self._stream:
            # Of the same length whatever it says, so that nothing of an older record shows through.
            text = json.dumps(asdict(record)).encode()
            os.pwrite(self._stream.fileno(), text.ljust(RECORD_BYTES - 1) + b"\n", 0)


def _delete(path: Path) -> None:
    """Delete a file; a link that leads to it stays."""
    Path(os.path.realpath(path)).unlink(missing_ok=True)
