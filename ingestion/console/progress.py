"""A progress bar on standard error: only on a terminal, and only once work has taken two seconds."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

SHOW_AFTER_SECONDS = 2.0


class ProgressBar:
    """Counts what is done; `total` is None where nobody knows how much there is."""

    def __init__(self, what: str, total: int | None) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._began = time.monotonic()
        self._shown: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._shown[0].stop()

    def advance(self, count: int) -> None:
        """Say that `count` more are done."""
        self._done += count
        if self._shown is None and sys.stderr.isatty():
            if time.monotonic() - self._began < SHOW_AFTER_SECONDS:
                return
            self._shown = self._show()
        if self._shown:
            progress, task = self._shown
            progress.update(task, completed=self._done)

    def _show(self) -> tuple[Progress, TaskID]:
        # Deferred: most commands end before there is anything to show.
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        progress.start()
        return progress, progress.add_task(self._what, total=self._total)
