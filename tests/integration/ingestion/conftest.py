"""The Event Hubs emulator in a home of its own, and an independent count of what the bronze table holds."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # re-exported
from pyspark.sql import SparkSession

from emulators import settings as emulator_settings
from emulators.eventhubs import broker, front
from emulators.runtime.environment import client_environment
from emulators.runtime.jars import ensure_jars
from emulators.runtime.java import ensure_java
from emulators.runtime.spark_conf import write_spark_conf
from emulators.settings import REPOSITORY, Settings
from ingestion.landing.spark_session import spark_session
from ingestion.tables.ingest_batches import TABLE as BATCHES
from ingestion.tables.order_events import TABLE

PARTITIONS = 4
START_SECONDS = 180.0

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
    def _client(self) -> dict[str, Any]:
        return {
            "bootstrap.servers": self.settings.kafka_bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": "$ConnectionString",
            "sasl.password": self.settings.connection_string,
        }

    def create_hub(self) -> None:
        admin = AdminClient(self._client)
        admin.create_topics([NewTopic(self.hub, PARTITIONS, 1)])[self.hub].result(timeout=20)

    def delete_hub(self) -> None:
        admin = AdminClient(self._client)
        admin.delete_topics([self.hub])[self.hub].result(timeout=20)
        wait_until(lambda: self.hub not in admin.list_topics(timeout=10).topics, "the hub is gone")

    def produce(self, bodies: list[bytes], partition: int = -1) -> None:
        """Put bodies into the hub as a Kafka client, which the emulator's AMQP side has no part in."""
        producer = Producer(self._client | {"queue.buffering.max.messages": 1_000_000})
        for body in bodies:
            producer.produce(self.hub, body, partition=partition)
        assert producer.flush(60) == 0

    def held(self) -> dict[Position, bytes]:
        """Everything the hub holds, by partition and offset."""
        consumer = Consumer(self._client | {"group.id": "count", "enable.auto.commit": False})
        messages: dict[Position, bytes] = {}
        try:
            for partition in range(PARTITIONS):
                place = TopicPartition(self.hub, partition, 0)
                _, end = consumer.get_watermark_offsets(place, timeout=20)
                consumer.assign([place])
                count = 0
                while count < end:
                    for message in consumer.consume(min(end - count, 5000), timeout=5):
                        assert message.error() is None
                        messages[partition, message.offset() or 0] = message.value() or b""
                        count += 1
        finally:
            consumer.close()
        return messages

    def delete_records(self, before: dict[int, int]) -> None:
        """Let the messages before these offsets expire, by partition, as retention does."""
        admin = AdminClient(self._client)
        ends = [TopicPartition(self.hub, partition, offset) for partition, offset in before.items()]
        for future in admin.delete_records(ends).values():
            future.result(timeout=20)

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
    """The broker and the AMQP front, as processes."""

    settings: Settings
    java: Path
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def start(self, name: str) -> None:
        command, is_ready = {
            "broker": (broker.command(self.settings, self.java), broker.is_ready),
            "front": ([sys.executable, "-m", "emulators.eventhubs"], front.is_ready),
        }[name]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env=os.environ | {"EMULATORS_HOME": str(self.settings.home)},
                stdout=log,
                stderr=log,
            )
        wait_until(lambda: is_ready(self.settings), f"{name} serves")

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        for name in ("front", "broker"):
            if process := self.processes.get(name):
                process.terminate()
                process.wait(timeout=30)

    def place(self, with_hub: bool = True) -> Place:
        number = next(self.numbers)
        folder = self.folder / f"place-{number}"
        folder.mkdir()
        place = Place(f"orders-{number}", folder, self.settings)
        if with_hub:
            place.create_hub()
        return place


def wait_until(condition: Callable[[], object], what: str, seconds: float = START_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("ingestion")
    settings = emulator_settings.load({"EMULATORS_HOME": str(folder / "home")})
    java = ensure_java()
    ensure_jars(settings.jars, java)
    write_spark_conf(settings, java)
    broker.prepare(settings)
    emulator = Emulator(settings, java, folder)
    try:
        emulator.start("broker")
        emulator.start("front")
        yield emulator
    finally:
        emulator.stop()


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
