"""kill -9 of the ingester at random points: nothing lost, nothing twice, every batch recorded once.

`SOAK=1` kills it 50 times over 1,000,000 events. `KILL_SEED=N` repeats the points of a run that failed.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.simulation.simulator import Simulator
from ingestion.tables.ingest_batches import TABLE as BATCHES
from ingestion.tables.order_events import TABLE
from tests.integration.ingestion.conftest import Place

SOAK = bool(os.environ.get("SOAK"))
KILLS, EVENTS, BATCH = (50, 1_000_000, 10_000) if SOAK else (5, 40_000, 2_000)
START_SECONDS = 8.0
"""About how long a start takes on a quiet machine with 2 cores."""

WAIT_SECONDS = 120.0
"""How long a point may take to come on a busy machine."""


def wait_for(condition: Callable[[], bool], is_over: Callable[[], bool]) -> None:
    """Come back as soon as the condition holds, the process is over, or neither for long."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition() and not is_over() and time.monotonic() < deadline:
        time.sleep(0.002)


def files(place: Place, table: str) -> int:
    return sum(1 for _ in (place.folder / "bronze" / table).glob("*.parquet"))


def growing(count: Callable[[], int], by: int = 1) -> Callable[[], bool]:
    before = count()
    return lambda: count() >= before + by


def kill(place: Place, point: str, rng: random.Random) -> None:
    """Start an ingester and kill it at this kind of point."""
    reached = {
        "start": lambda: True,
        "twice": lambda: True,
        "batch": growing(lambda: files(place, TABLE), rng.randint(1, 6)),
        # The first commit makes the table.
        "between Delta's commit and Spark's": growing(lambda: max(1, place.commits), rng.randint(1, 2)),
        "record": growing(lambda: files(place, BATCHES)),
    }[point]
    pauses = {"start": START_SECONDS, "twice": START_SECONDS, "batch": 0.5, "record": 0.2}
    with place.start("land", "--max-offsets", str(BATCH)) as ingester:
        wait_for(reached, lambda: ingester.poll() is not None)
        time.sleep(rng.uniform(0, pauses.get(point, 0)))
        ingester.send_signal(signal.SIGKILL)
        ingester.wait()
    if point == "twice":
        kill(place, "start", rng)


@pytest.mark.timeout(7200 if SOAK else 1500)
def test_kill_9_loses_nothing_and_repeats_nothing(place: Place) -> None:
    seed = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(1_000_000))
    rng = random.Random(seed)  # noqa: S311 - a repeatable choice of points
    print(f"KILL_SEED={seed}")  # noqa: T201 - shown when the test fails
    simulator = Simulator(seed)
    for _ in range(0, EVENTS, 20_000):
        place.produce(simulator.take(20_000))
    points = ["start", "twice", "batch", "between Delta's commit and Spark's", "record"]
    for number in range(KILLS):
        if number % len(points) == 0:
            rng.shuffle(points)
        point = points[number % len(points)]
        print(f"kill {number}: {point}; {place.commits} commits")  # noqa: T201
        kill(place, point, rng)
    place.produce(Simulator(seed + 1).take(1000))
    place.summary("land", "--max-offsets", "100000")
    assert len(place.landed()) == EVENTS + 1000
    assert place.landed() == place.held()
    batches = place.check_batches()
    assert sum(batch["row_count"] for batch in batches) == EVENTS + 1000
    assert any(batch["is_recovered"] for batch in batches)


def test_the_spark_process_of_a_killed_ingester_is_waited_for(place: Place) -> None:
    place.produce(Simulator(40).take(100))
    with place.start("land", "--trigger", "processing-time", "--interval", "0.5") as ingester:
        wait_for(lambda: place.commits > 1, lambda: ingester.poll() is not None)
        lock = Path(place.folder / "checkpoint" / "ingester.spark.lock")
        orphan = int(lock.read_text())
        # Held back, as by a busy machine, it outlives the ingester.
        os.kill(orphan, signal.SIGSTOP)
        ingester.send_signal(signal.SIGKILL)
        ingester.wait()
    place.produce(Simulator(41).take(50))
    with place.start("land", "--json") as following:
        time.sleep(2)
        assert int(lock.read_text()) == orphan  # no other Spark process has started
        assert following.poll() is None
        os.kill(orphan, signal.SIGCONT)
        _, stderr = following.communicate(timeout=120)
    assert (following.returncode, stderr) == (0, "")
    assert place.landed() == place.held()
    assert int(lock.read_text()) != orphan
    place.check_batches()
