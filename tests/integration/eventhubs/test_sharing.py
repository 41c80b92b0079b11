"""Consumers that share a hub through a blob checkpoint store, and the producer that gathers batches."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.eventhub import EventData, EventHubProducerClient
from azure.eventhub.extensions.checkpointstoreblob import BlobCheckpointStore

from emulators.eventhubs.partitions import partition_of
from emulators.settings import LOOPBACK, REPOSITORY
from tests.integration.eventhubs.blobs import ACCOUNT, CONTAINER, Blobs
from tests.integration.eventhubs.conftest import EventHubs
from tests.integration.node_packages import node_packages

DRIVERS = Path(__file__).with_name("drivers")
PARTITIONS = 4


class Consumer:
    """One process of `balancing.py`."""

    def __init__(self, eventhubs: EventHubs, hub: str, blobs: str, log: Path) -> None:
        self.told: list[dict[str, Any]] = []
        command = [sys.executable, "-m", "tests.integration.eventhubs.balancing"]
        arguments = [eventhubs.settings.connection_string, hub, "$Default", blobs, CONTAINER]
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [*command, *arguments], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.told.append(json.loads(line))

    def kill(self) -> None:
        """Kill -9, and hear the last it said."""
        assert self.process.poll() is None, self.told[-3:]
        self.process.kill()
        self.process.wait()
        self._thread.join(10)

    @property
    def owned(self) -> set[str]:
        """Partitions that it has and receives from."""
        owned: set[str] = set()
        for each in list(self.told):
            owned |= {each["taken"]} if "taken" in each else set()
            owned -= {each.get("left")}
        return owned

    @property
    def events(self) -> list[tuple[str, int, str]]:
        return [
            (each["partition"], each["sequence"], each["body"]) for each in list(self.told) if "body" in each
        ]


@pytest.fixture
def blobs() -> Iterator[str]:
    with Blobs() as service:
        yield service.connection_string


@pytest.fixture
def azurite(eventhubs: EventHubs, tmp_path: Path) -> Iterator[str]:
    packages = node_packages(DRIVERS / "azurite")
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    command = ["node", str(packages / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js")]
    options = [
        "--blobPort",
        str(port),
        "--location",
        str(tmp_path),
        "--silent",
        "--skipApiVersionCheck",
        "--disableTelemetry",
    ]
    process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # The key that every Azurite has, as its documentation says.
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    connection_string = (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};"
        f"BlobEndpoint=http://{LOOPBACK}:{port}/{ACCOUNT};"
    )
    store = BlobCheckpointStore.from_connection_string(connection_string, CONTAINER)
    try:
        eventhubs.wait_until(lambda: process.poll() is None and _serves(port), "Azurite serves")
        store._container_client.create_container()
        yield connection_string
    finally:
        process.terminate()
        process.wait(20)


def _serves(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), 1).close()
    except OSError:
        return False
    return True


def send(eventhubs: EventHubs, hub: str, first: int, count: int) -> set[str]:
    """Events for every partition in turn; returns their bodies."""
    bodies = [str(number) for number in range(first, first + count)]
    with eventhubs.producer(hub) as producer:
        for partition in range(PARTITIONS):
            own = bodies[partition::PARTITIONS]
            producer.send_batch([EventData(body) for body in own], partition_id=str(partition))
    return set(bodies)


def share_and_take_over(eventhubs: EventHubs, blobs: str, log: Path) -> None:
    """Two consumers balance four partitions; one is killed, and the other goes on where it had come to."""
    hub = eventhubs.new_hub(PARTITIONS)
    sent = send(eventhubs, hub, 0, 80)
    consumers = [Consumer(eventhubs, hub, blobs, log) for _ in range(2)]
    first, second = consumers
    try:
        eventhubs.wait_until(
            lambda: len(first.owned) == len(second.owned) == 2 and not first.owned & second.owned,
            f"two partitions each: {first.told[-3:]} {second.told[-3:]}",
        )
        eventhubs.wait_until(
            lambda: {body for each in consumers for *_, body in each.events} == sent, "every event"
        )
        sent |= send(eventhubs, hub, 80, 80)
        eventhubs.wait_until(
            lambda: len([body for *_, body in first.events if int(body) >= 80]) > 10, "the first is at work"
        )
        lost = first.owned
        first.kill()
        store = BlobCheckpointStore.from_connection_string(blobs, CONTAINER)
        host = eventhubs.settings.connection_string.split("//")[1].split(";")[0]
        reached = {
            each["partition_id"]: int(each["sequence_number"])
            for each in store.list_checkpoints(host, hub, "$Default")
        }
        before = len(second.told)
        sent |= send(eventhubs, hub, 160, 80)
        eventhubs.wait_until(lambda: second.owned == {"0", "1", "2", "3"}, "the second has all partitions")
        eventhubs.wait_until(
            lambda: {body for each in consumers for *_, body in each.events} == sent, "every event again"
        )
    finally:
        for each in consumers:
            each.process.kill()
            each.process.wait()
    after = [each for each in second.told[before:] if "body" in each]
    for partition in lost:
        # It goes on behind the last checkpoint: only what was not written down any more comes twice.
        first_seen = min(each["sequence"] for each in after if each["partition"] == partition)
        assert first_seen == reached[partition] + 1
    errors = [each["error"] for each in (*first.told, *second.told) if "error" in each]
    # Who loses a partition while they balance is told so.
    assert all("amqp:link:stolen" in error for error in errors)


def test_consumers_share_partitions_and_take_over_from_one_that_died(
    eventhubs: EventHubs, blobs: str, tmp_path: Path
) -> None:
    share_and_take_over(eventhubs, blobs, tmp_path / "consumers.log")


@pytest.mark.nightly
def test_they_do_so_with_microsofts_blob_emulator_too(
    eventhubs: EventHubs, azurite: str, tmp_path: Path
) -> None:
    share_and_take_over(eventhubs, azurite, tmp_path / "consumers.log")


def test_the_buffered_producer_delivers_each_event_once_and_in_order(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub(PARTITIONS)
    succeeded: list[str] = []
    failed: list[Any] = []

    def on_success(events: list[Any], partition_id: str | None) -> None:
        succeeded.extend(event.body_as_str() for event in events)

    producer = EventHubProducerClient.from_connection_string(
        eventhubs.settings.connection_string,
        eventhub_name=hub,
        buffered_mode=True,
        on_success=on_success,
        on_error=lambda events, partition_id, error: failed.append(error),
        max_wait_time=0.2,
        max_buffer_length=100,
    )
    keys = [f"customer-{number}" for number in range(5)]
    with producer:
        for number in range(1000):
            key = keys[number % len(keys)]
            producer.send_event(EventData(f"{key} {number:04}"), partition_key=key)
        producer.flush(timeout=60)
        assert producer.total_buffered_event_count == 0
    assert failed == []

    messages = eventhubs.kafka_receive(hub, partitions=PARTITIONS)
    bodies = [(message.value() or b"").decode() for message in messages]
    assert sorted(bodies) == sorted(succeeded) == sorted(f"{keys[n % 5]} {n:04}" for n in range(1000))
    for key in keys:
        own = [body for body in bodies if body.startswith(f"{key} ")]
        assert own == sorted(own)
        assert (
            len({m.partition() for m in messages if (m.value() or b"").startswith(f"{key} ".encode())}) == 1
        )
    assert len({partition_of(key.encode(), PARTITIONS) for key in keys}) > 1
