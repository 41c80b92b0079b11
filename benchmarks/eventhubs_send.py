"""Events per second that the SDK sends through the local Event Hubs, against a bare Kafka producer.

Both send the same bytes to hubs of the same broker in one run, so that their ratio says what AMQP costs, SDK
included, whatever the machine does. The emulator must be up: `python -m emulators up`.

    python benchmarks/eventhubs_send.py [--events N] [--size BYTES]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer
from azure.eventhub import EventData, EventHubProducerClient
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # re-exported

from benchmarks.bars import at_least
from emulators import settings
from emulators.eventhubs import front
from emulators.eventhubs.kafka_client import client_config
from emulators.settings import Settings

HUB = "benchmark-send"
PARTITIONS = 4
BAR = 0.02


def send_by_amqp(chosen: Settings, body: bytes, count: int) -> float:
    """Events per second through the SDK, batch by batch, each acknowledged before the next."""
    producer = EventHubProducerClient.from_connection_string(chosen.connection_string, eventhub_name=HUB)
    with producer:
        producer.send_event(EventData(body))  # The link is up before the clock runs.
        started = time.perf_counter()
        sent = 0
        while sent < count:
            batch = producer.create_batch()
            try:
                while sent + len(batch) < count:
                    batch.add(EventData(body))
            except ValueError:
                pass  # The batch is full.
            producer.send_batch(batch)
            sent += len(batch)
        return count / (time.perf_counter() - started)


def send_by_kafka(chosen: Settings, body: bytes, count: int) -> float:
    """Events per second of an idempotent Kafka producer, all acknowledged."""
    producer = Producer(client_config(chosen) | {"enable.idempotence": True, "acks": "all"})
    producer.produce(HUB, body)
    producer.flush(30)
    started = time.perf_counter()
    for _ in range(count):
        while True:
            try:
                producer.produce(HUB, body)
                break
            except BufferError:
                producer.poll(0.05)
    producer.flush(60)
    return count / (time.perf_counter() - started)


def main(
    events: Annotated[int, typer.Option(help="How many events each of the two sends.")] = 100_000,
    size: Annotated[int, typer.Option(help="Bytes per event.")] = 420,
    bar: Annotated[float, typer.Option(help="The ratio it must reach.")] = BAR,
) -> None:
    """Print both rates and their ratio."""
    chosen = settings.load()
    if not front.is_ready(chosen):
        typer.echo("The emulator is not up: run `python -m emulators up` first.", err=True)
        raise typer.Exit(1)
    admin = AdminClient(client_config(chosen))
    admin.create_topics([NewTopic(HUB, PARTITIONS, 1)])[HUB].result(timeout=20)
    try:
        body = b"x" * size
        amqp = send_by_amqp(chosen, body, events)
        kafka = send_by_kafka(chosen, body, events)
    finally:
        admin.delete_topics([HUB])[HUB].result(timeout=20)
    typer.echo(f"azure-eventhub: {amqp:,.0f} events/s  bare Kafka: {kafka:,.0f} events/s")
    at_least("ratio", amqp / kafka, bar)


if __name__ == "__main__":
    typer.run(main)
