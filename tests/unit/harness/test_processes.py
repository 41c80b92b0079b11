"""A kill that met nobody, and a wait that is in vain, fail the test that asked for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.harness.processes import kill_9, wait_until


def python(program: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", program])


def test_a_process_that_ended_by_itself_was_not_killed() -> None:
    process = python("raise SystemExit(3)")
    process.wait()
    with pytest.raises(AssertionError, match=r"ended by itself \(3\) before it was killed at the end"):
        kill_9(process, "at the end")


def test_a_process_that_is_alive_dies_of_the_kill() -> None:
    process = python("import time; time.sleep(600)")
    kill_9(process)
    assert process.returncode == -9


def test_what_does_not_come_in_time_is_named() -> None:
    with pytest.raises(AssertionError, match=r"not within 0.1 s: a batch lands"):
        wait_until(lambda: False, "a batch lands", seconds=0.1)
