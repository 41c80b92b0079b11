from __future__ import annotations

import socket
from unittest.mock import MagicMock

import pytest

from ingestion.errors import ConfigurationError, HubError
from ingestion.landing import hub_probe
from ingestion.settings import KafkaSettings

CONNECTION_STRING = 'Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=k\\"y='
BY_KEY = {"EVENTHUBS_CONNECTION_STRING": CONNECTION_STRING, "EVENTHUBS_HUB": "orders"}


def test_nobody_listening_is_found_out_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(HubError, match=f"{address} .Connection refused"):
        hub_probe.reach(KafkaSettings.load(BY_KEY | {"EVENTHUBS_KAFKA_BOOTSTRAP": address}))


def test_on_databricks_nobody_listening_is_a_warning() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    environment = BY_KEY | {"EVENTHUBS_KAFKA_BOOTSTRAP": address, "DATABRICKS_RUNTIME_VERSION": "15.4"}
    warnings: list[str] = []
    hub_probe.reach(KafkaSettings.load(environment), warnings.append)
    assert len(warnings) == 1
    assert address in warnings[0]


def test_compute_without_a_jvm_is_told_what_it_cannot_do() -> None:
    entra = {
        "EVENTHUBS_NAMESPACE": "shop.servicebus.windows.net",
        "AZURE_TENANT_ID": "tenant-1",
        "AZURE_CLIENT_ID": "client-1",
        "AZURE_CLIENT_SECRET": "hush",
        "DATABRICKS_RUNTIME_VERSION": "15.4",
    }
    remote = MagicMock(spec=["sql"])
    with pytest.raises(ConfigurationError, match=r"AZURE_CLIENT_ID cannot be used here.*SERVICE_CREDENTIAL"):
        hub_probe.describe(remote, KafkaSettings.load(entra))
