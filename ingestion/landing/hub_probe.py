"""A look at the hub before the stream starts: whether it answers, which partitions it has, how they begin."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ingestion.errors import HubError
from ingestion.landing.kafka_source import client_properties, token_endpoint
from ingestion.settings import KafkaSettings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

REACH_SECONDS = 5.0
ANSWER_SECONDS = 15

ALLOWED_URLS_PROPERTY = "org.apache.kafka.sasl.oauthbearer.allowed.urls"
"""JVM property without which newer Kafka clients refuse every token endpoint."""


class Oldest(NamedTuple):
    """The oldest message of a partition; `enqueued_at_ms`, since the epoch, is None where there is none."""

    offset: int
    enqueued_at_ms: int | None


class Topic(NamedTuple):
    """What a broker says of a hub: the id it gave it, if it gives ids, and how each partition begins."""

    topic_id: str | None
    partitions: Mapping[int, Oldest]


def reach(settings: KafkaSettings) -> None:
    """Fail at once when no broker listens; Kafka clients try for minutes.

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
    raise HubError(
        f"cannot reach the Kafka endpoint {', '.join(reasons)}: check EVENTHUBS_KAFKA_BOOTSTRAP, the network "
        "and, locally, `python -m emulators status`."
    )


def describe(spark: SparkSession, settings: KafkaSettings) -> Topic:
    """Ask for the hub, and wait no longer than `ANSWER_SECONDS`.

    Needs a session whose driver is in this process; with Spark Connect, and with a service credential,
    nothing is known, and the stream itself is the first to find out what is wrong.

    Raises:
        HubError: the credentials are refused, the hub does not exist, or nobody answers.
    """
    jvm: Any = getattr(spark, "_jvm", None)
    if jvm is None or settings.service_credential:
        return Topic(None, {})
    from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]

    if settings.application:
        jvm.System.setProperty(ALLOWED_URLS_PROPERTY, token_endpoint(settings.application.tenant_id))
    properties = jvm.java.util.Properties()
    for name, value in client_properties(settings).items():
        properties.setProperty(name, value)
    properties.setProperty("bootstrap.servers", settings.bootstrap)
    properties.setProperty("request.timeout.ms", str(ANSWER_SECONDS * 500))
    properties.setProperty("default.api.timeout.ms", str(ANSWER_SECONDS * 1000))
    package = jvm.kafkashaded.org.apache.kafka if settings.on_databricks else jvm.org.apache.kafka
    admin = None
    try:
        admin = package.clients.admin.AdminClient.create(properties)
        topics = jvm.java.util.Collections.singletonList(settings.hub)
        answer = admin.describeTopics(topics).allTopicNames()
        description = answer.get(ANSWER_SECONDS, jvm.java.util.concurrent.TimeUnit.SECONDS).get(settings.hub)
        identifier = description.topicId()
        # Brokers that give no ids answer with zeros.
        has_id = not identifier.equals(package.common.Uuid.ZERO_UUID)
        numbers = [int(each.partition()) for each in description.partitions()]
        spec = package.clients.admin.OffsetSpec
        earliest = _listed(jvm, package, admin, settings.hub, numbers, spec.earliest())
        # The first message at or after the epoch is the oldest; of an empty partition there is none.
        first = _listed(jvm, package, admin, settings.hub, numbers, spec.forTimestamp(0))
        partitions = {
            number: Oldest(int(earliest[number].offset()), _time_of(first[number])) for number in numbers
        }
        return Topic(str(identifier.toString()) if has_id else None, partitions)
    except Py4JJavaError as error:
        raise explained(_root_cause(error.java_exception), settings) from error
    finally:
        if admin is not None:
            admin.close(jvm.java.time.Duration.ZERO)


def _listed(jvm: Any, package: Any, admin: Any, hub: str, partitions: list[int], spec: Any) -> dict[int, Any]:
    """What the broker says of an offset of each partition, such as the earliest."""
    wanted = jvm.java.util.HashMap()
    places = {number: package.common.TopicPartition(hub, number) for number in partitions}
    for place in places.values():
        wanted.put(place, spec)
    second = jvm.java.util.concurrent.TimeUnit.SECONDS
    answer = admin.listOffsets(wanted).all().get(ANSWER_SECONDS, second)
    return {number: answer.get(place) for number, place in places.items()}


def _time_of(listed: Any) -> int | None:
    return int(listed.timestamp()) if listed.offset() >= 0 and listed.timestamp() >= 0 else None


def explained(failure: str, settings: KafkaSettings) -> HubError:
    """One line for what a Kafka client said."""
    where = f"Kafka endpoint {settings.bootstrap}"
    if "UnknownTopicOrPartition" in failure:
        return HubError(
            f"event hub {settings.hub!r} does not exist at {where}: create it or set EVENTHUBS_HUB."
        )
    if "Authentication" in failure or "Authorization" in failure or "LoginException" in failure:
        if settings.connection_string:
            source = "EVENTHUBS_CONNECTION_STRING"
        elif settings.service_credential:
            source = f"service credential {settings.service_credential!r}"
        else:
            source = "AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
        return HubError(
            f"{where} refuses {source} for hub {settings.hub!r}: check the key and its Listen right."
        )
    if "Timeout" in failure:
        return HubError(
            f"{where} did not answer within {ANSWER_SECONDS} s: check EVENTHUBS_KAFKA_BOOTSTRAP and "
            f"EVENTHUBS_KAFKA_SECURITY_PROTOCOL ({settings.security_protocol})."
        )
    return HubError(f"{where} failed: {' '.join(failure.split())[:300]}")


def _root_cause(throwable: Any) -> str:
    """What the first of a chain of Java exceptions says."""
    while throwable.getCause() is not None:
        throwable = throwable.getCause()
    return str(throwable.toString())
