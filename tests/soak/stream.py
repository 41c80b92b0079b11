"""The whole path under way: landing all the time, a build every so often, and what both of them take.

How fresh gold is follows from what the tables keep: bronze says when the hub took a message and when it was
ingested, and the history of a mart says when rows up to which offset became visible in it.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from emulators.settings import REPOSITORY
from tests.e2e.place import Place

MART = "gold.sales_by_state_minute"
RUN_STATE = "order_intelligence.run_state"
SERVICES = ("kafka", "eventhubs", "warehouse")
SAMPLE_SECONDS = 5.0
STOP_SECONDS = 120.0


@contextmanager
def ingesting(place: Place, interval: float = 1.0) -> Iterator[subprocess.Popen[str]]:
    """Land what arrives, a batch every `interval` seconds; ends with a stop that must be clean."""
    command = [sys.executable, "-m", "ingestion", "land", "--trigger", "processing-time"]
    with subprocess.Popen(
        [*command, "--interval", str(interval), "--json"],
        cwd=REPOSITORY,
        env=place.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as ingester:
        try:
            yield ingester
        finally:
            ingester.send_signal(signal.SIGTERM)
            _, errors = ingester.communicate(timeout=STOP_SECONDS)
    assert (ingester.returncode, errors) == (0, "")


@dataclass(frozen=True)
class Build:
    """One run of dbt."""

    began: datetime
    seconds: float


class Builds:
    """Builds the minute path every `every` seconds, or at once where a build takes longer than that.

    A last build begins at the end: it takes everything that has landed by then.
    """

    def __init__(self, place: Place, every: float) -> None:
        self._place = place
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="builds")
        self._error: BaseException | None = None
        self.done: list[Build] = []

    def __enter__(self) -> Builds:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def check(self) -> None:
        """Fail once a build failed."""
        if self._error:
            raise self._error

    @property
    def period(self) -> float:
        """Seconds from the start of a build to the start of the next, in the mean."""
        if len(self.done) < 2:
            return self._every
        return (self.done[-1].began - self.done[0].began).total_seconds() / (len(self.done) - 1)

    def _run(self) -> None:
        try:
            is_last = False
            while not is_last:
                is_last = self._stop.is_set()
                began, clock = datetime.now(UTC), time.monotonic()
                self._place.dbt_in_its_own_process("build", "--selector", "minute", timeout=1800)
                seconds = time.monotonic() - clock
                self.done.append(Build(began, seconds))
                self._stop.wait(max(0.0, self._every - seconds))
        except BaseException as error:
            self._error = error


@dataclass
class Memory:
    """Resident memory of every process under way, in MB, sampled by a thread while it is entered."""

    home: Path
    processes: dict[str, int]
    samples: list[tuple[float, dict[str, float]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in SERVICES:
            record = json.loads((self.home / "run" / f"{name}.json").read_text())
            self.processes[name] = int(record["pid"])
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory")
        self._began = time.monotonic()

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def of(self, name: str, part: int, parts: int) -> float:
        """The highest of a process in one of so many equal parts of the time."""
        end = self.samples[-1][0]
        return max(
            (
                sample[name]
                for at, sample in self.samples
                if name in sample and part / parts <= at / end <= (part + 1) / parts
            ),
            default=0.0,
        )

    @property
    def names(self) -> list[str]:
        return sorted({name for _, sample in self.samples for name in sample})

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self.samples.append((time.monotonic() - self._began, self._sample()))

    def _sample(self) -> dict[str, float]:
        sample: dict[str, float] = {}
        for name, pid in self.processes.items():
            try:
                process = psutil.Process(pid)
                for each in (process, *process.children(recursive=True)):
                    label = name if each is process else f"{name} ({each.name()})"
                    sample[label] = sample.get(label, 0.0) + each.memory_info().rss / 1e6
            except psutil.NoSuchProcess:
                continue
        return sample


@dataclass(frozen=True)
class Visible:
    """Offsets of a partition, above `after` and up to `up_to`, that became visible in the mart at `at`."""

    partition: int
    after: int
    up_to: int
    at: datetime


def visible(place: Place) -> list[Visible]:
    """When which messages became visible in the mart, by the positions that its runs left in its history."""
    steps = []
    reached: dict[int, int] = {}
    with place.connect() as connection, connection.cursor() as cursor:
        commits = cursor.execute(f"describe history {place.table(MART)}").fetchall()
    for commit in reversed(commits):
        if commit.operation != "SET TBLPROPERTIES":
            continue
        state = json.loads(dict(commit.operationParameters)["properties"]).get(RUN_STATE)
        for _, partition, offset in json.loads(state)["positions"] if state else ():
            if offset > reached.get(partition, -1):
                steps.append(Visible(partition, reached.get(partition, -1), offset, commit.timestamp))
                reached[partition] = offset
    return steps


def fresh_rows(place: Place) -> str:
    """SQL of every message that is visible in the mart, with the seconds of each stage behind the hub."""
    steps = ", ".join(
        f"({each.partition}, {each.after}, {each.up_to}, timestamp'{each.at.astimezone(UTC).isoformat()}')"
        for each in visible(place)
    )
    return f"""
        select
            landed.`partition`,
            landed.`offset`,
            enqueued_at,
            (unix_micros(ingested_at) - unix_micros(enqueued_at)) / 1e6 as landing,
            (unix_micros(visible_at) - unix_micros(ingested_at)) / 1e6 as building,
            (unix_micros(visible_at) - unix_micros(enqueued_at)) / 1e6 as total
        from {place.table("bronze.order_events")} as landed
        inner join (values {steps}) as steps (`partition`, after, up_to, visible_at)
            on landed.`partition` = steps.`partition` and `offset` > after and `offset` <= up_to"""


@dataclass(frozen=True)
class Minute:
    """How fresh the messages were that the hub took in one minute: 95th percentiles in seconds."""

    at: datetime
    messages: int
    landing: float
    total: float


def minutes(place: Place) -> list[Minute]:
    """Freshness over time, by the minute in which the hub took the messages."""
    rows = place.query(
        "select date_trunc('minute', enqueued_at) as minute_at, count(*), "
        "percentile(landing, 0.95), percentile(total, 0.95) "
        f"from ({fresh_rows(place)}) group by all order by all"
    )
    return [Minute(*row) for row in rows]


def overall(place: Place) -> dict[str, float]:
    """The 95th percentile of each stage over everything, in seconds."""
    stages = ("landing", "building", "total")
    ((*values,),) = place.query(
        f"select {', '.join(f'percentile({each}, 0.95)' for each in stages)} from ({fresh_rows(place)})"
    )
    return dict(zip(stages, map(float, values), strict=True))


def wait_until_landed(place: Place, ingester: subprocess.Popen[str], sent: int, seconds: float) -> None:
    """Wait for the ingester to land everything that was sent."""
    deadline = time.monotonic() + seconds
    while (landed := _landed(place)) < sent:
        assert ingester.poll() is None, "the ingester ended by itself"
        assert time.monotonic() < deadline, f"{sent - landed} of {sent} messages have not landed"
        time.sleep(1.0)


def _landed(place: Place) -> int:
    count: Any = place.one(f"select count(*) from {place.table('bronze.order_events')}")
    return int(count)
