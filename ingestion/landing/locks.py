"""One ingester at a time: locks that hold as long as the process or the Spark process it started lives.

A lock is a pair of files. The first is held by the ingester alone, so that whoever finds it taken knows that
an ingester is at work. The second is inherited by the JVM: after `kill -9` of the ingester its JVM lives on
for a while and may still write, and the next ingester waits until it is gone.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from ingestion.errors import LandingError
from ingestion.landing.checkpoint import LOCK_NAME, check_place
from ingestion.landing.delta_table import check_folder
from ingestion.settings import LandSettings
from ingestion.tables import order_events

ORPHAN_SECONDS = 30.0
"""How long the JVM of an ingester that was killed may take to end."""

POLL_SECONDS = 0.05


@contextmanager
def locked(settings: LandSettings) -> Iterator[list[int]]:
    """Keep other ingesters away from the checkpoint and, where they are folders, from hub and table.

    On Databricks there are none: files of volumes cannot be locked or changed in place, and the job allows
    one run at a time.

    Yields:
        Descriptors for the JVM to inherit: it holds the locks as long as it lives.

    Raises:
        LandingError: another ingester is at work there, or the folders are somebody else's.
    """
    hub, path = settings.kafka.hub, order_events.DEFINITION.path_in(settings.bronze)
    # Before a lock is put there.
    check_place(settings.checkpoint)
    if path:
        check_folder(Path(path))
    if settings.kafka.on_databricks:
        yield []
        return
    with ExitStack() as stack:
        held = [
            stack.enter_context(
                exclusive(
                    settings.checkpoint / LOCK_NAME,
                    f"another ingester is running on checkpoint {settings.checkpoint}: stop it, or wait "
                    "until it ends.",
                )
            )
        ]
        if path:
            busy = (
                f"another ingester lands hub {hub!r} in {path}, from another checkpoint: "
                "stop it, and keep one of the two checkpoints."
            )
            held.append(
                stack.enter_context(exclusive(Path(path).with_name(f".{order_events.TABLE}.{hub}"), busy))
            )
        yield held


@contextmanager
def exclusive(place: Path, busy: str) -> Iterator[int]:
    """Keep other ingesters away; the system lets go when the processes end, however they end.

    Where the file system does not lock files, nothing is locked.

    Args:
        place: the files, but for their suffixes.
        busy: what to say when another ingester holds the lock.

    Yields:
        The descriptor that the JVM has to inherit.

    Raises:
        LandingError: another ingester, or the JVM of one that ended, holds the lock.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with _opened(place, ".lock") as own, _opened(place, ".spark.lock") as inherited:
        if not _take(own):
            raise LandingError(busy)
        deadline = time.monotonic() + ORPHAN_SECONDS
        while not _take(inherited):
            if time.monotonic() > deadline:
                inherited.seek(0)
                pid = inherited.read().strip() or "unknown"
                raise LandingError(
                    f"the Spark process ({pid=!s}) of an ingester that ended does not end: kill it, then "
                    "land again. Nothing is lost."
                )
            time.sleep(POLL_SECONDS)
        inherited.truncate(0)
        yield inherited.fileno()


def _opened(place: Path, suffix: str) -> IO[str]:
    # Not truncated: it may hold the process id of the JVM that has it.
    return place.with_name(place.name + suffix).open("a+")


def _take(stream: IO[str]) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def sign(descriptor: int, pid: int) -> None:
    """Write into a lock whose JVM holds it."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{pid}\n".encode(), 0)
