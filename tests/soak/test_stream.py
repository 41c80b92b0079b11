"""Half an hour of 1,000 events/s, landing every second, a build every minute: nothing falls behind or grows.

SOAK_MINUTES and SOAK_RATE make it shorter or slower; memory is judged in runs of ten minutes or more, because
a JVM takes its heap in the first ones. Run by `make soak`, which prints the figures.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from emulators.settings import REPOSITORY
from tests.e2e.place import Place, emulated
from tests.soak import stream

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
RATE = int(os.environ.get("SOAK_RATE", "1000"))
EVERY_SECONDS = 60.0
EVENTS = round(MINUTES * 60 * RATE)
FAULTS = "all=0.01"

BUILT_AFTER_SECONDS = 600.0
"""How long landing may take to finish after the last event was sent."""

LEAST_MINUTES_FOR_MEMORY = 10
GROWTH = 1.15
GROWTH_MB = 64

pytestmark = pytest.mark.timeout(MINUTES * 60 * 3 + 2400)


@dataclass(frozen=True)
class Run:
    """What came out of it."""

    place: Place
    truth: Path
    sender: dict[str, Any]
    builds: stream.Builds
    memory: stream.Memory
    minutes: list[stream.Minute]
    overall: dict[str, float]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("soak")
    with emulated(folder) as place:
        assert place.emulators("up").returncode == 0
        # Every table is there before the first event: what is measured is the steady state.
        place.dbt_in_its_own_process("build", "--exclude-resource-type", "unit_test", timeout=1800)
        result = _run(place, folder)
        _print(result)
        yield result


def _run(place: Place, folder: Path) -> Run:
    truth = folder / "truth.json"
    command = [sys.executable, "-m", "ingestion", "simulate", "--events", str(EVENTS), "--rate", str(RATE)]
    command += ["--fault", FAULTS, "--truth", str(truth), "--json"]
    with (
        stream.ingesting(place) as ingester,
        subprocess.Popen(
            command, cwd=REPOSITORY, env=place.environment, stdout=subprocess.PIPE, text=True
        ) as sender,
        stream.Memory(
            Path(place.environment["EMULATORS_HOME"]), {"ingester": ingester.pid, "sender": sender.pid}
        ) as memory,
        stream.Builds(place, EVERY_SECONDS) as builds,
    ):
        try:
            while sender.poll() is None:
                builds.check()
                assert ingester.poll() is None, "the ingester ended by itself"
                try:
                    sender.wait(1.0)
                except subprocess.TimeoutExpired:
                    continue
            assert sender.returncode == 0
        finally:
            sender.kill()
        assert sender.stdout
        summary = json.loads(sender.stdout.read())
        stream.wait_until_landed(place, ingester, summary["sent"], BUILT_AFTER_SECONDS)
    builds.check()
    minutes = stream.minutes(place)
    overall = stream.overall(place)
    place.dbt_in_its_own_process("build", "--exclude-resource-type", "unit_test", timeout=3600)
    return Run(place, truth, summary, builds, memory, minutes, overall)


def _thirds(values: Sequence[float]) -> tuple[float, float]:
    """Medians of the first and of the last third."""
    size = max(1, len(values) // 3)
    return statistics.median(values[:size]), statistics.median(values[-size:])


def _whole(run: Run) -> list[stream.Minute]:
    """Without the first and the last minute, which are parts of one."""
    return run.minutes[1:-1] or run.minutes


def _print(run: Run) -> None:
    console = Console(width=110)
    table = Table("minute", "messages", "landing p95 s", "event to gold p95 s", title="Lag", box=None)
    for minute in run.minutes:
        table.add_row(
            f"{minute.at:%H:%M}", f"{minute.messages:,}", f"{minute.landing:.1f}", f"{minute.total:.1f}"
        )
    console.print(table)
    table = Table(
        "process", "first third", "second third", "last third", title="Memory, highest MB", box=None
    )
    for name in run.memory.names:
        table.add_row(name, *(f"{run.memory.of(name, part, 3):,.0f}" for part in range(3)))
    console.print(table)
    seconds = [build.seconds for build in run.builds.done]
    console.print(
        f"{run.sender['sent']:,} messages sent in {run.sender['seconds']:.0f} s; {len(seconds)} builds, "
        f"{statistics.median(seconds):.1f} s in the median, {max(seconds):.1f} s at most, "
        f"one every {run.builds.period:.0f} s"
    )
    console.print(
        f"p95 event to gold {run.overall['total']:.1f} s (landing {run.overall['landing']:.1f} s, "
        f"building {run.overall['building']:.1f} s)"
    )


def test_events_were_sent_at_the_rate(run: Run) -> None:
    generated = json.loads(run.truth.read_text())["messages"]["generated"]
    assert generated == EVENTS
    assert generated / run.sender["seconds"] > 0.95 * RATE


def test_landing_does_not_fall_behind(run: Run) -> None:
    first, last = _thirds([minute.landing for minute in _whole(run)])
    assert last < 1.25 * first + 2, run.minutes


def test_gold_does_not_fall_behind(run: Run) -> None:
    first, last = _thirds([minute.total for minute in _whole(run)])
    assert last < 1.25 * first + 5, run.minutes


@pytest.mark.skipif(LEAST_MINUTES_FOR_MEMORY > MINUTES, reason="too short to tell growth from start-up")
def test_memory_is_flat(run: Run) -> None:
    grown = {
        name: (before, after)
        for name in run.memory.names
        if (after := run.memory.of(name, 2, 3)) > GROWTH * (before := run.memory.of(name, 1, 3)) + GROWTH_MB
    }
    assert grown == {}


def test_every_event_is_where_the_truth_says(run: Run) -> None:
    answer = run.place.run(
        *(sys.executable, "-m", "ingestion", "verify", "--truth", str(run.truth)), timeout=1200
    )
    assert (answer.returncode, answer.stderr) == (0, ""), answer.stdout
