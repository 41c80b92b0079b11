"""Files of one event body per line: which lines can be sent, and where the others are kept."""

from __future__ import annotations

import json
import os
import select
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from ingestion.contract import not_json
from ingestion.files import Kind, check_output, replacing

_LONGEST_REASON = 200
_CHUNK_BYTES = 64 * 1024


def body_of(line: bytes) -> bytes | None:
    """A line without its end and otherwise untouched; None for a blank one."""
    body = line.removesuffix(b"\n").removesuffix(b"\r")
    return body if body.strip() else None


class Part(bytes):
    """A part of a line that is too long to be held, but its last part, which is plain bytes."""


def lines_of(stream: IO[bytes], longest: int) -> Iterator[bytes]:
    """The lines of a file with their ends; one of more than `longest` bytes in parts."""
    while line := stream.readline(longest):
        yield line if len(line) < longest or line.endswith(b"\n") else Part(line)


def arriving(descriptor: int, seconds: float, longest: int) -> Iterator[bytes | None]:
    """The lines of a pipe or terminal as they come; None whenever none came for so many seconds.

    A line of much more than `longest` bytes comes in parts.
    """
    parts: list[bytes] = []
    held = 0
    while True:
        if not select.select([descriptor], [], [], seconds)[0]:
            yield None
            continue
        chunk = os.read(descriptor, _CHUNK_BYTES)
        if not chunk:
            break
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            parts += line, b"\n"
            yield b"".join(parts)
            parts.clear()
            held = 0
        parts.append(rest)
        held += len(rest)
        if held >= longest:
            yield Part(b"".join(parts))
            parts.clear()
            held = 0
    if last := b"".join(parts):
        yield last


def malformed(body: bytes) -> str | None:
    """Why a body is not a JSON object (RFC 8259, UTF-8); None when it is one.

    Whether the object keeps the contract is not asked: such events land and are quarantined there.
    """
    try:
        value = json.loads(body.decode("utf-8"), parse_int=_skip, parse_float=_skip, parse_constant=not_json)
    except UnicodeDecodeError as error:
        return f"not UTF-8: {error.reason} at byte {error.start + 1}"
    except json.JSONDecodeError as error:
        return f"not JSON: {error.msg} at character {error.pos + 1}"
    except RecursionError:
        return "not JSON that can be read: nested too deeply"
    except ValueError as error:
        return f"not JSON: {error}"[:_LONGEST_REASON]
    if not isinstance(value, dict):
        return "not a JSON object"
    return None


def _skip(_: str) -> None:
    """Numbers are of no interest here, and those too long for Python are still JSON."""


def _holds_rejects(head: bytes) -> bool:
    """Whether a file begins with a record of a line that was rejected."""
    first, end, _ = head.partition(b"\n")
    if not end:
        # Cut short by a kill, or longer than what is looked at.
        return first.startswith(_BEGINNING) or _BEGINNING.startswith(first)
    try:
        record = json.loads(first)
    except ValueError:
        return False
    return isinstance(record, dict) and {"line", "reason"} < record.keys() <= _REJECT_FIELDS


_BEGINNING = b'{"line": '
_REJECT_FIELDS = {"line", "reason", "body", "body_base64"}

REJECTS = Kind("a file of rejected lines", _holds_rejects)


class RejectFile:
    """What could not be sent: one JSON object per line with `line`, `reason` and the body.

    The body stands under `body` as text, or under `body_base64` when it is not UTF-8. The file is made with
    the first rejected line, and what an earlier run left there makes way for it.

    Args:
        path: the file.
        after: of an earlier run the lines up to this one are kept, those that this run does not look at
            again; with infinity all are, as for input that cannot be read again.
    """

    def __init__(self, path: Path, after: float = 0) -> None:
        self.path = path
        self.count = 0
        self._after = after
        self._stream: IO[str] | None = None

    def __enter__(self) -> Self:
        """See to what an earlier run left.

        Raises:
            ConfigurationError: the file cannot be written, or is no file of rejected lines.
        """
        check_output("--rejects", self.path, REJECTS)
        if not self.path.is_file():
            return self  # A device or pipe, or nothing yet.
        if self._after:
            with self.path.open("rb") as former, replacing(self.path) as stream:
                for record in former:
                    if record.endswith(b"\n") and _line_of(record) <= self._after:
                        stream.write(record)
                        self.count += 1
        if not self.count:
            # A link stays a link.
            Path(os.path.realpath(self.path)).unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream:
            self._stream.close()

    def add(self, line: int, reason: str, body: bytes) -> None:
        """Keep one line that was not sent."""
        stream = self._open()
        record: dict[str, int | str] = {"line": line, "reason": reason}
        try:
            record["body"] = body.decode("utf-8")
        except UnicodeDecodeError:
            record["body_base64"] = b64encode(body).decode("ascii")
        stream.write(json.dumps(record, ensure_ascii=False) + "\n")
        self.count += 1

    def flush(self) -> None:
        """Hand what was added to the system, which keeps it when this process is killed."""
        if self._stream:
            self._stream.flush()

    def _open(self) -> IO[str]:
        if self._stream is None:
            self._stream = self.path.open("a", encoding="utf-8")
        return self._stream


def _line_of(record: bytes) -> float:
    """The line that a record of a reject file is about; infinity for one that cannot be read."""
    try:
        return float(json.loads(record)["line"])
    except (ValueError, LookupError, TypeError):
        return float("inf")
