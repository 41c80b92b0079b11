"""The Event Hubs emulator under test, with clients of the SDK and of Kafka for it."""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from azure.eventhub import EventData, EventHubConsumerClient, EventHubProducerClient
from confluent_kafka import Message

from emulators.settings import Settings
from tests.harness.emulators import Emulators
from tests.harness.kafka import KafkaClient
from tests.harness.processes import wait_until

NO_RETRIES: dict[str, Any] = {"retry_total": 0, "retry_backoff_factor": 0}
"""Options of a client that is told of an error at once."""


@dataclass
class EventHubs:
    """Broker and front, hubs of one's own, and clients."""

    emulators: Emulators
    topics: Iterator[int] = field(default_factory=itertools.count)

    @property
    def settings(self) -> Settings:
        return self.emulators.settings

    @property
    def processes(self) -> dict[str, subprocess.Popen[bytes]]:
        return self.emulators.processes

    def start(self, name: str) -> None:
        self.emulators.start(name)

    def kill(self, name: str) -> None:
        """Kill -9."""
        self.emulators.kill(name)

    def stop(self, name: str) -> int:
        return self.emulators.stop(name)

    def log(self, name: str) -> Path:
        return self.emulators.log(name)

    def wait_until(self, condition: Callable[[], object], what: str, timeout: float = 60.0) -> None:
        wait_until(condition, what, timeout)

    @property
    def kafka(self) -> KafkaClient:
        return KafkaClient(self.settings.kafka_bootstrap, self.settings.connection_string)

    @property
    def kafka_config(self) -> dict[str, Any]:
        return self.kafka.config

    def new_hub(self, partitions: int = 1) -> str:
        """An empty hub: a topic, made by a Kafka client."""
        name = f"hub-{next(self.topics)}"
        self.kafka.create(name, partitions)
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
        self.kafka.produce(hub, values, **options)

    def kafka_receive(self, hub: str, partitions: int = 1) -> list[Message]:
        """Everything a hub holds, through a Kafka client, in order within each partition."""
        return self.kafka.messages(hub, partitions)


def body_of(event: EventData) -> bytes:
    """The bytes of an event."""
    return b"".join(cast(Iterable[bytes], event.body))
