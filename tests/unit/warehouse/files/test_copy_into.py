from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from types import SimpleNamespace
from typing import cast
from unittest.mock import MagicMock

import pytest

from emulators.warehouse import cancellation
from emulators.warehouse.catalog.locks import RelationLocks
from emulators.warehouse.errors import SqlError
from emulators.warehouse.files.copy_into import Copies
from emulators.warehouse.sql.statements import CopyInto, recognise

COPY = cast(CopyInto, recognise("copy into s.t from '/files' fileformat = csv"))
WHERE = ("s", "t")


def copies() -> Copies:
    """Of a warehouse with one table, no Delta table: a copy ends as soon as it looks at it."""
    relation = SimpleNamespace(schema="s", name="t", location="/t", is_delta=False)
    catalog = MagicMock(locks=RelationLocks())
    catalog.resolve = lambda name, session: WHERE
    catalog.get = MagicMock(return_value=relation)
    return Copies(catalog, MagicMock())


def test_a_copy_waits_for_who_makes_its_table_anew_and_then_looks_at_it() -> None:
    found = copies()
    with ThreadPoolExecutor(1) as pool:
        with found._catalog.locks.held(WHERE):
            waiting = pool.submit(found.run, COPY, MagicMock())
            with pytest.raises(TimeoutError):
                waiting.result(0.5)
            cast(MagicMock, found._catalog.get).assert_not_called()
        with pytest.raises(SqlError, match="must be a Delta table"):
            waiting.result(5)


def test_a_copy_that_waits_can_be_cancelled() -> None:
    found, stopped = copies(), threading.Event()

    def run() -> None:
        cancellation.begin(stopped)
        found.run(COPY, MagicMock())

    with ThreadPoolExecutor(1) as pool, found._catalog.locks.held(WHERE):
        waiting = pool.submit(copy_context().run, run)
        stopped.set()
        with pytest.raises(SqlError, match="OPERATION_CANCELED"):
            waiting.result(5)
