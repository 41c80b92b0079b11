"""Tests that share an emulator run in one worker, whatever pytest-xdist and pytest agree on."""

import json
import subprocess
import sys
from pathlib import Path

from emulators.settings import REPOSITORY

TESTS = """
import os
from pathlib import Path

import pytest


@pytest.mark.parametrize("number", range(6))
@pytest.mark.xdist_group("one")
def test_a(number: int) -> None:
    with Path(os.environ["SEEN"]).open("a") as seen:
        seen.write(os.environ["PYTEST_XDIST_WORKER"] + chr(10))
"""


def test_the_tests_of_a_group_run_in_one_worker(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    options = (REPOSITORY / "Makefile").read_text().partition("SIDE_BY_SIDE := ")[2].splitlines()[0].split()
    seen = tmp_path / "seen"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, str(tmp_path)]
    answer = subprocess.run(
        command, cwd=tmp_path, env={"SEEN": str(seen)}, capture_output=True, text=True, timeout=100
    )
    assert answer.returncode == 0, answer.stdout
    workers = seen.read_text().split()
    assert (len(workers), len(set(workers))) == (6, 1), json.dumps(workers)
