from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.errors import ConfigurationError
from ingestion.settings import (
    BronzeSettings,
    HubSettings,
    KafkaSettings,
    LandSettings,
    state_file,
)

KEY = "c2VjcmV0LWtleQ=="
AZURE = f"Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=app;SharedAccessKey={KEY}"
EMULATOR = f"Endpoint=sb://127.0.0.1:5999;SharedAccessKeyName=Root;SharedAccessKey={KEY};UseDevelopmentEmulator=true;"
ENTRA = {
    "EVENTHUBS_NAMESPACE": "shop.servicebus.windows.net",
    "AZURE_TENANT_ID": "tenant",
    "AZURE_CLIENT_ID": "client",
    "AZURE_CLIENT_SECRET": "hush",
}


def test_a_connection_string_says_where_the_hub_is() -> None:
    settings = HubSettings.load({"EVENTHUBS_CONNECTION_STRING": f"{AZURE};EntityPath=events"})
    assert (settings.hub, settings.host, settings.port) == ("events", "shop.servicebus.windows.net", 5671)


def test_the_emulators_connection_string_has_its_own_port() -> None:
    settings = HubSettings.load({"EVENTHUBS_CONNECTION_STRING": EMULATOR})
    assert (settings.hub, settings.host, settings.port) == ("orders", "127.0.0.1", 5999)


def test_a_namespace_means_entra_id() -> None:
    settings = HubSettings.load({"EVENTHUBS_NAMESPACE": "shop.servicebus.windows.net", "EVENTHUBS_HUB": "h1"})
    assert settings.connection_string is None
    assert (settings.hub, settings.host, settings.port) == ("h1", "shop.servicebus.windows.net", 5671)


@pytest.mark.parametrize("runtime", ["16.1", "16.4", "17.0", "client.2.5", "dev"])
def test_a_service_credential_needs_a_runtime_that_knows_it(runtime: str) -> None:
    environment = {
        "EVENTHUBS_NAMESPACE": "shop.servicebus.windows.net",
        "EVENTHUBS_SERVICE_CREDENTIAL": "hubs",
    }
    kafka = KafkaSettings.load(environment | {"DATABRICKS_RUNTIME_VERSION": runtime})
    assert kafka.service_credential == "hubs"
    with pytest.raises(ConfigurationError, match=r"needs Databricks Runtime 16\.1 .* this is 15\.4"):
        KafkaSettings.load(environment | {"DATABRICKS_RUNTIME_VERSION": "15.4"})


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "EVENTHUBS_CONNECTION_STRING, or EVENTHUBS_NAMESPACE"),
        ({"EVENTHUBS_CONNECTION_STRING": "hello"}, "NAME=VALUE"),
        ({"EVENTHUBS_CONNECTION_STRING": AZURE.replace("Endpoint", "Host")}, "Endpoint is missing"),
        (
            {"EVENTHUBS_CONNECTION_STRING": AZURE.replace("SharedAccessKey=", "Key=")},
            "SharedAccessKey is missing",
        ),
        ({"EVENTHUBS_CONNECTION_STRING": AZURE.replace("sb://", "https://")}, "https://shop"),
        ({"EVENTHUBS_CONNECTION_STRING": AZURE, "EVENTHUBS_NAMESPACE": "a.b"}, "both set"),
        ({"EVENTHUBS_CONNECTION_STRING": f"{AZURE};EntityPath=a", "EVENTHUBS_HUB": "b"}, "contradicts"),
        ({"EVENTHUBS_CONNECTION_STRING": AZURE, "EVENTHUBS_HUB": "or'ders"}, "or'ders"),
        ({"EVENTHUBS_CONNECTION_STRING": f"{AZURE};EntityPath=x' or '1'='1"}, "EntityPath=\"x' or '1'='1\""),
        ({"EVENTHUBS_CONNECTION_STRING": f"{AZURE};EntityPath=../orders"}, "EntityPath='../orders'"),
        ({"EVENTHUBS_CONNECTION_STRING": f"{AZURE};EntityPath={'h' * 257}"}, "hhhh"),
        ({"EVENTHUBS_CONNECTION_STRING": f"{AZURE};EntityPath=a b", "EVENTHUBS_HUB": "orders"}, "'a b'"),
        ({"EVENTHUBS_CONNECTION_STRING": AZURE, "EVENTHUBS_HUB": "ord\ners"}, r"'ord\ners'"),
        ({"EVENTHUBS_NAMESPACE": "shop"}, "'shop' is not a host name"),
        ({"EVENTHUBS_NAMESPACE": "sb://shop.servicebus.windows.net/"}, "not a host name"),
    ],
)
def test_what_is_wrong_with_the_hub_is_named_without_the_key(environment: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        HubSettings.load(environment)
    assert named in str(caught.value)
    assert KEY not in str(caught.value)


def test_settings_never_show_a_secret() -> None:
    hub = HubSettings.load({"EVENTHUBS_CONNECTION_STRING": AZURE})
    by_key = KafkaSettings.load({"EVENTHUBS_CONNECTION_STRING": AZURE})
    by_secret = KafkaSettings.load(ENTRA)
    for settings in (hub, by_key, by_secret):
        assert KEY not in repr(settings)
        assert "hush" not in repr(settings)


def test_the_kafka_endpoint_of_a_namespace_is_port_9093_over_tls() -> None:
    settings = KafkaSettings.load({"EVENTHUBS_CONNECTION_STRING": AZURE})
    assert (settings.bootstrap, settings.security_protocol) == (
        "shop.servicebus.windows.net:9093",
        "SASL_SSL",
    )


def test_a_service_credential_is_for_databricks() -> None:
    environment = {
        "EVENTHUBS_NAMESPACE": "shop.servicebus.windows.net",
        "EVENTHUBS_SERVICE_CREDENTIAL": "hubs",
    }
    settings = KafkaSettings.load(environment | {"DATABRICKS_RUNTIME_VERSION": "16.4"})
    assert (settings.service_credential, settings.application) == ("hubs", None)
    with pytest.raises(ConfigurationError, match="works on Databricks alone"):
        KafkaSettings.load(environment)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"EVENTHUBS_CONNECTION_STRING": EMULATOR}, "EVENTHUBS_KAFKA_BOOTSTRAP is not set"),
        ({"EVENTHUBS_CONNECTION_STRING": AZURE, "EVENTHUBS_KAFKA_BOOTSTRAP": "host"}, "not HOST:PORT"),
        ({"EVENTHUBS_CONNECTION_STRING": AZURE, "EVENTHUBS_KAFKA_BOOTSTRAP": "host:99999"}, "not HOST:PORT"),
        (
            {"EVENTHUBS_CONNECTION_STRING": AZURE, "EVENTHUBS_KAFKA_SECURITY_PROTOCOL": "PLAIN"},
            "'PLAIN' is not",
        ),
        (ENTRA | {"AZURE_CLIENT_SECRET": ""}, "needs AZURE_CLIENT_SECRET"),
    ],
)
def test_what_is_wrong_with_the_kafka_endpoint_is_named(environment: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        KafkaSettings.load(environment)


def test_bronze_is_a_path_or_a_catalog() -> None:
    by_path = BronzeSettings.load({"INGESTION_BRONZE_PATH": "/data/bronze", "INGESTION_CATALOG": "ignored"})
    assert (by_path.path, by_path.catalog) == ("/data/bronze", None)
    by_name = BronzeSettings.load({"INGESTION_CATALOG": "main", "INGESTION_BRONZE_SCHEMA": "raw"})
    assert (by_name.path, by_name.catalog, by_name.schema) == (None, "main", "raw")
    with pytest.raises(ConfigurationError, match="INGESTION_CATALOG"):
        BronzeSettings.load({})


@pytest.mark.parametrize("checkpoint", ["", "abfss://c@a.dfs.core.windows.net/x", "dbfs:/x"])
def test_a_checkpoint_is_a_folder(checkpoint: str) -> None:
    environment = {
        "EVENTHUBS_CONNECTION_STRING": AZURE,
        "INGESTION_BRONZE_PATH": "/b",
        "INGESTION_CHECKPOINT": checkpoint,
    }
    with pytest.raises(ConfigurationError, match="INGESTION_CHECKPOINT"):
        LandSettings.load(environment)
    assert LandSettings.load(environment | {"INGESTION_CHECKPOINT": "/c"}).checkpoint == Path("/c")


def test_the_state_file_can_be_moved() -> None:
    assert state_file({}) == Path(".local/simulator/state.json")
    assert state_file({"INGESTION_STATE": "/elsewhere.json"}) == Path("/elsewhere.json")
