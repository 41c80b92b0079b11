"""A line without an end: rejected, within bounded memory, and without harm to those around it."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from ingestion.sending.cursor import Cursor
from ingestion.sending.line_files import RejectFile, lines_of
from ingestion.sending.lines import LineSender

LONGEST = 1000


class Hub:
    """In the place of a producer: takes everything at once."""

    largest_bytes = LONGEST
    in_doubt = 0

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.journal: LineSender | None = None
        self._waiting = 0

    def add(self, body: bytes) -> None:
        self.bodies.append(body)
        self._waiting += 1

    def flush(self) -> None:
        assert self.journal
        self.journal.sending(0)
        self.journal.accepted(self._waiting, 0)
        self._waiting = 0

    flush_if_due = flush


def send(file: Path, hub: Any, first_line: int | None = None, most: int | None = None) -> dict[str, Any]:
    """Send a file; with `most`, stop after so many more of its lines and parts. Returns the summary."""
    with (
        Cursor(file.with_suffix(".cursor"), "hub", first_line) as cursor,
        file.open("rb") as stream,
    ):
        cursor.go_on(stream, str(file))
        with RejectFile(file.with_suffix(".rejected"), after=cursor.line) as rejects:
            sender = hub.journal = LineSender(rejects, cursor)
            stops = iter([False] * (most or 0))
            sender.send(hub, lines_of(stream, LONGEST), lambda: most is not None and next(stops, True))
            return vars(sender.result)


def rejected(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.with_suffix(".rejected").read_text().splitlines()]


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
@pytest.mark.parametrize("size", [LONGEST + 1, 2 * LONGEST, 5 * LONGEST + 17])
def test_it_is_rejected_with_its_size_and_its_beginning(tmp_path: Path, size: int, end: str) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text('{"a":1}\n{"b":2}\n' + "x" * size + end + ('{"c":3}\n' if end else ""))
    hub = Hub()
    result = send(file, hub)
    assert hub.bodies == [b'{"a":1}', b'{"b":2}', *([b'{"c":3}'] if end else [])]
    assert (result["oversized"], result["malformed"]) == (1, 0)
    (reject,) = rejected(file)
    assert reject["line"] == 3
    assert reject["reason"].startswith(f"{size} bytes in one line are more than the hub takes at once (1000)")
    assert reject["body"] == "x" * LONGEST


def test_lines_before_the_first_are_skipped_however_long(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text("x" * 3000 + '\n{"b":2}\n')
    hub = Hub()
    assert send(file, hub, first_line=2)["oversized"] == 0
    assert hub.bodies == [b'{"b":2}']


@pytest.mark.parametrize("most", range(6))
def test_a_run_that_stopped_anywhere_goes_on_with_a_whole_line(tmp_path: Path, most: int) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text('{"a":1}\n' + "x" * 3500 + '\n{"b":2}\n')
    hub = Hub()
    send(file, hub, most=most)
    result = send(file, hub)
    assert hub.bodies == [b'{"a":1}', b'{"b":2}']
    assert result["oversized"] == 1
    assert [each["line"] for each in rejected(file)] == [2]


def test_memory_is_bounded(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    with file.open("wb") as stream:
        stream.truncate(64 * 1024 * 1024)
        stream.seek(0, 2)
        stream.write(b'\n{"a":1}\n')
    hub = Hub()
    tracemalloc.start()
    send(file, hub)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert hub.bodies == [b'{"a":1}']
    assert peak < 1024 * 1024
