"""Event Hubs' Kafka endpoint, client side: the options of Spark's Kafka source."""

from __future__ import annotations

from ingestion.settings import KafkaSettings

DATABRICKS_PREFIX = "kafkashaded."
"""Databricks ships the Kafka client under another package name."""

TIMEOUTS = {
    "request.timeout.ms": "60000",
    "session.timeout.ms": "30000",
    "metadata.max.age.ms": "180000",
    "connections.max.idle.ms": "180000",
}
"""What Microsoft recommends for the endpoint, which drops idle connections after 240 s."""


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
    return reading_options(settings) | {
        "subscribe": settings.hub,
        "startingOffsets": starting_offsets,
        "failOnDataLoss": "true",
        "includeHeaders": "true",
        "maxOffsetsPerTrigger": str(max_offsets),
    }


def reading_options(settings: KafkaSettings) -> dict[str, str]:
    """Options of Spark's Kafka source that any query of the hub needs, a batch query too."""
    options = {
        "kafka.bootstrap.servers": settings.bootstrap,
        # What a transaction wrote counts once it is committed, and never when it is aborted.
        "kafka.isolation.level": "read_committed",
    }
    options |= {f"kafka.{name}": value for name, value in (TIMEOUTS | client_properties(settings)).items()}
    if settings.service_credential:
        options["databricks.serviceCredential"] = settings.service_credential
    return options


def _shaded(name: str, settings: KafkaSettings) -> str:
    return f"{DATABRICKS_PREFIX if settings.on_databricks else ''}{name}"


def _jaas_quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
