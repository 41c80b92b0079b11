"""The command: a line for each problem, and exit code 1 when there is one."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tools.dbt_conventions import check
from tools.dbt_conventions.manifest import parse


def main() -> int:
    """Print a line for each problem and their count; the exit code is 1 when there is one."""
    with tempfile.TemporaryDirectory() as target:
        try:
            manifest = parse(Path(__file__).parents[2], Path(target))
        except subprocess.CalledProcessError as error:
            remedy = "mend what dbt names above"
            sys.stderr.write(
                f"{error.output.strip()}\nerror: dbt does not take the project as it is; {remedy}\n"
            )
            return 1
    problems = check(manifest)
    if problems:
        lines = [*map(str, problems), f"error: conventions broken: {len(problems)}"]
        sys.stderr.write("\n".join(lines) + "\n")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
