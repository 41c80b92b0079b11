"""Statements and calls: who waits for whom, and whose time runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any, cast
from unittest.mock import MagicMock

import pyarrow as pa
import pytest

from emulators.warehouse.results.encoding import COLUMNS
from emulators.warehouse.results.result_set import ResultSet
from emulators.warehouse.sessions import operations as operations_module
from emulators.warehouse.sessions.operations import Operation, Operations, Request, State
from emulators.warehouse.sessions.sessions import Session

SESSION = Session(cast(Any, None), "c", "s")


def no_rows() -> ResultSet:
    return ResultSet([], pa.schema([]), [])


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Operations]:
    """All workers run statements that do not end."""
    monkeypatch.setattr(operations_module, "WORKERS", 2)
    found = Operations(MagicMock(), MagicMock())
    ended = threading.Event()

    def run() -> ResultSet:
        ended.wait(30)
        return no_rows()

    for _ in range(3):
        found.start(SESSION, Request("select slow()", COLUMNS), run)
    yield found
    ended.set()


def start(operations: Operations, seconds: float = 0, is_call: bool = False) -> Operation:
    return operations.start(SESSION, Request("x", COLUMNS, cast(int, seconds)), no_rows, is_call)


def test_calls_of_the_protocol_do_not_wait_for_statements(busy: Operations) -> None:
    assert busy.call(lambda: 1) == 1
    listed = start(busy, is_call=True)
    assert listed.wait(5)
    assert listed.state is State.FINISHED


def test_the_time_of_a_statement_runs_while_it_waits_for_others(busy: Operations) -> None:
    waiting = start(busy, seconds=0.1)
    assert waiting.wait(5)
    assert (waiting.state, waiting.error and waiting.error.sql_state) == (State.FAILED, "57KD0")


def test_a_statement_that_is_stopped_while_it_waits_never_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations_module, "WORKERS", 1)
    operations = Operations(MagicMock(), MagicMock())
    ended, ran = threading.Event(), threading.Event()

    def first() -> ResultSet:
        ended.wait(30)
        return no_rows()

    def second() -> ResultSet:
        ran.set()
        return no_rows()

    operations.start(SESSION, Request("x", COLUMNS), first)
    stopped = operations.start(SESSION, Request("x", COLUMNS, 60), second)
    operations.cancel(stopped)
    ended.set()
    last = start(operations)
    assert last.wait(5)
    assert not ran.is_set()
    assert stopped.state is State.CANCELED
    time.sleep(0.05)
    assert not [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
