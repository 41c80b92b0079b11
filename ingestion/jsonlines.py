"""Files of one event body per line: which lines can be sent, and where the others are kept."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from ingestion.contract import not_json

_LONGEST_REASON = 200


def bodies(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, counted from 1, without their line ends and otherwise untouched."""
    for number, line in enumerate(lines, 1):
        body = line.removesuffix(b"\n").removesuffix(b"\r")
        if body.strip():
            yield number, body


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


class RejectFile:
    """What could not be sent: one JSON object per line with `line`, `reason` and the body.

    The body stands under `body` as text, or under `body_base64` when it is not UTF-8. The file is made
    with the first rejected line; one left by an earlier run is removed at the start.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._stream: IO[str] | None = None

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream:
            self._stream.close()

    def add(self, line: int, reason: str, body: bytes) -> None:
        """Keep one line that was not sent."""
        if self._stream is None:
            self._stream = self.path.open("w", encoding="utf-8")
        record: dict[str, int | str] = {"line": line, "reason": reason}
        try:
            record["body"] = body.decode("utf-8")
        except UnicodeDecodeError:
            record["body_base64"] = b64encode(body).decode("ascii")
        self._stream.write(json.dumps(record, ensure_ascii=False) + "\n")
        self.count += 1
