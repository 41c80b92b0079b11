from __future__ import annotations

from ingestion.landing import kafka_source
from ingestion.settings import KafkaSettings

CONNECTION_STRING = 'Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=k\\"y='
BY_KEY = {"EVENTHUBS_CONNECTION_STRING": CONNECTION_STRING, "EVENTHUBS_HUB": "orders"}
BY_ENTRA = {
    "EVENTHUBS_NAMESPACE": "shop.servicebus.windows.net",
    "AZURE_TENANT_ID": "tenant-1",
    "AZURE_CLIENT_ID": "client-1",
    "AZURE_CLIENT_SECRET": "hush",
}
ON_DATABRICKS = {"DATABRICKS_RUNTIME_VERSION": "15.4"}


def options(environment: dict[str, str]) -> dict[str, str]:
    return kafka_source.source_options(KafkaSettings.load(environment), 1000, "earliest")


def test_with_a_key_the_password_is_the_whole_connection_string() -> None:
    built = options(BY_KEY)
    assert built["kafka.bootstrap.servers"] == "shop.servicebus.windows.net:9093"
    assert built["kafka.security.protocol"] == "SASL_SSL"
    assert built["kafka.sasl.mechanism"] == "PLAIN"
    assert built["kafka.sasl.jaas.config"] == (
        'org.apache.kafka.common.security.plain.PlainLoginModule required username="$ConnectionString" '
        'password="Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=k\\\\\\"y=";'
    )


def test_nothing_is_lost_and_headers_are_kept() -> None:
    built = options(BY_KEY)
    assert built["subscribe"] == "orders"
    assert built["failOnDataLoss"] == "true"
    assert built["kafka.isolation.level"] == "read_committed"
    assert built["includeHeaders"] == "true"
    assert built["startingOffsets"] == "earliest"
    assert built["maxOffsetsPerTrigger"] == "1000"
    assert int(built["kafka.session.timeout.ms"]) >= 30_000
    assert int(built["kafka.connections.max.idle.ms"]) < 240_000


def test_on_databricks_the_client_has_another_package() -> None:
    assert options(BY_KEY | ON_DATABRICKS)["kafka.sasl.jaas.config"].startswith(
        "kafkashaded.org.apache.kafka."
    )


def test_locally_the_protocol_and_address_come_from_the_environment() -> None:
    built = options(
        BY_KEY
        | {
            "EVENTHUBS_KAFKA_BOOTSTRAP": "127.0.0.1:9999",
            "EVENTHUBS_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        }
    )
    assert built["kafka.bootstrap.servers"] == "127.0.0.1:9999"
    assert built["kafka.security.protocol"] == "SASL_PLAINTEXT"


def test_with_entra_id_the_client_asks_for_tokens_itself() -> None:
    built = options(BY_ENTRA)
    assert built["kafka.sasl.mechanism"] == "OAUTHBEARER"
    assert built["kafka.sasl.oauthbearer.token.endpoint.url"] == (
        "https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token"
    )
    assert built["kafka.sasl.login.callback.handler.class"] == (
        "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler"
    )
    assert built["kafka.sasl.jaas.config"] == (
        "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required "
        'clientId="client-1" clientSecret="hush" scope="https://shop.servicebus.windows.net/.default";'
    )
    assert options(BY_ENTRA | ON_DATABRICKS)["kafka.sasl.login.callback.handler.class"] == (
        "kafkashaded.org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerLoginCallbackHandler"
    )


def test_with_a_service_credential_databricks_signs_in() -> None:
    environment = {
        "EVENTHUBS_NAMESPACE": "shop.servicebus.windows.net",
        "EVENTHUBS_SERVICE_CREDENTIAL": "hubs",
    }
    built = options(environment | {"DATABRICKS_RUNTIME_VERSION": "16.4"})
    assert built["databricks.serviceCredential"] == "hubs"
    assert not [name for name in built if "sasl" in name or "security" in name]
