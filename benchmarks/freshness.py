"""Seconds from sending an event to seeing it in gold, by stage, at a steady rate.

Emulators of their own, the ingester (a batch every second) and dbt (selector `minute`, every `--every`
seconds) run as in production. Stages, as 50th and 95th percentiles:

    send      from handing an event to the producer until the hub stamped it (enqueued_at)
    land      until the micro-batch that holds it began (ingested_at)
    build     until sales_by_state_minute was committed with everything up to it
    total     all three

The baseline is what the schedule alone costs in the same run: an event that has landed waits up to one period
for a build to begin, and then for that build. So p95 can hardly be below 0.95 periods and one build; the
ratio says what sending and landing add to that.

    python benchmarks/freshness.py [--rate 1000] [--minutes 4] [--every 60]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.bars import at_most
from ingestion.sending.producer import Producer
from ingestion.sending.simulated import chunk_sizes
from ingestion.settings import HubSettings
from ingestion.simulation.simulator import Simulator
from tests.e2e.place import Place, emulated
from tests.soak import stream

ID_AT = slice(len('{"event_id":"'), len('{"event_id":"') + 36)
"""Where the simulator writes the id of an event in its body."""

STAGES = ("send", "land", "build", "total")
LAND_SECONDS = 300.0
BAR = 1.5


def send(place: Place, rate: int, count: int) -> dict[str, float]:
    """Send so many simulated events at a rate; returns when each was handed over, in seconds since 1970."""
    sent: dict[str, float] = {}
    simulator = Simulator(1)
    pause = threading.Event()
    with Producer(HubSettings.load(place.environment)) as producer:
        for size in chunk_sizes(count, rate, pause.wait):
            bodies = simulator.take(size)
            now = time.time()
            for body in bodies:
                producer.add(body)
            producer.flush()
            sent.update((body[ID_AT].decode(), now) for body in bodies)
    return sent


def measure(
    place: Place, rate: int, count: int, every: float
) -> tuple[list[tuple[float, ...]], stream.Builds]:
    """Seconds of each stage, a row per event, and the builds meanwhile."""
    with stream.ingesting(place) as ingester, stream.Builds(place, every) as builds:
        sent = send(place, rate, count)
        builds.check()
        stream.wait_until_landed(place, ingester, count, LAND_SECONDS)
    builds.check()
    rows: list[tuple[Any, ...]] = place.query(
        "select event_id, unix_micros(fresh.enqueued_at) / 1e6, landing, building "
        f"from ({stream.fresh_rows(place)}) as fresh "
        f"inner join {place.table('silver.order_events')} using (`partition`, `offset`)"
    )
    if len(rows) != count:
        raise SystemExit(f"{len(rows)} of {count} events are in gold")
    stages: list[tuple[float, ...]] = [
        (enqueued - sent[event_id], landing, building, enqueued - sent[event_id] + landing + building)
        for event_id, enqueued, landing, building in rows
    ]
    return stages, builds


def main(
    rate: Annotated[int, typer.Option(help="Events per second.")] = 1000,
    minutes: Annotated[float, typer.Option(help="How long to send.")] = 4,
    every: Annotated[float, typer.Option(help="Seconds from one build to the next.")] = 60,
    bar: Annotated[float, typer.Option(help="The ratio it must not exceed.")] = BAR,
) -> None:
    """Print the percentiles of each stage, and p95 against what the schedule alone costs."""
    with tempfile.TemporaryDirectory() as folder, emulated(Path(folder)) as place:
        if place.emulators("up").returncode != 0:
            raise SystemExit("the emulators do not start: `python -m emulators up` says why")
        # The tables are there, and the adapter's first run is over. No schedule builds the seed.
        place.dbt_in_its_own_process("seed")
        place.dbt_in_its_own_process("build", "--selector", "minute", timeout=1800)
        stages, builds = measure(place, rate, round(rate * minutes * 60), every)
    table = Table(
        "stage", "p50 s", "p95 s", "most s", title=f"{rate:,} events/s for {minutes:g} min", box=None
    )
    for number, name in enumerate(STAGES):
        values = sorted(row[number] for row in stages)
        cuts = statistics.quantiles(values, n=100)
        table.add_row(name, f"{cuts[49]:.2f}", f"{cuts[94]:.2f}", f"{values[-1]:.2f}")
    console = Console()
    console.print(table)
    build = statistics.median(each.seconds for each in builds.done)
    schedule = 0.95 * builds.period + build
    p95 = statistics.quantiles([row[-1] for row in stages], n=100)[94]
    console.print(
        f"{len(builds.done)} builds of {build:.1f} s in the median, one every {builds.period:.1f} s: "
        f"the schedule alone costs {schedule:.1f} s at p95"
    )
    at_most("ratio", p95 / schedule, bar)


if __name__ == "__main__":
    typer.run(main)
