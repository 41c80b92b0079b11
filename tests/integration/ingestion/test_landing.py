from __future__ import annotations

import json
import shutil
import signal
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from pyspark.sql import SparkSession

from ingestion.errors import HubError, LandingError
from ingestion.land import Landed, run
from ingestion.settings import LandSettings
from ingestion.signals import StopRequest
from ingestion.simulator import Simulator
from tests.integration.ingestion.conftest import Emulator, Place, wait_until


def land(spark: SparkSession, place: Place, max_offsets: int = 100_000, from_table: bool = False) -> Landed:
    settings = LandSettings.load(place.environment)
    return run(spark, settings, None, max_offsets, from_table, StopRequest())


def has_more_commits(place: Place, count: int) -> bool:
    return place.commits > count


def test_what_is_sent_lands_once_untouched(place: Place, spark: SparkSession) -> None:
    place.summary("simulate", "--events", "3000", "--seed", "21")
    place.produce([b"", b"\xff\xfe", b"not json", b"[]"])
    began = datetime.now(UTC)
    assert place.summary("land")["landed"] == 3004
    assert place.landed() == place.held()
    for row in place.rows():
        assert row["event_hub"] == place.hub
        assert row["ingest_batch_id"] == 0
        enqueued_at, ingested_at = (row[name].replace(tzinfo=UTC) for name in ("enqueued_at", "ingested_at"))
        assert began < ingested_at < began + timedelta(minutes=2)
        assert began - timedelta(minutes=2) < enqueued_at < ingested_at
    assert land(spark, place).rows == 0
    assert place.landed() == place.held()


def test_keys_and_headers_land(place: Place, spark: SparkSession) -> None:
    from confluent_kafka import Producer

    producer = Producer(place._client)
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


def test_kill_9_loses_nothing_and_repeats_nothing(place: Place) -> None:
    place.produce(Simulator(22).take(40_000))
    for commits in (2, 5):
        ingester = place.start("land", "--max-offsets", "4000")
        try:
            wait_until(partial(has_more_commits, place, commits), "some batches have landed")
        finally:
            ingester.kill()
            ingester.communicate()
        assert len(place.landed()) < 40_000
    place.produce(Simulator(23).take(1000))
    place.summary("land", "--max-offsets", "10000")
    assert place.landed() == place.held()


def test_a_batch_that_was_written_but_not_recorded_is_not_written_again(
    place: Place, spark: SparkSession
) -> None:
    place.produce(Simulator(24).take(300))
    assert land(spark, place).rows == 300
    # What a kill leaves behind between Delta's commit and Spark's own.
    (place.folder / "checkpoint" / "commits" / "0").unlink()
    (place.folder / "checkpoint" / "commits" / ".0.crc").unlink()
    land(spark, place)
    assert place.landed() == place.held()
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
        assert "another ingester is running" in refused.stderr
        place.produce(Simulator(27).take(200))
        wait_until(lambda: len(place.landed()) == 300, "the second batch has landed")
        ingester.send_signal(signal.SIGTERM)
        stdout, stderr = ingester.communicate(timeout=60)
    finally:
        ingester.kill()
    assert (ingester.returncode, stderr) == (0, "")
    summary = json.loads(stdout)
    assert (summary["landed"], summary["batches"] >= 2) == (300, True)
    assert place.landed() == place.held()


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
    place.produce(Simulator(36).take(3))
    with pytest.raises(LandingError, match="it was recreated"):
        land(spark, place)
    assert place.landed() == before
