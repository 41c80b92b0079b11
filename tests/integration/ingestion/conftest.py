"""Hubs with tables and checkpoints of their own, and an independent count of what the bronze table holds."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from pyspark.sql import SparkSession

from emulators.runtime.environment import client_environment
from emulators.settings import REPOSITORY, Settings
from ingestion.landing.spark_session import spark_session
from ingestion.tables.ingest_batches import TABLE as BATCHES
from ingestion.tables.order_events import TABLE
from tests.harness.eventhubs import EventHubs
from tests.harness.kafka import KafkaClient
from tests.harness.processes import wait_until

PARTITIONS = 4

__all__ = ["Emulator", "Place", "wait_until"]

Position = tuple[int, int]


@dataclass
class Place:
    """One hub, with a bronze table, a checkpoint and a simulator state that nothing else uses."""

    hub: str
    folder: Path
    settings: Settings

    @property
    def environment(self) -> dict[str, str]:
        return client_environment(self.settings) | {
            "EVENTHUBS_HUB": self.hub,
            "INGESTION_BRONZE_PATH": str(self.folder / "bronze"),
            "INGESTION_CHECKPOINT": str(self.folder / "checkpoint"),
            "INGESTION_STATE": str(self.folder / "state.json"),
            "INGESTION_LOG": str(self.folder / "ingester.log"),
        }

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start `python -m ingestion`."""
        return subprocess.Popen(
            [sys.executable, "-m", "ingestion", *arguments],
            cwd=REPOSITORY,
            env=os.environ | self.environment | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments, **variables) as process:
            stdout, stderr = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    def summary(self, *arguments: str, **variables: str) -> dict[str, Any]:
        """Run a command that must succeed, quietly; returns what `--json` prints."""
        answer = self.run(*arguments, "--json", **variables)
        assert (answer.returncode, answer.stderr) == (0, "")
        values: dict[str, Any] = json.loads(answer.stdout)
        return values

    @property
    def kafka(self) -> KafkaClient:
        return KafkaClient(self.settings.kafka_bootstrap, self.settings.connection_string)

    def create_hub(self) -> None:
        self.kafka.create(self.hub, PARTITIONS)

    def delete_hub(self) -> None:
        self.kafka.delete(self.hub)

    def produce(self, bodies: Iterable[bytes | None], **options: Any) -> None:
        """Put bodies into the hub as a Kafka client, which the emulator's AMQP side has no part in."""
        self.kafka.produce(self.hub, bodies, **options)

    def held(self) -> dict[Position, bytes]:
        """Everything the hub holds, by partition and offset."""
        return {
            (message.partition() or 0, message.offset() or 0): message.value() or b""
            for message in self.kafka.messages(self.hub, PARTITIONS)
        }

    def delete_records(self, before: dict[int, int]) -> None:
        """Let the messages before these offsets expire, by partition, as retention does."""
        self.kafka.expire(self.hub, before)

    @property
    def commits(self) -> int:
        """How many versions the bronze table has."""
        return self.commits_of(TABLE)

    def commits_of(self, table: str) -> int:
        """How many versions a table has."""
        return len(list((self.folder / "bronze" / table / "_delta_log").glob("*.json")))

    def rows(self, name: str = TABLE) -> list[dict[str, Any]]:
        """The rows of a table, read without Spark: Delta's log says which Parquet files count."""
        table = self.folder / "bronze" / name
        files: set[str] = set()
        for commit in sorted((table / "_delta_log").glob("*.json")):
            for line in commit.read_text().splitlines():
                action = json.loads(line)
                if "add" in action:
                    files.add(action["add"]["path"])
                if "remove" in action:
                    assert not action["remove"]["dataChange"]
                    files.discard(action["remove"]["path"])
        return [row for file in files for row in pyarrow.parquet.read_table(table / file).to_pylist()]

    def check_batches(self) -> list[dict[str, Any]]:
        """See to it that the record of batches says what bronze holds: each batch once, without gaps.

        Returns:
            The rows of `ops.ingest_batches`, in the order of their numbers.
        """
        batches = sorted(self.rows(BATCHES), key=lambda row: row["ingest_batch_id"])
        landed: dict[tuple[str, int, int], set[int]] = {}
        for row in self.rows():
            place = row["event_hub"], row["ingest_batch_id"], row["partition"]
            landed.setdefault(place, set()).add(row["offset"])
        recorded = {
            (batch["event_hub"], batch["ingest_batch_id"], part["partition"]): set(
                range(part["from_offset"], part["to_offset"])
            )
            for batch in batches
            for part in batch["partitions"]
            if part["from_offset"] < part["to_offset"]
        }
        assert recorded == landed
        numbers = [(batch["event_hub"], batch["ingest_batch_id"]) for batch in batches]
        assert len(set(numbers)) == len(numbers), "a batch is recorded twice"
        ends: dict[tuple[str, int], int] = {}
        for batch in batches:
            assert batch["row_count"] == sum(
                part["to_offset"] - part["from_offset"] for part in batch["partitions"]
            )
            for part in batch["partitions"]:
                source = batch["event_hub"], part["partition"]
                assert ends.setdefault(source, part["from_offset"]) == part["from_offset"]
                ends[source] = part["to_offset"]
        return batches

    def landed(self) -> dict[Position, bytes]:
        """Bodies of the bronze table by partition and offset; fails on a position that stands there twice."""
        rows = self.rows()
        bodies = {(row["partition"], row["offset"]): row["body"] for row in rows}
        assert len(bodies) == len(rows), "a message landed twice"
        return bodies


@dataclass
class Emulator:
    """The Event Hubs emulator, and hubs with folders of their own."""

    eventhubs: EventHubs
    folder: Path
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def settings(self) -> Settings:
        return self.eventhubs.settings

    def start(self, name: str) -> None:
        self.eventhubs.start(name)

    def kill(self, name: str) -> None:
        """Kill -9."""
        self.eventhubs.kill(name)

    def place(self, with_hub: bool = True) -> Place:
        number = next(self.numbers)
        folder = self.folder / f"place-{number}"
        folder.mkdir()
        place = Place(f"orders-{number}", folder, self.settings)
        if with_hub:
            place.create_hub()
        return place


@pytest.fixture(scope="session")
def emulator(eventhubs: EventHubs, tmp_path_factory: pytest.TempPathFactory) -> Emulator:
    return Emulator(eventhubs, tmp_path_factory.mktemp("ingestion"))


@pytest.fixture
def place(emulator: Emulator) -> Place:
    return emulator.place()


@pytest.fixture(scope="session")
def spark(emulator: Emulator) -> Iterator[SparkSession]:
    """One session for the tests that need no process of their own: a JVM takes seconds to start."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in client_environment(emulator.settings).items():
            patch.setenv(name, value)
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        with spark_session(on_databricks=False, log=emulator.folder / "spark.log") as session:
            for number, handler in before.items():
                signal.signal(number, handler)
            yield session
