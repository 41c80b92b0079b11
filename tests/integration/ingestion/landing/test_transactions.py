"""Kafka transactions: what a `read_committed` consumer sees lands and nothing else, and offsets have gaps."""

from __future__ import annotations

import shutil
import uuid
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from pyspark.sql import SparkSession

from emulators.settings import REPOSITORY
from ingestion.console.signals import StopRequest
from ingestion.landing.stream import Landed, run
from ingestion.settings import LandSettings
from ingestion.tables.ingest_batches import TABLE as BATCHES
from ingestion.tables.order_events import TABLE
from ingestion.verification import searches
from tests.integration.ingestion.conftest import PARTITIONS, Place, Position


def land(spark: SparkSession, place: Place, max_offsets: int = 100_000, from_table: bool = False) -> Landed:
    settings = LandSettings.load(place.environment)
    return run(spark, settings, None, max_offsets, from_table, StopRequest())


class Transaction:
    """Messages of one Kafka transaction, still open."""

    def __init__(self, place: Place, partition: int, bodies: list[bytes]) -> None:
        self._producer = Producer(place.kafka.config | {"transactional.id": str(uuid.uuid4())})
        self._producer.init_transactions(30)
        self._producer.begin_transaction()
        for body in bodies:
            self._producer.produce(place.hub, body, partition=partition)
        assert self._producer.flush(30) == 0

    def commit(self) -> None:
        self._producer.commit_transaction(30)

    def abort(self) -> None:
        self._producer.abort_transaction(30)


def committed(place: Place) -> dict[Position, bytes]:
    """What a consumer sees that reads committed messages only, to the end of each partition."""
    consumer = Consumer(
        place.kafka.config
        | {
            "group.id": "committed",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(place.hub, partition, 0) for partition in range(PARTITIONS)])
    messages: dict[Position, bytes] = {}
    ended = 0
    while ended < PARTITIONS:
        message = consumer.poll(30)
        assert message is not None
        if (error := message.error()) is not None:
            assert error.code() == KafkaError._PARTITION_EOF, error
            ended += 1
        else:
            messages[message.partition() or 0, message.offset() or 0] = message.value() or b""
    consumer.close()
    return messages


def complaints(spark: SparkSession, place: Place, test: str) -> list[Any]:
    """The rows that a test of the dbt project finds in the tables of this place."""
    macros = (REPOSITORY / "macros/testing/ingest_batch_ranges.sql").read_text()
    text = (REPOSITORY / f"tests/dbt/singular/{test}.sql").read_text()
    template = jinja2.Environment(autoescape=False).from_string(macros + text)  # noqa: S701 - SQL
    sql = template.render(
        source=lambda _, table: f"delta.`{place.folder}/bronze/{table}`", config=lambda **_: ""
    )
    return spark.sql(sql).collect()


def check(spark: SparkSession, place: Place) -> list[dict[str, Any]]:
    """See to it that bronze holds what is committed, and that its record says so; returns the record."""
    assert place.landed() == committed(place)
    for test in ("assert_every_ingest_batch_is_in_bronze", "assert_ingest_batches_leave_no_gap"):
        assert complaints(spark, place, test) == []
    batches = sorted(place.rows(BATCHES), key=lambda row: row["ingest_batch_id"])
    assert sum(batch["row_count"] for batch in batches) == len(place.rows())
    assert [batch["ingest_batch_id"] for batch in batches] == list(range(len(batches)))
    return batches


def missing(spark: SparkSession, place: Place) -> list[tuple[Any, ...]]:
    """What `verify` finds missing in bronze, beside a silver that holds nothing."""
    landed = f"delta.`{place.folder}/bronze/{TABLE}`"
    warehouse: Any = SimpleNamespace(
        landed=landed,
        recorded=f"delta.`{place.folder}/bronze/{BATCHES}`",
        table=lambda _: f"(select * from {landed} where false)",
    )
    return sorted(tuple(row) for row in spark.sql(searches._gaps_in_bronze(warehouse).query).collect())


def bodies(count: int, name: str) -> list[bytes]:
    return [f"{name} {number}".encode() for number in range(count)]


def fill(place: Place) -> Transaction:
    """Committed, aborted and plain messages by turns; returns the transaction that is still open."""
    for partition in (0, 1):
        Transaction(place, partition, bodies(5, "committed")).commit()
        Transaction(place, partition, bodies(3, "aborted")).abort()
        place.produce(bodies(2, "plain"), partition=partition)
    Transaction(place, 0, bodies(4, "committed last")).commit()  # its mark ends the partition
    Transaction(place, 2, bodies(6, "aborted")).abort()  # a partition without any message
    place.produce(bodies(2, "before"), partition=3)
    still_open = Transaction(place, 3, bodies(3, "open"))
    place.produce(bodies(2, "after"), partition=3)
    return still_open


@pytest.mark.parametrize("max_offsets", [100_000, pytest.param(3, marks=pytest.mark.nightly)])
def test_what_is_committed_lands_and_nothing_else(
    place: Place, spark: SparkSession, max_offsets: int
) -> None:
    still_open = fill(place)
    landed = land(spark, place, max_offsets)
    assert (landed.rows, landed.lag) == (5 + 2 + 5 + 2 + 4 + 2, 0)  # up to the open transaction
    batches = check(spark, place)
    assert (len(batches) > 1) == (max_offsets == 3)
    assert land(spark, place).rows == 0
    still_open.commit()
    assert land(spark, place).rows == 3 + 2
    assert len(check(spark, place)) == len(batches) + 1
    assert not [row for row in place.rows() if b"aborted" in row["body"]]


def test_an_open_transaction_that_is_aborted_never_lands(place: Place, spark: SparkSession) -> None:
    still_open = fill(place)
    land(spark, place)
    still_open.abort()
    assert land(spark, place).rows == 2
    check(spark, place)


def test_marks_at_the_end_of_a_partition_are_neither_read_again_nor_missed(
    place: Place, spark: SparkSession
) -> None:
    fill(place).abort()
    land(spark, place)
    # What has landed may expire, marks and all, whether or not the checkpoint is kept.
    place.delete_records({0: 17, 1: 12, 2: 7, 3: 8})
    assert land(spark, place).rows == 0
    shutil.rmtree(place.folder / "checkpoint")
    assert land(spark, place, from_table=True).rows == 0
    place.produce(bodies(2, "later"), partition=0)
    place.produce(bodies(1, "first"), partition=2)
    assert land(spark, place).rows == 3
    assert sorted(body for body in committed(place).values()) == [b"first 0", b"later 0", b"later 1"]
    for test in ("assert_every_ingest_batch_is_in_bronze", "assert_ingest_batches_leave_no_gap"):
        assert complaints(spark, place, test) == []
    assert len(place.rows()) == len(place.landed()) == 22 + 3


@pytest.mark.parametrize("is_checkpoint_lost", [pytest.param(False, marks=pytest.mark.nightly), True])
def test_a_batch_with_gaps_that_was_not_recorded_is_found_again(
    place: Place, spark: SparkSession, is_checkpoint_lost: bool
) -> None:
    Transaction(place, 0, bodies(3, "committed")).commit()
    land(spark, place)
    shutil.copytree(place.folder / "bronze" / BATCHES, place.folder / "record")
    Transaction(place, 0, bodies(2, "aborted")).abort()
    Transaction(place, 0, bodies(2, "committed")).commit()
    land(spark, place)
    # What a kill leaves behind before the batch is recorded.
    shutil.rmtree(place.folder / "bronze" / BATCHES)
    (place.folder / "record").rename(place.folder / "bronze" / BATCHES)
    if is_checkpoint_lost:
        shutil.rmtree(place.folder / "checkpoint")
    assert land(spark, place, from_table=is_checkpoint_lost).rows == 0
    batches = check(spark, place)
    assert [(batch["row_count"], batch["is_recovered"]) for batch in batches][:2] == [(3, False), (2, True)]
    place.produce(bodies(1, "later"), partition=0)
    assert land(spark, place).rows == 1
    check(spark, place)


def test_a_lost_message_is_still_noticed(place: Place, spark: SparkSession) -> None:
    Transaction(place, 0, bodies(3, "aborted")).abort()
    place.produce(bodies(3, "plain"), partition=0)
    land(spark, place)
    check(spark, place)
    assert missing(spark, place) == []
    spark.sql(
        f"alter table delta.`{place.folder}/bronze/{TABLE}` set tblproperties ('delta.appendOnly' = 'false')"
    )
    spark.sql(f"delete from delta.`{place.folder}/bronze/{TABLE}` where offset = 5")
    (complaint,) = complaints(spark, place, "assert_every_ingest_batch_is_in_bronze")
    assert (complaint["recorded_count"], complaint["landed_count"]) == (3, 2)
    # The batch also took what was aborted, and the mark of that, which a broker may write after what follows.
    assert sum(row[1] for row in missing(spark, place)) == 3 + 1 + 1
