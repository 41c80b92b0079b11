"""Events per second of the producer with a cursor, against a bare create_batch/send_batch loop.

Both have the bodies ready in memory and go through the same SDK to the same hub in one run. A third figure is
`send FILE` as a whole, which also reads the lines and checks that each is JSON. The emulator must be up:
`python -m emulators up`.

    python benchmarks/producer.py [--events N]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer
from azure.eventhub import EventData, EventHubProducerClient
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # re-exported

from benchmarks.bars import at_least
from emulators import settings
from emulators.eventhubs import front
from emulators.eventhubs.kafka_client import client_config
from ingestion.sending.cursor import Cursor
from ingestion.sending.line_files import RejectFile
from ingestion.sending.lines import LineSender
from ingestion.sending.producer import Producer
from ingestion.settings import HubSettings
from ingestion.simulation.simulator import Simulator

HUB = "benchmark-producer"
PARTITIONS = 4
ROUNDS = 3
BAR = 0.8


def bare(connection_string: str, bodies: list[bytes]) -> float:
    """Seconds of the loop that the SDK's documentation shows."""
    client = EventHubProducerClient.from_connection_string(connection_string, eventhub_name=HUB)
    with client:
        batch = client.create_batch()  # The link is up before the clock runs.
        began = time.perf_counter()
        for body in bodies:
            try:
                batch.add(EventData(body))
            except ValueError:
                client.send_batch(batch)
                batch = client.create_batch()
                batch.add(EventData(body))
        client.send_batch(batch)
        return time.perf_counter() - began


@contextmanager
def opened(connection_string: str, file: Path) -> Iterator[tuple[Producer, LineSender, Cursor]]:
    """A producer that keeps a cursor beside a file."""
    hub = HubSettings.load({"EVENTHUBS_CONNECTION_STRING": connection_string, "EVENTHUBS_HUB": HUB})
    with (
        RejectFile(file.with_suffix(".rejected")) as rejects,
        Cursor(file.with_suffix(".cursor"), HUB) as cursor,
    ):
        sender = LineSender(rejects, cursor)
        with Producer(hub, journal=sender) as producer:
            yield producer, sender, cursor
        cursor.finish()


def ours(connection_string: str, file: Path, bodies: list[bytes]) -> float:
    """Seconds of the producer, with a cursor."""
    with opened(connection_string, file) as (producer, _, cursor):
        began = time.perf_counter()
        for body in bodies:
            producer.add(body)
            cursor.passed(body)
        producer.flush()
        return time.perf_counter() - began


def whole(connection_string: str, file: Path) -> float:
    """Seconds of `send FILE`, from the open link on."""
    with opened(connection_string, file) as (producer, sender, _), file.open("rb") as lines:
        began = time.perf_counter()
        sender.send(producer, lines, lambda: False)
        return time.perf_counter() - began


def main(
    events: Annotated[int, typer.Option(help="How many events each round sends.")] = 30_000,
    bar: Annotated[float, typer.Option(help="The ratio it must reach.")] = BAR,
) -> None:
    """Print the best rate of each and their ratio."""
    chosen = settings.load()
    if not front.is_ready(chosen):
        typer.echo("The emulator is not up: run `python -m emulators up` first.", err=True)
        raise typer.Exit(1)
    bodies = Simulator(1).take(events)
    admin = AdminClient(client_config(chosen))
    admin.create_topics([NewTopic(HUB, PARTITIONS, 1)])[HUB].result(timeout=20)
    try:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "events.jsonl"
            file.write_bytes(b"\n".join(bodies) + b"\n")
            hub = chosen.connection_string
            # In turn, so that whatever else the machine does hits all.
            turns = [(bare(hub, bodies), ours(hub, file, bodies), whole(hub, file)) for _ in range(ROUNDS)]
    finally:
        admin.delete_topics([HUB])[HUB].result(timeout=20)
    bare_rate, our_rate, whole_rate = (events / min(seconds) for seconds in zip(*turns, strict=True))
    typer.echo(
        f"producer: {our_rate:,.0f} events/s  bare loop: {bare_rate:,.0f} events/s  "
        f"send FILE: {whole_rate:,.0f} events/s"
    )
    at_least("ratio", our_rate / bare_rate, bar)


if __name__ == "__main__":
    typer.run(main)
