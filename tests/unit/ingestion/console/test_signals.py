from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from emulators.settings import REPOSITORY
from ingestion.console.signals import StopRequest

AT_EVERY_LINE = """
import os, signal, sys
from ingestion.console.signals import StopRequest

def wait(number):
    seen = 0

    def trace(frame, event, argument):
        nonlocal seen
        seen += event == "line"
        if seen == number and event == "line":
            os.kill(os.getpid(), signal.SIGTERM)
        return trace

    with StopRequest() as stop:
        sys.settrace(trace)
        stop.wait(0.01)
        sys.settrace(None)
    return seen

number = 1
while wait(number) >= number:
    number += 1
print(number)
"""
"""A signal meets a wait at its first line, in another run at its second, and so on to the last."""


def test_a_signal_in_the_middle_of_a_wait_never_hangs() -> None:
    run = subprocess.run(
        [sys.executable, "-c", AT_EVERY_LINE],
        cwd=REPOSITORY,
        timeout=60,
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(run.stdout) > 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_ends_a_wait_at_once(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with StopRequest() as stop:
        assert not stop.wait(0)
        threading.Timer(0.1, os.kill, (os.getpid(), number)).start()
        began = time.monotonic()
        assert stop.wait(30)
        assert time.monotonic() - began < 10
        assert stop.requested
        assert stop.wait(30)
        # The second would act as usual.
        assert signal.getsignal(number) is before
    assert signal.getsignal(number) is before


def test_every_thread_that_waits_is_told() -> None:
    told: list[bool] = []
    with StopRequest() as stop:
        threads = [threading.Thread(target=lambda: told.append(stop.wait(30))) for _ in range(3)]
        for thread in threads:
            thread.start()
        os.kill(os.getpid(), signal.SIGTERM)
        for thread in threads:
            thread.join(10)
    assert told == [True] * 3
