from __future__ import annotations

import pytest

from ingestion.landing import topic
from ingestion.settings import KafkaSettings

CONNECTION_STRING = 'Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=k\\"y='
BY_KEY = {"EVENTHUBS_CONNECTION_STRING": CONNECTION_STRING, "EVENTHUBS_HUB": "orders"}


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
    message = str(topic.explained(failure, KafkaSettings.load(BY_KEY)))
    assert said in message
    assert "\n" not in message
    assert "SharedAccessKey=" not in message
