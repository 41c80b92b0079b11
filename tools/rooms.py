"""No folder of code is too full to be taken in at a glance: `python -m tools.rooms`.

A folder with more files than a newcomer reads through is split by what its files are for.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

CODE = (
    "analyses",
    "benchmarks",
    "emulators",
    "ingestion",
    "macros",
    "models",
    "seeds",
    "snapshots",
    "tests",
    "tools",
)
MOST_FILES = 20
# Lists of one kind, found by name and never read through.
LISTS = (
    "tests/dbt/singular",  # one file per claim
    "tests/integration/warehouse/adapter/golden",  # one file per kind of node, written by `make golden`
)
# An empty file that makes a folder a package says nothing to a reader.
MARKERS = ("__init__.py",)


def too_full(files: Iterable[str]) -> list[str]:
    """A line for each folder of code that directly holds more than MOST_FILES files."""
    counts = Counter(
        path.parent.as_posix()
        for path in map(PurePosixPath, files)
        if path.parts[0] in CODE and path.name not in MARKERS
    )
    return [
        f"{folder}: holds {count} files; split it by what they are for, {MOST_FILES} at most"
        for folder, count in sorted(counts.items())
        if count > MOST_FILES and not folder.startswith(LISTS)
    ]


def tracked_files(project: Path) -> list[str]:
    """What git has, with new files that it does not ignore.

    Raises:
        subprocess.CalledProcessError: not a checkout; what git says is in `stderr`.
    """
    listed = subprocess.run(
        ["git", "-C", str(project), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git is found as everywhere else
        check=True,
        capture_output=True,
        text=True,
    )
    return [file for file in listed.stdout.split("\0") if file and (project / file).exists()]


def main() -> int:
    """Print a line for each folder that is too full; the exit code is 1 when there is one."""
    problems = too_full(tracked_files(Path(__file__).parents[1]))
    if problems:
        sys.stderr.write("\n".join([*problems, f"error: rooms too full: {len(problems)}"]) + "\n")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
