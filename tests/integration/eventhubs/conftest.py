"""A broker and an AMQP front of their own, as processes, for the tests of this folder."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from azure.eventhub import EventData, EventHubConsumerClient, EventHubProducerClient
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # re-exported

from emulators import settings
from emulators.eventhubs import broker, front
from emulators.runtime.jars import ensure_jars
from emulators.runtime.java import ensure_java
from emulators.settings import REPOSITORY, Settings

START_TIMEOUT = 60.0
NO_RETRIES: dict[str, Any] = {"retry_total": 0, "retry_backoff_factor": 0}
"""Options of a client that is told of an error at once."""


@dataclass
class EventHubs:
    """The emulator under test, and clients for it."""

    settings: Settings
    java: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    topics: Iterator[int] = field(default_factory=itertools.count)

    def start(self, name: str) -> None:
        commands = {
            "broker": broker.command(self.settings, self.java),
            "front": [sys.executable, "-m", "emulators.eventhubs"],
        }
        probes: dict[str, Callable[[Settings], bool]] = {"broker": broker.is_ready, "front": front.is_ready}
        with self.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                commands[name],
                cwd=REPOSITORY,
                env=os.environ | {"EMULATORS_HOME": str(self.settings.home)},
                stdout=log,
                stderr=log,
            )
        self.wait_until(lambda: probes[name](self.settings), f"{name} serves: {self.log(name).read_text()}")

    def kill(self, name: str) -> None:
        """Kill -9."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def stop(self, name: str) -> int:
        process = self.processes.pop(name)
        process.terminate()
        return process.wait(timeout=20)

    def log(self, name: str) -> Path:
        return self.settings.home / f"{name}.log"

    def wait_until(self, condition: Callable[[], object], what: str, timeout: float = START_TIMEOUT) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
            time.sleep(0.05)

    @property
    def kafka_config(self) -> dict[str, Any]:
        return {
            "bootstrap.servers": self.settings.kafka_bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": "$ConnectionString",
            "sasl.password": self.settings.connection_string,
        }

    def new_hub(self, partitions: int = 1) -> str:
        """An empty hub: a topic, made by a Kafka client."""
        name = f"hub-{next(self.topics)}"
        admin = AdminClient(self.kafka_config)
        created = admin.create_topics([NewTopic(name, partitions, 1)])
        created[name].result(timeout=20)
        return name

    def producer(self, hub: str, **options: Any) -> EventHubProducerClient:
        return EventHubProducerClient.from_connection_string(
            self.settings.connection_string, eventhub_name=hub, **NO_RETRIES, **options
        )

    def consumer(self, hub: str, **options: Any) -> EventHubConsumerClient:
        return EventHubConsumerClient.from_connection_string(
            self.settings.connection_string, "$Default", eventhub_name=hub, **NO_RETRIES, **options
        )

    def send(self, hub: str, *bodies: str, **options: Any) -> None:
        with self.producer(hub) as producer:
            producer.send_batch([EventData(body) for body in bodies], **options)

    def receive(self, hub: str, count: int, starting_position: Any = "-1", **options: Any) -> list[EventData]:
        """The next events of partition 0 of a hub, through the SDK."""
        events: list[EventData] = []
        consumer = self.consumer(hub)
        deadline = time.monotonic() + 20

        def on_event(context: Any, event: EventData | None) -> None:
            if event:
                events.append(event)
            if len(events) >= count or time.monotonic() > deadline:
                consumer.close()

        with consumer:
            consumer.receive(
                on_event, partition_id="0", starting_position=starting_position, max_wait_time=1, **options
            )
        return events[:count]

    def kafka_send(self, hub: str, *values: bytes, **options: Any) -> None:
        """Send as Kafka's Java clients do."""
        producer = Producer(self.kafka_config | {"partitioner": "murmur2_random"})
        for value in values:
            producer.produce(hub, value, **options)
        assert producer.flush(20) == 0

    def kafka_receive(self, hub: str, partitions: int = 1) -> list[Message]:
        """Everything a hub holds, through a Kafka client, in order within each partition."""
        consumer = Consumer(self.kafka_config | {"group.id": "test", "enable.auto.commit": False})
        messages: list[Message] = []
        try:
            all_partitions = [TopicPartition(hub, partition, 0) for partition in range(partitions)]
            count = sum(consumer.get_watermark_offsets(each, timeout=20)[1] for each in all_partitions)
            consumer.assign(all_partitions)
            while len(messages) < count:
                messages += [each for each in consumer.consume(1000, 0.1) if each.error() is None]
        finally:
            consumer.close()
        return sorted(messages, key=lambda message: (message.partition() or 0, message.offset() or 0))


def body_of(event: EventData) -> bytes:
    """The bytes of an event."""
    return b"".join(cast(Iterable[bytes], event.body))


@pytest.fixture(scope="session")
def eventhubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventHubs]:
    java = ensure_java()
    chosen = settings.load({"EMULATORS_HOME": str(tmp_path_factory.mktemp("eventhubs"))})
    ensure_jars(chosen.jars, java)
    broker.prepare(chosen)
    emulator = EventHubs(chosen, java)
    try:
        emulator.start("broker")
        emulator.start("front")
        yield emulator
    finally:
        for name in list(emulator.processes):
            emulator.kill(name)
