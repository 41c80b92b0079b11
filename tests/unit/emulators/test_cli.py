from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from emulators.settings import REPOSITORY


def run(*command: str, home: Path, stdout: int | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "emulators", *command],
        cwd=REPOSITORY,
        env=os.environ | {"EMULATORS_HOME": str(home)},
        stdout=subprocess.PIPE if stdout is None else stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("command", ["env", "status"])
def test_a_home_that_cannot_be_is_one_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("of somebody")
    answer = run(command, home=tmp_path / "file" / "home")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith("error: EMULATORS_HOME=")
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [["env"], ["status"], ["status", "--json"]])
def test_output_that_cannot_be_written_is_one_line(tmp_path: Path, command: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        answer = run(*command, home=tmp_path, stdout=full.fileno())
    assert answer.returncode == 1
    assert answer.stderr == (
        "error: cannot read or write what it was asked to print: No space left on device.\n"
    )


def test_a_reader_that_has_gone_is_no_stack_trace(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        answer = run("env", home=tmp_path, stdout=write)
    finally:
        os.close(write)
    assert (answer.returncode, answer.stderr) == (1, "")
