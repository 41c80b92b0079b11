"""Each benchmark still runs, at a size that takes seconds; `make bench` is for the figures."""

import subprocess
import sys

import pytest

from benchmarks.__main__ import BENCHMARKS, REPOSITORY
from benchmarks.bars import MISSED

pytestmark = pytest.mark.nightly


@pytest.mark.parametrize("name", [each.name for each in BENCHMARKS])
def test_it_runs_and_judges_its_figure(name: str) -> None:
    command = [sys.executable, "-m", "benchmarks", "--small", name]
    answer = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=1200)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "(bar: at " in answer.stdout


def test_a_figure_below_its_bar_is_a_failure() -> None:
    script = REPOSITORY / "benchmarks" / "simulator.py"
    command = [sys.executable, str(script), "--events", "2000", "--bar", "1000000"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert answer.returncode == MISSED
    assert "error: ratio with the truth on is " in answer.stderr
