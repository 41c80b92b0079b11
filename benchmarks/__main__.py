"""Runs every benchmark in turn, on emulators of its own: `python -m benchmarks [--small] [NAME …]`.

Figures of a busy machine are no figures: run it alone. `--small` takes minutes and shows that each script
still runs; its sizes are too small for the bars to mean anything, so that a missed one is no failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.bars import MISSED

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Benchmark:
    """A script of this folder: its arguments for a full and for a small run, and the emulators it needs.

    `emulators` is empty for a script that needs none, or starts its own.
    """

    name: str
    full: tuple[str, ...]
    small: tuple[str, ...]
    emulators: tuple[str, ...] = ()
    environment: Mapping[str, str] | None = None


BENCHMARKS = (
    Benchmark("simulator", (), ("--events", "5000")),
    Benchmark("eventhubs_send", (), ("--events", "10000"), ("eventhubs",)),
    Benchmark("producer", (), ("--events", "5000"), ("eventhubs",)),
    Benchmark("landing", (), ("--events", "20000"), ("eventhubs",)),
    Benchmark("warehouse_statements", (), ("--rounds", "3", "--statements", "40"), ("warehouse",)),
    Benchmark("warehouse_fetch", (), ("--rows", "20000"), ("warehouse",), {"WAREHOUSE_SIZE": "large"}),
    Benchmark("warehouse_build", (), ("--rounds", "1")),
    Benchmark("freshness", (), ("--rate", "50", "--minutes", "0.5", "--every", "10")),
    Benchmark(
        "incremental",
        ("--large", "1000000"),
        ("--small", "1000", "--large", "2000", "--rounds", "2"),
    ),
)


@contextmanager
def running(names: tuple[str, ...], environment: Mapping[str, str]) -> Iterator[None]:
    """These emulators, in the home that the environment names; stopped at the end."""
    command = [sys.executable, "-m", "emulators"]
    try:
        if names:
            only = [part for name in names for part in ("--only", name)]
            subprocess.run([*command, "up", *only], cwd=REPOSITORY, env=environment, check=True)
        yield
    finally:
        if names:
            subprocess.run([*command, "down"], cwd=REPOSITORY, env=environment, check=True)


def run(benchmark: Benchmark, small: bool) -> int:
    """Run one benchmark with what it needs; returns its exit code."""
    script = REPOSITORY / "benchmarks" / f"{benchmark.name}.py"
    arguments = benchmark.small if small else benchmark.full
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"EMULATORS_HOME": home} | dict(benchmark.environment or {})
        with running(benchmark.emulators, environment):
            return subprocess.run([sys.executable, script, *arguments], env=environment).returncode


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Which to run; all by default.")] = None,
    small: Annotated[bool, typer.Option("--small", help="Show only that they run: minutes.")] = False,
) -> None:
    """Run benchmarks and tell which bars are held; exit code 1 if one is missed or a script fails."""
    console = Console(highlight=False)
    if unknown := set(names or ()) - {each.name for each in BENCHMARKS}:
        known = ", ".join(each.name for each in BENCHMARKS)
        console.print(f"error: there is no benchmark {', '.join(sorted(unknown))}: there are {known}.")
        raise typer.Exit(1)
    table = Table("benchmark", "bar", box=None)
    is_bad = False
    for benchmark in BENCHMARKS:
        if names and benchmark.name not in names:
            continue
        console.rule(benchmark.name)
        code = run(benchmark, small)
        table.add_row(benchmark.name, {0: "held", MISSED: "missed"}.get(code, f"failed (exit code {code})"))
        is_bad |= code != 0 and not (small and code == MISSED)
    console.rule()
    console.print(table)
    if is_bad:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
