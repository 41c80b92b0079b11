"""A hub, as Kafka's admin client in the JVM of this process tells it."""

from __future__ import annotations

from typing import Any

from ingestion.landing.kafka_source import client_properties, token_endpoint
from ingestion.landing.topic import ANSWER_SECONDS, Oldest, Topic, explained
from ingestion.settings import KafkaSettings

ALLOWED_URLS_PROPERTY = "org.apache.kafka.sasl.oauthbearer.allowed.urls"
"""JVM property without which newer Kafka clients refuse every token endpoint."""


def topic_by_admin(jvm: Any, settings: KafkaSettings) -> Topic:
    """Ask for the hub, and wait no longer than `ANSWER_SECONDS`.

    Raises:
        HubError: the credentials are refused, the hub does not exist, or nobody answers.
    """
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


def _root_cause(throwable: Any) -> str:
    """What the first of a chain of Java exceptions says."""
    while throwable.getCause() is not None:
        throwable = throwable.getCause()
    return str(throwable.toString())
