"""A look at the hub before the stream starts: whether it answers, which partitions it has, how they begin."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from ingestion.errors import ConfigurationError, HubError
from ingestion.landing.spark_session import is_remote
from ingestion.landing.topic import Topic
from ingestion.landing.topic_by_admin import topic_by_admin
from ingestion.landing.topic_by_reading import topic_by_reading
from ingestion.settings import KafkaSettings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

REACH_SECONDS = 5.0


def reach(settings: KafkaSettings, warn: Callable[[str], None] = lambda _: None) -> None:
    """Fail at once when no broker listens; Kafka clients try for minutes.

    On Databricks this process may not reach what Spark does: there it is a warning.

    Raises:
        HubError: none of the bootstrap addresses accepts a connection.
    """
    reasons = []
    for address in settings.bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            socket.create_connection((host, int(port)), REACH_SECONDS).close()
        except OSError as error:
            reasons.append(f"{address.strip()} ({error.strerror or error})")
        else:
            return
    unreached = ", ".join(reasons)
    told = f"cannot reach the Kafka endpoint {unreached}: check EVENTHUBS_KAFKA_BOOTSTRAP, the network"
    if not settings.on_databricks:
        raise HubError(f"{told} and, locally, `python -m emulators status`.")
    warn(f"{told}. Spark may reach it all the same, and is asked next.")


def describe(
    spark: SparkSession, settings: KafkaSettings, warn: Callable[[str], None] = lambda _: None
) -> Topic:
    """Ask for the hub: by an admin client where the driver is in this process, else by reading from it.

    Raises:
        ConfigurationError: this kind of compute cannot sign in so.
        HubError: the credentials are refused, the hub does not exist, or nobody answers.
    """
    if is_remote(spark) and settings.on_databricks and settings.application:
        raise ConfigurationError(
            "AZURE_CLIENT_ID cannot be used here: serverless compute, and compute in standard access mode, "
            "run no OAuth callback handler of Kafka. Set EVENTHUBS_SERVICE_CREDENTIAL (Databricks Runtime "
            "16.1 or above) or EVENTHUBS_CONNECTION_STRING, or use compute in dedicated access mode."
        )
    if is_remote(spark) or settings.service_credential:
        return topic_by_reading(spark, settings, warn)
    return topic_by_admin(spark._jvm, settings)
