"""Waiting for a process of the product, and killing it."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable

START_SECONDS = 180.0
"""How long a point may take to come on a busy machine, the start of a JVM included."""


def wait_until(condition: Callable[[], object], what: str, seconds: float = START_SECONDS) -> None:
    """Come back as soon as the condition holds; fail with `what` when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)


def kill_9(process: subprocess.Popen[str] | subprocess.Popen[bytes], when: str = "") -> None:
    """Kill a process that must still be alive, and see to it that this is what it died of."""
    assert process.poll() is None, f"it ended by itself ({process.returncode}) before it was killed {when}"
    process.kill()
    assert process.wait(timeout=30) == -signal.SIGKILL
