from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import pytest

from ingestion.errors import HubError
from ingestion.landing.topic import Topic
from ingestion.landing.topic_by_reading import topic_by_reading
from ingestion.settings import KafkaSettings

SETTINGS = KafkaSettings("orders", "h:1", "SASL_SSL", on_databricks=True, connection_string="c")


def spark_that_says(failure: str) -> Any:
    """A session whose Kafka source fails so when it is given offsets of a partition that is not there."""
    spark = MagicMock()
    load = spark.read.format.return_value.options.return_value.load.return_value
    load.limit.return_value.collect.side_effect = RuntimeError(failure)
    return spark


def test_where_spark_does_not_list_partitions_nothing_is_known_and_that_is_told() -> None:
    warnings: list[str] = []
    spark = spark_that_says("[NEW_CLASS] Specified offsets are not those of all partitions.")
    assert topic_by_reading(spark, SETTINGS, warnings.append) == Topic(None, {})
    assert "does not tell the partitions of hub 'orders'" in warnings[0]


def test_a_hub_that_cannot_be_read_is_one_line() -> None:
    with pytest.raises(HubError, match="event hub 'orders' does not exist"):
        topic_by_reading(spark_that_says("UnknownTopicOrPartitionException"), SETTINGS, print)
