"""Stopping at a safe point: SIGINT and SIGTERM ask, the work decides when."""

from __future__ import annotations

import signal
import time
from threading import current_thread, main_thread
from types import FrameType, TracebackType
from typing import Any, Self

POLL_SECONDS = 0.05


class StopRequest:
    """While it is entered, the first SIGINT or SIGTERM sets `requested`; the second acts as usual."""

    def __init__(self) -> None:
        self.since: float | None = None
        """When the request came, on the monotonic clock."""
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self.listen()
        return self

    def listen(self) -> None:
        """Take the signals, again when something else took them meanwhile, as a Spark session does."""
        if self.requested:
            return
        # Only the main thread may handle signals; a job of Databricks may run in another, and is cancelled.
        if current_thread() is not main_thread():
            return
        for each in (signal.SIGINT, signal.SIGTERM):
            self._handlers[each] = signal.signal(each, self._on_signal)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    @property
    def requested(self) -> bool:
        """Whether the work should come to an end."""
        return self.since is not None

    def wait(self, seconds: float) -> bool:
        """Sleep, but hardly beyond a request to stop; returns whether there is one."""
        # By looking now and then: what wakes a thread takes locks, and a handler of signals that takes one
        # which the thread that it interrupts holds waits for ever.
        end = time.monotonic() + seconds
        while not self.requested and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, POLL_SECONDS))
        return self.requested

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._restore()
        self.since = time.monotonic()

    def _restore(self) -> None:
        while self._handlers:
            signal.signal(*self._handlers.popitem())
