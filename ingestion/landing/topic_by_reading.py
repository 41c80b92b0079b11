"""A hub, as batch queries of Spark's Kafka source tell it: over Spark Connect, and with service credentials.

There is no JVM to ask there, or none that may sign in. What is learnt is less exact: the oldest message of
each partition, not where its log begins, and no id of the topic.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial, reduce
from typing import TYPE_CHECKING

from ingestion.landing.kafka_source import reading_options
from ingestion.landing.topic import ANSWER_SECONDS, Oldest, Topic, explained, is_data_loss
from ingestion.settings import KafkaSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NO_PARTITION = 2**31 - 1
"""A number that no partition has."""

PATIENCE = {
    "kafka.default.api.timeout.ms": str(ANSWER_SECONDS * 1000),
    "kafka.request.timeout.ms": str(ANSWER_SECONDS * 500),
}
"""How long these queries wait for an answer."""


def topic_by_reading(spark: SparkSession, settings: KafkaSettings, warn: Callable[[str], None]) -> Topic:
    """Read the oldest message of each partition.

    Args:
        spark: the session, of whichever kind.
        settings: endpoint, hub and credentials.
        warn: told when nothing can be learnt, which leaves the stream to find out what is wrong.

    Raises:
        HubError: the credentials are refused, the hub does not exist, or nobody answers.
    """
    numbers = _partitions(spark, settings)
    if not numbers:
        warn(
            f"Spark does not tell the partitions of hub {settings.hub!r}: whether messages expired, or the "
            "hub was recreated, is not checked before landing."
        )
        return Topic(None, {})
    reads = [
        _read(spark, settings, number, "earliest")
        .selectExpr("partition", "offset", "unix_millis(timestamp)")
        .limit(1)
        for number in numbers
    ]
    try:
        found = {int(row[0]): Oldest(int(row[1]), int(row[2])) for row in _united(reads).collect()}
    except Exception as error:
        raise explained(str(error), settings) from error
    oldest = {number: found.get(number, Oldest(None, None)) for number in numbers}
    return Topic(None, oldest, partial(_gone, spark, settings))


def _partitions(spark: SparkSession, settings: KafkaSettings) -> list[int]:
    """The hub's partitions, which Spark lists when given offsets of another one; none if it does not."""
    wanted = json.dumps({settings.hub: {str(NO_PARTITION): 0}})
    options = reading_options(settings) | PATIENCE
    options |= {"subscribe": settings.hub, "startingOffsets": wanted}
    try:
        spark.read.format("kafka").options(**options).load().limit(1).collect()
    except Exception as error:
        failure = str(error)
        listed = re.findall(rf"\b{re.escape(settings.hub)}-(\d+)\b", failure)
        if numbers := sorted({int(number) for number in listed} - {NO_PARTITION}):
            return numbers
        if "pecified" not in failure:
            raise explained(failure, settings) from error
    return []


def _read(spark: SparkSession, settings: KafkaSettings, partition: int, starting: str) -> DataFrame:
    """The messages of one partition, from `earliest` or an offset of it on."""
    options = reading_options(settings) | PATIENCE
    options |= {
        "assign": json.dumps({settings.hub: [partition]}),
        "startingOffsets": starting,
        "failOnDataLoss": "true",
    }
    return spark.read.format("kafka").options(**options).load()


def _united(reads: list[DataFrame]) -> DataFrame:
    return reduce(lambda one, other: one.unionAll(other), reads)


def _gone(spark: SparkSession, settings: KafkaSettings, wanted: Mapping[int, int]) -> list[int]:
    """The partitions that cannot be read from these offsets on, because the hub no longer holds them.

    Marks of Kafka transactions can lie between an offset that is held and the oldest message.
    """
    gone = []
    for number, offset in wanted.items():
        starting = json.dumps({settings.hub: {str(number): offset}})
        try:
            _read(spark, settings, number, starting).select("offset").limit(1).collect()
        except Exception as error:
            if not is_data_loss(str(error)):
                raise explained(str(error), settings) from error
            gone.append(number)
    return gone
