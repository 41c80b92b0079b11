"""dbt in a process that stays: its modules are loaded once, however many commands it runs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

END = '{"dbt command ended": '
"""How the line begins that stands behind everything a command prints."""

PROGRAM = """
import json, sys
from dbt.cli.main import dbtRunner
for line in sys.stdin:
    result = dbtRunner().invoke(json.loads(line))
    code = 0 if result.success else 2 if result.exception else 1
    if result.exception:
        print(result.exception)
    sys.stderr.flush()
    print(json.dumps({"dbt command ended": code}), flush=True)
"""


@dataclass(frozen=True)
class Answer:
    """What a command printed, and the exit code that dbt would have ended with."""

    returncode: int
    stdout: str
    stderr: str


class Dbt:
    """Runs dbt commands one after another in one process, which starts with the first of them.

    Args:
        folder: where the project lies.
        environment: all variables of the process.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self._process: subprocess.Popen[str] | None = None
        self._stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process

    def run(self, *arguments: str) -> Answer:
        """Run one command and wait for its end."""
        process = self._process = self._process or self._start()
        assert process.stdin
        assert process.stdout
        said = self._stderr.seek(0, 2)
        process.stdin.write(json.dumps(arguments) + "\n")
        process.stdin.flush()
        lines: list[str] = []
        for line in process.stdout:
            before, is_end, code = line.rstrip("\n").partition(END)
            lines.append(before if is_end else line)
            if is_end:
                break
        else:
            raise AssertionError(f"dbt's process ended: {''.join(lines)}")
        self._stderr.seek(said)
        return Answer(int(code.rstrip("}")), "".join(lines), self._stderr.read())

    def close(self) -> None:
        """End the process."""
        if self._process:
            assert self._process.stdin
            self._process.stdin.close()
            self._process.wait(60)
        self._stderr.close()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
        )
