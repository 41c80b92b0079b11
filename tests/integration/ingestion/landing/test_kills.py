"""kill -9 of the ingester: nothing lost, nothing twice, every batch recorded once.

The long form kills it at random points: `SOAK=1` 50 times over 1,000,000 events. `KILL_SEED=N` repeats the
points of a run that failed.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Callable

import pytest
from pyspark.sql import SparkSession

from ingestion.simulation.simulator import Simulator
from ingestion.tables.ingest_batches import TABLE as BATCHES
from ingestion.tables.order_events import TABLE
from tests.harness.processes import kill_9
from tests.integration.ingestion.conftest import Place
from tests.integration.ingestion.landing.test_landing import land

SOAK = bool(os.environ.get("SOAK"))
KILLS, EVENTS, BATCH = (50, 1_000_000, 10_000) if SOAK else (5, 40_000, 2_000)
START_SECONDS = 8.0
"""About how long a start takes on a quiet machine with 2 cores."""

WAIT_SECONDS = 120.0
"""How long a point may take to come on a busy machine."""

TRIES = 4
"""How often a kill may miss the moment that it is meant for."""

POINTS = ("start", "twice", "batch", "between Delta's commit and Spark's", "record")


def wait_for(reached: Callable[[], bool], ingester: subprocess.Popen[str], point: str) -> None:
    """Come back as soon as the point is reached, which must happen while the ingester runs."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not reached():
        assert ingester.poll() is None, f"the ingester ended before the point {point!r}"
        assert time.monotonic() < deadline, f"not within {WAIT_SECONDS:g} s: {point}"
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
        wait_for(reached, ingester, point)
        time.sleep(rng.uniform(0, pauses.get(point, 0)))
        kill_9(ingester, point)
    if point == "twice":
        kill(place, "start", rng)


def test_a_kill_between_deltas_commit_and_sparks_repeats_nothing(place: Place, spark: SparkSession) -> None:
    place.produce(Simulator(23).take(4000))
    for _ in range(TRIES):
        with place.start("land", "--max-offsets", "200") as ingester:
            wait_for(growing(lambda: max(1, place.commits)), ingester, "a batch is committed")
            kill_9(ingester)
        # The commit that makes the table is none of a batch.
        recorded = place.folder / "checkpoint" / "commits" / str(place.commits - 2)
        if not recorded.exists():
            break
    else:
        pytest.fail(f"{TRIES} kills came after Spark's own commit")
    assert 0 < len(place.landed()) < 4000
    assert land(spark, place).rows > 0
    assert place.landed() == place.held()
    place.check_batches()


@pytest.mark.nightly
@pytest.mark.timeout(7200 if SOAK else 1500)
def test_kill_9_loses_nothing_and_repeats_nothing(place: Place) -> None:
    seed = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(1_000_000))
    rng = random.Random(seed)  # noqa: S311 - a repeatable choice of points
    print(f"KILL_SEED={seed}")  # noqa: T201 - shown when the test fails
    simulator = Simulator(seed)
    events = 0

    def produce(count: int) -> None:
        nonlocal events
        for _ in range(0, count, 10_000):
            place.produce(simulator.take(10_000))
            events += 10_000

    produce(EVENTS)
    points: list[str] = []
    for number in range(KILLS):
        points = points or rng.sample(POINTS, len(POINTS))
        point = points.pop()
        # So much that no ingester comes to its end before it is killed.
        produce(10 * BATCH)
        print(f"kill {number}: {point}; {place.commits} commits")  # noqa: T201
        kill(place, point, rng)
    place.produce(Simulator(seed + 1).take(1000))
    place.summary("land", "--max-offsets", "100000")
    assert len(place.landed()) == events + 1000
    assert place.landed() == place.held()
    batches = place.check_batches()
    assert sum(batch["row_count"] for batch in batches) == events + 1000
