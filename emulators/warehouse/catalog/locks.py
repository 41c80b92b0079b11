"""One lock for each relation: whoever makes, refreshes or drops it does so alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from weakref import WeakValueDictionary

from emulators.warehouse import cancellation
from emulators.warehouse.errors import canceled

_LOOK_SECONDS = 0.2
"""How often who waits looks whether its statement was stopped."""


class _Lock:
    """A lock that its thread may take again; it is forgotten when nobody has it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()

    @contextmanager
    def held(self) -> Iterator[None]:
        while not self._lock.acquire(timeout=_LOOK_SECONDS):
            if cancellation.is_stopped():
                raise canceled()
        try:
            yield
        finally:
            self._lock.release()


class RelationLocks:
    """Keeps Spark's catalog and the records of a relation the same: both change while its lock is held.

    It is taken before any other lock of the warehouse.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: WeakValueDictionary[tuple[str, str], _Lock] = WeakValueDictionary()

    @contextmanager
    def held(self, *relations: tuple[str, str]) -> Iterator[None]:
        """Hold the locks of relations, each a schema and a name.

        Raises:
            SqlError: the statement was stopped while it waited.
        """
        with ExitStack() as stack:
            for each in sorted(set(relations)):
                with self._guard:
                    lock = self._locks.get(each)
                    if lock is None:
                        lock = self._locks[each] = _Lock()
                stack.enter_context(lock.held())
            yield
