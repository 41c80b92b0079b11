from __future__ import annotations

import socket

import pytest

from ingestion.errors import HubError
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


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        ("org.apache.kafka.common.errors.UnknownTopicOrPartitionException: x", "'orders' does not exist"),
        (
            "org.apache.kafka.common.errors.SaslAuthenticationException: x",
            "refuses EVENTHUBS_CONNECTION_STRING",
        ),
        ("org.apache.kafka.common.errors.TopicAuthorizationException: x", "Listen right"),
        ("java.util.concurrent.TimeoutException", "did not answer"),
        ("something\n  else", "failed: something else"),
    ],
)
def test_what_the_client_says_becomes_one_line(failure: str, said: str) -> None:
    message = str(hub_probe.explained(failure, KafkaSettings.load(BY_KEY)))
    assert said in message
    assert "\n" not in message
    assert "SharedAccessKey=" not in message
