"""Messages per second of the landing stream, against a bare Kafka to Delta query with the same columns.

Both read the same hub in one Spark session, in turn, each into an empty table; ours records its batches, too.
The emulator must be up: `python -m emulators up`.

    python benchmarks/landing.py [--events N]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # re-exported
from pyspark.sql import SparkSession

from benchmarks.bars import at_least
from emulators import settings
from emulators.eventhubs import broker
from emulators.eventhubs.kafka_client import client_config
from emulators.runtime.environment import client_environment
from emulators.settings import Settings
from ingestion.console.signals import StopRequest
from ingestion.landing import kafka_source, stream
from ingestion.landing.spark_session import spark_session
from ingestion.settings import BronzeSettings, LandSettings
from ingestion.simulation.simulator import Simulator
from ingestion.tables import ingest_batches, order_events

HUB = "benchmark-landing"
PARTITIONS = 4
ROUNDS = 3
WARM_UP_EVENTS = 5_000
BAR = 0.75


def fill(chosen: Settings, count: int) -> None:
    """Put simulated events into the hub, as a Kafka client."""
    producer = Producer(client_config(chosen) | {"linger.ms": 50})
    simulator = Simulator(1)
    for _ in range(0, count, WARM_UP_EVENTS):
        for body in simulator.take(WARM_UP_EVENTS):
            producer.produce(HUB, body)
        producer.flush(60)


def create(spark: SparkSession, folder: Path) -> BronzeSettings:
    """Make the empty tables, as `bootstrap` and `up` do before anything lands; returns where they are."""
    place = BronzeSettings(str(folder), None, "bronze")
    for table in (order_events.DEFINITION, ingest_batches.DEFINITION):
        spark.sql(table.create_statement(f"delta.`{table.path_in(place)}`"))
    return place


def bare(spark: SparkSession, options: dict[str, str], folder: Path) -> float:
    """Seconds of the shortest query that lands the same rows."""
    place = create(spark, folder)
    began = time.perf_counter()
    query = (
        spark.readStream.format("kafka")
        .options(**options)
        .load()
        .selectExpr(*(each.format(batch_id=0) for each in order_events.select_expressions()))
        .writeStream.format("delta")
        .option("checkpointLocation", str(folder / "checkpoint"))
        .trigger(availableNow=True)
        .start(order_events.DEFINITION.path_in(place))
    )
    query.awaitTermination()
    return time.perf_counter() - began


def ours(spark: SparkSession, options: LandSettings, folder: Path, count: int) -> float:
    """Seconds of the landing stream, its checks included."""
    placed = replace(options, bronze=create(spark, folder), checkpoint=folder / "checkpoint")
    began = time.perf_counter()
    landed = stream.run(spark, placed, None, count, False, StopRequest())
    seconds = time.perf_counter() - began
    if landed.rows != count:
        raise SystemExit(f"{landed.rows} of {count} rows landed")
    return seconds


def measure(chosen: Settings, spark: SparkSession, count: int) -> tuple[float, float]:
    """The best seconds of the bare query and of ours."""
    base = LandSettings.load(os.environ | client_environment(chosen) | {"EVENTHUBS_HUB": HUB})
    options = kafka_source.source_options(base.kafka, count, "earliest")
    pairs = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            pairs.append((bare(spark, options, Path(one)), ours(spark, base, Path(other), count)))
    bare_seconds, our_seconds = (min(seconds) for seconds in zip(*pairs, strict=True))
    return bare_seconds, our_seconds


def main(
    events: Annotated[int, typer.Option(help="How many messages to land.")] = 500_000,
    bar: Annotated[float, typer.Option(help="The ratio it must reach.")] = BAR,
) -> None:
    """Print both rates and their ratio."""
    chosen = settings.load()
    if not broker.is_ready(chosen):
        typer.echo("The emulator is not up: run `python -m emulators up` first.", err=True)
        raise typer.Exit(1)
    events = max(WARM_UP_EVENTS, events - events % WARM_UP_EVENTS)
    os.environ.update(client_environment(chosen))
    admin = AdminClient(client_config(chosen))
    admin.create_topics([NewTopic(HUB, PARTITIONS, 1)])[HUB].result(timeout=20)
    try:
        with spark_session(on_databricks=False, log=None) as spark:
            fill(chosen, WARM_UP_EVENTS)
            measure(chosen, spark, WARM_UP_EVENTS)
            fill(chosen, events - WARM_UP_EVENTS)
            bare_seconds, our_seconds = measure(chosen, spark, events)
    finally:
        admin.delete_topics([HUB])[HUB].result(timeout=20)
    typer.echo(
        f"landing: {events / our_seconds:,.0f} messages/s  "
        f"bare query: {events / bare_seconds:,.0f} messages/s"
    )
    at_least("ratio", bare_seconds / our_seconds, bar)


if __name__ == "__main__":
    typer.run(main)
