"""Lets a running statement learn that it was stopped: not all that it runs is in its group of Spark jobs."""

from __future__ import annotations

import threading
from contextvars import ContextVar

_STOPPED: ContextVar[threading.Event | None] = ContextVar("stopped", default=None)


def begin(stopped: threading.Event) -> None:
    """Begin a statement in this thread.

    Args:
        stopped: set when the statement is cancelled, or its time is up.
    """
    _STOPPED.set(stopped)


def is_stopped() -> bool:
    """Whether the statement that runs in this thread was stopped."""
    stopped = _STOPPED.get()
    return stopped is not None and stopped.is_set()
