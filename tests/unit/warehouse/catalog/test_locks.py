from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context

import pytest

from emulators.warehouse import cancellation
from emulators.warehouse.catalog.locks import RelationLocks
from emulators.warehouse.errors import SqlError

A, B = ("s", "a"), ("s", "b")


def held(locks: RelationLocks, *relations: tuple[str, str]) -> None:
    with locks.held(*relations):
        pass


def test_one_at_a_time_has_a_relation_and_others_are_free() -> None:
    locks = RelationLocks()
    with ThreadPoolExecutor(2) as pool:
        with locks.held(A), locks.held(A, B):
            waiting = pool.submit(held, locks, B)
            pool.submit(held, locks, ("s", "c")).result(5)
            assert not waiting.done()
        waiting.result(5)
    assert not locks._locks  # nobody has one: none is kept


def test_two_that_want_the_same_do_not_wait_for_each_other() -> None:
    locks = RelationLocks()
    with ThreadPoolExecutor(8) as pool:
        runs: list[Future[None]] = []
        for _ in range(200):
            runs += [pool.submit(held, locks, A, B), pool.submit(held, locks, B, A)]
        for each in runs:
            each.result(10)


def test_who_waits_stops_with_the_statement() -> None:
    locks = RelationLocks()
    stopped = threading.Event()
    stopped.set()

    def wait() -> None:
        cancellation.begin(stopped)
        held(locks, A)

    canceled = pytest.raises(SqlError, match="OPERATION_CANCELED")
    with ThreadPoolExecutor(1) as pool, locks.held(A), canceled:
        pool.submit(copy_context().run, wait).result(5)
    with locks.held(A):
        pass
