from __future__ import annotations

import json
import shutil
import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import SparkSession

from ingestion.console.signals import StopRequest
from ingestion.errors import HubError, LandingError
from ingestion.landing.stream import Landed, run
from ingestion.settings import BronzeSettings, LandSettings
from ingestion.simulation.simulator import Simulator
from ingestion.tables import bootstrap, ingest_batches, order_events
from tests.integration.ingestion.conftest import Emulator, Place, wait_until

STALL_SECONDS = 60.0
"""A batch takes about one, on a machine that is busy with much else ten."""


def land(spark: SparkSession, place: Place, max_offsets: int = 100_000, from_table: bool = False) -> Landed:
    settings = LandSettings.load(place.environment)
    return run(spark, settings, None, max_offsets, from_table, StopRequest())


def test_what_is_sent_lands_once_untouched(place: Place, spark: SparkSession) -> None:
    place.summary("simulate", "--events", "3000", "--seed", "21")
    place.produce([b"", b"\xff\xfe", b"not json", b"[]"])
    began = datetime.now(UTC)
    metrics = place.folder / "batches.jsonl"
    assert place.summary("land", "--metrics", str(metrics))["landed"] == 3004
    assert place.landed() == place.held()
    (batch,) = place.check_batches()
    (line,) = map(json.loads, metrics.read_text().splitlines())
    assert line.keys() == batch.keys()
    same = ("event_hub", "ingest_batch_id", "checkpoint_id", "ingester_run_id", "partitions", "row_count")
    assert {name: line[name] for name in same} == {name: batch[name] for name in same}
    assert (batch["lag_count"], batch["is_recovered"]) == (0, False)
    assert all(batch[f"{stage}_seconds"] >= 0 for stage in ("total", "plan", "write", "log"))
    assert batch["rows_per_second"] > 0
    for row in place.rows():
        assert row["event_hub"] == place.hub
        assert row["ingest_batch_id"] == 0
        enqueued_at, ingested_at = (row[name].replace(tzinfo=UTC) for name in ("enqueued_at", "ingested_at"))
        assert began < ingested_at < began + timedelta(minutes=2)
        assert began - timedelta(minutes=2) < enqueued_at < ingested_at
    assert land(spark, place).rows == 0
    assert place.landed() == place.held()


def test_what_found_an_empty_hub_is_no_batch(place: Place, spark: SparkSession) -> None:
    for _ in range(2):
        assert land(spark, place).rows == 0
        assert place.check_batches() == []
    place.produce([b"{}"])
    assert land(spark, place).rows == 1
    assert [batch["ingest_batch_id"] for batch in place.check_batches()] == [1]


def test_keys_and_headers_land(place: Place, spark: SparkSession) -> None:
    from confluent_kafka import Producer

    producer = Producer(place.kafka.config)
    producer.produce(place.hub, b"{}", key=b"k1", headers=[("source", b"\xa1\x03web"), ("empty", None)])
    producer.produce(place.hub, None, key=b"k2")
    assert producer.flush(20) == 0
    assert land(spark, place).rows == 2
    rows = {row["key"]: row for row in place.rows()}
    assert rows[b"k1"]["headers"] == [
        {"key": "source", "value": b"\xa1\x03web"},
        {"key": "empty", "value": None},
    ]
    assert rows[b"k2"]["body"] is None


def test_a_batch_that_was_written_but_not_recorded_is_not_written_again(
    place: Place, spark: SparkSession
) -> None:
    place.produce(Simulator(24).take(300))
    assert land(spark, place).rows == 300
    # What a kill leaves behind between Delta's commit and Spark's own.
    (place.folder / "checkpoint" / "commits" / "0").unlink()
    (place.folder / "checkpoint" / "commits" / ".0.crc").unlink()
    shutil.rmtree(place.folder / "bronze" / "ingest_batches")
    land(spark, place)
    assert place.landed() == place.held()
    (batch,) = place.check_batches()
    assert (batch["is_recovered"], batch["lag_count"]) == (True, None)
    place.produce(Simulator(25).take(50))
    assert land(spark, place).rows == 50
    assert place.landed() == place.held()


def test_continuous_landing_stops_at_sigterm_and_says_what_it_did(place: Place) -> None:
    place.produce(Simulator(26).take(100))
    ingester = place.start("land", "--trigger", "processing-time", "--interval", "0.5", "--json")
    try:
        wait_until(lambda: place.commits > 1, "the first batch has landed")
        refused = place.run("land")
        assert refused.returncode == 1
        assert "another ingester is running on checkpoint" in refused.stderr
        refused = place.run("land", INGESTION_CHECKPOINT=str(place.folder / "other"))
        assert refused.returncode == 1
        assert f"another ingester lands hub '{place.hub}'" in refused.stderr
        place.produce(Simulator(27).take(200))
        wait_until(lambda: len(place.landed()) == 300, "the second batch has landed")
        ingester.send_signal(signal.SIGTERM)
        stdout, stderr = ingester.communicate(timeout=240)
    finally:
        ingester.kill()
    assert (ingester.returncode, stderr) == (0, "")
    summary = json.loads(stdout)
    assert (summary["landed"], summary["batches"] >= 2, summary["stopped"]) == (300, True, True)
    assert place.landed() == place.held()
    # Once it runs nothing stalls, neither within a batch nor between two of them.
    first, *later = place.check_batches()
    assert all(batch["total_seconds"] < STALL_SECONDS for batch in later)
    waited = [
        (row["ingested_at"] - row["enqueued_at"]).total_seconds()
        for row in place.rows()
        if row["ingest_batch_id"] > first["ingest_batch_id"]
    ]
    assert len(waited) == 200
    assert max(waited) < STALL_SECONDS


def test_sigterm_ends_one_pass_after_a_batch_and_the_next_one_goes_on(
    place: Place, spark: SparkSession
) -> None:
    place.produce(Simulator(41).take(3000))
    ingester = place.start("land", "--max-offsets", "100", "--json")
    try:
        wait_until(lambda: place.commits > 2, "two batches have landed")
        ingester.send_signal(signal.SIGTERM)
        stdout, stderr = ingester.communicate(timeout=240)
    finally:
        ingester.kill()
    assert (ingester.returncode, stderr) == (0, "")
    summary = json.loads(stdout)
    assert summary["stopped"]
    assert 0 < summary["landed"] < 3000
    assert summary["landed"] + summary["lag"] == 3000
    # The batch that had begun may have reached the table.
    assert 3000 - len(place.landed()) <= land(spark, place).rows + 100
    assert place.landed() == place.held()
    place.check_batches()


def test_sigterm_during_the_start_ends_in_order(place: Place) -> None:
    place.produce(Simulator(42).take(10))
    ingester = place.start("land", "--json")
    try:
        wait_until((place.folder / "checkpoint" / "ingester.lock").exists, "the lock is taken")
        ingester.send_signal(signal.SIGTERM)
        stdout, stderr = ingester.communicate(timeout=240)
    finally:
        ingester.kill()
    assert (ingester.returncode, stderr) == (0, "")
    assert json.loads(stdout)["stopped"]


def test_a_wrong_key_is_one_line(place: Place) -> None:
    settings = place.settings
    answer = place.run(
        "land", EVENTHUBS_CONNECTION_STRING=settings.connection_string.replace(settings.sas_key, "d3Jvbmc=")
    )
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith("error: Kafka endpoint")
    assert "refuses EVENTHUBS_CONNECTION_STRING" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_nobody_listening_is_one_line(place: Place) -> None:
    answer = place.run("land", EVENTHUBS_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: cannot reach the Kafka endpoint 127.0.0.1:1")
    assert answer.stderr.count("\n") == 1


def test_a_missing_hub_is_named(emulator: Emulator, spark: SparkSession) -> None:
    place = emulator.place(with_hub=False)
    with pytest.raises(HubError, match=f"event hub '{place.hub}' does not exist"):
        land(spark, place)
    assert not (place.folder / "checkpoint").exists()


def test_a_new_checkpoint_on_a_filled_table_is_refused_until_told_to_go_on(
    place: Place, spark: SparkSession
) -> None:
    place.produce(Simulator(28).take(300), partition=1)
    land(spark, place)
    shutil.rmtree(place.folder / "checkpoint")
    place.produce(Simulator(29).take(100))
    with pytest.raises(LandingError, match="already holds messages of hub"):
        land(spark, place)
    assert land(spark, place, from_table=True).rows == 100
    assert place.landed() == place.held()
    place.produce(Simulator(30).take(10))
    assert land(spark, place).rows == 10
    assert place.landed() == place.held()
    assert [batch["ingest_batch_id"] for batch in place.check_batches()] == [0, 1, 2]


def test_tables_by_name_are_the_owners_to_create(place: Place, spark: SparkSession) -> None:
    loaded = LandSettings.load(place.environment)
    named = BronzeSettings(None, "spark_catalog", "by_name", "by_name_ops")
    settings = replace(loaded, bronze=named)
    place.produce(Simulator(43).take(20))
    tables = (order_events.DEFINITION, ingest_batches.DEFINITION)
    for table in tables:
        with pytest.raises(LandingError, match=f"`{table.name}` does not exist"):
            run(spark, settings, None, 1000, False, StopRequest())
        assert not settings.checkpoint.exists()
        for statement in table.bootstrap_statements(named):
            spark.sql(statement)
    for count in (20, 30):
        assert run(spark, settings, None, 1000, False, StopRequest()).rows == count
        place.produce(Simulator(44).take(30))
    messages, record = (spark.table(table.name_in(named)) for table in tables)
    assert messages.select("partition", "offset").distinct().count() == messages.count() == 50
    assert [row["row_count"] for row in record.orderBy("ingest_batch_id").collect()] == [20, 30]
    spark.sql(f"drop table {order_events.DEFINITION.name_in(named)}")
    for statement in bootstrap.statements(named):
        spark.sql(statement)
    with pytest.raises(LandingError, match="belongs to another table"):
        run(spark, settings, None, 1000, False, StopRequest())


def test_an_old_copy_of_the_checkpoint_is_refused(place: Place, spark: SparkSession) -> None:
    place.produce(Simulator(31).take(100))
    land(spark, place)
    shutil.copytree(place.folder / "checkpoint", place.folder / "copy")
    place.produce(Simulator(32).take(100))
    land(spark, place)
    shutil.rmtree(place.folder / "checkpoint")
    (place.folder / "copy").rename(place.folder / "checkpoint")
    with pytest.raises(LandingError, match="older than what"):
        land(spark, place)
    assert place.landed() == place.held()


def test_a_table_that_was_made_anew_is_refused(place: Place, spark: SparkSession) -> None:
    place.produce(Simulator(33).take(100))
    land(spark, place)
    shutil.rmtree(place.folder / "bronze")
    with pytest.raises(LandingError, match="belongs to another table"):
        land(spark, place)


def test_a_hub_that_was_recreated_is_refused(place: Place, spark: SparkSession) -> None:
    place.produce(Simulator(34).take(100))
    land(spark, place)
    before = place.landed()
    place.delete_hub()
    place.create_hub()
    place.produce(Simulator(35).take(500))
    with pytest.raises(LandingError, match="it was recreated"):
        land(spark, place)
    # Without ids of topics, the offsets that went back are noticed.
    identity = place.folder / "checkpoint" / "ingester.json"
    identity.write_text(json.dumps(json.loads(identity.read_text()) | {"topic_id": None}))
    place.delete_hub()
    place.create_hub()
    place.produce(Simulator(36).take(900))
    with pytest.raises(LandingError, match="it was recreated"):
        land(spark, place)
    assert place.landed() == before


def test_messages_that_expired_before_they_landed_are_named(place: Place, spark: SparkSession) -> None:
    place.produce(Simulator(37).take(20), partition=1)
    land(spark, place)
    # What has landed may expire.
    place.delete_records({1: 20})
    assert land(spark, place).rows == 0
    place.produce(Simulator(38).take(30), partition=1)
    place.delete_records({1: 25})
    expired = "no longer holds offsets 20 to 24 of partition 1: they expired"
    with pytest.raises(LandingError, match=expired):
        land(spark, place)
    shutil.rmtree(place.folder / "checkpoint")
    with pytest.raises(LandingError, match=expired):
        land(spark, place, from_table=True)
    assert len(place.landed()) == 20
