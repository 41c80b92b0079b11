"""Event Hubs' Kafka endpoint, client side: the options of Spark's Kafka source, and a look at the topic."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ingestion.errors import HubError
from ingestion.settings import KafkaSettings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

REACH_SECONDS = 5.0
ANSWER_SECONDS = 15

DATABRICKS_PREFIX = "kafkashaded."
"""Databricks ships the Kafka client under another package name."""

ALLOWED_URLS_PROPERTY = "org.apache.kafka.sasl.oauthbearer.allowed.urls"
"""JVM property without which newer Kafka clients refuse every token endpoint."""

TIMEOUTS = {
    "request.timeout.ms": "60000",
    "session.timeout.ms": "30000",
    "metadata.max.age.ms": "180000",
    "connections.max.idle.ms": "180000",
}
"""What Microsoft recommends for the endpoint, which drops idle connections after 240 s."""


class Oldest(NamedTuple):
    """The oldest message of a partition; `enqueued_at_ms`, since the epoch, is None where there is none."""

    offset: int
    enqueued_at_ms: int | None


class Topic(NamedTuple):
    """What a broker says of a hub: the id it gave it, if it gives ids, and how each partition begins."""

    topic_id: str | None
    partitions: Mapping[int, Oldest]


def client_properties(settings: KafkaSettings) -> dict[str, str]:
    """Kafka client properties that prove who we are; empty with a service credential of Databricks."""
    if settings.service_credential:
        return {}
    properties = {"security.protocol": settings.security_protocol}
    if settings.connection_string:
        module = "org.apache.kafka.common.security.plain.PlainLoginModule"
        login = {"username": "$ConnectionString", "password": settings.connection_string}
        properties["sasl.mechanism"] = "PLAIN"
    elif settings.application:
        application = settings.application
        module = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"
        login = {
            "clientId": application.client_id,
            "clientSecret": application.client_secret,
            "scope": f"https://{application.namespace}/.default",
        }
        # Databricks' runtimes carry Kafka 3 clients, whose handler lives in `secured`; Kafka 4 moved it.
        package = "secured." if settings.on_databricks else ""
        properties |= {
            "sasl.mechanism": "OAUTHBEARER",
            "sasl.oauthbearer.token.endpoint.url": token_endpoint(application.tenant_id),
            "sasl.login.callback.handler.class": _shaded(
                f"org.apache.kafka.common.security.oauthbearer.{package}OAuthBearerLoginCallbackHandler",
                settings,
            ),
        }
    else:
        raise ValueError("no credentials in the Kafka settings")
    options = " ".join(f"{name}={_jaas_quoted(value)}" for name, value in login.items())
    properties["sasl.jaas.config"] = f"{_shaded(module, settings)} required {options};"
    return properties


def token_endpoint(tenant_id: str) -> str:
    """Where Entra ID hands out tokens to the applications of a tenant."""
    return f"https://login.microsoftonline.com/{tenant_id}/oauth2/v2.0/token"


def source_options(settings: KafkaSettings, max_offsets: int, starting_offsets: str) -> dict[str, str]:
    """Options of `spark.readStream.format("kafka")`.

    Args:
        settings: endpoint, hub and credentials.
        max_offsets: messages in one batch at most.
        starting_offsets: `earliest`, or offsets by partition as JSON; counts for a new checkpoint alone.
    """
    options = {
        "kafka.bootstrap.servers": settings.bootstrap,
        "subscribe": settings.hub,
        "startingOffsets": starting_offsets,
        "failOnDataLoss": "true",
        "includeHeaders": "true",
        "maxOffsetsPerTrigger": str(max_offsets),
    }
    options |= {f"kafka.{name}": value for name, value in (TIMEOUTS | client_properties(settings)).items()}
    if settings.service_credential:
        options["databricks.serviceCredential"] = settings.service_credential
    return options


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


def _shaded(name: str, settings: KafkaSettings) -> str:
    return f"{DATABRICKS_PREFIX if settings.on_databricks else ''}{name}"


def _jaas_quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
