"""What is wrong is refused, in words and at once."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

import pytest
from azure.core.credentials import AzureSasCredential
from azure.eventhub import EventData, EventHubConsumerClient, EventHubProducerClient
from azure.eventhub.exceptions import AuthenticationError, ConnectError, ConnectionLostError, EventHubError
from confluent_kafka import Consumer

from emulators.eventhubs.sas import sign
from emulators.settings import SAS_KEY_NAME
from tests.integration.eventhubs.conftest import NO_RETRIES, EventHubs


@pytest.fixture(autouse=True)
def in_time() -> Any:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < 10


def test_a_wrong_key(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub()
    wrong = eventhubs.settings.connection_string.replace(eventhubs.settings.sas_key, "c2VjcmV0")
    producer = EventHubProducerClient.from_connection_string(wrong, eventhub_name=hub, **NO_RETRIES)
    with producer, pytest.raises(AuthenticationError, match=r"401[\s\S]*made with another key"):
        producer.send_event(EventData("x"))
    assert eventhubs.kafka_receive(hub) == []


def test_a_wrong_key_name(eventhubs: EventHubs) -> None:
    wrong = eventhubs.settings.connection_string.replace("RootManageSharedAccessKey", "Sender")
    producer = EventHubProducerClient.from_connection_string(wrong, eventhub_name="orders", **NO_RETRIES)
    with producer, pytest.raises(AuthenticationError, match="no key 'Sender'"):
        producer.get_eventhub_properties()


def test_a_missing_hub(eventhubs: EventHubs) -> None:
    with eventhubs.producer("nowhere") as producer:
        for act in (producer.get_eventhub_properties, lambda: producer.send_event(EventData("x"))):
            with pytest.raises(ConnectError, match=r"NotFound[\s\S]*'nowhere'"):
                act()
    (error,) = receive_errors(eventhubs, "nowhere")
    assert "NotFound" in str(error)


def test_a_missing_partition(eventhubs: EventHubs) -> None:
    with eventhubs.producer("orders") as producer:
        with pytest.raises(EventHubError, match="Invalid partition"):
            producer.send_event(EventData("x"), partition_id="4")
        with pytest.raises(EventHubError, match="between 0 and 3"):
            producer.get_partition_properties("17")


@pytest.mark.parametrize("group", ["nobody-made-this-group", "$Defaul"])
def test_a_consumer_group_that_nobody_declared(eventhubs: EventHubs, group: str) -> None:
    hub = eventhubs.new_hub()
    eventhubs.send(hub, "one")
    (error,) = receive_errors(eventhubs, hub, group, starting_position="-1")
    assert "amqp:not-found" in str(error)
    assert f"/{hub}/consumergroups/{group.lower()}/partitions/0' could not be found" in str(error)


def test_consumer_groups_of_kafka_need_no_declaration(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub()
    eventhubs.send(hub, "one")
    consumer = Consumer(
        eventhubs.kafka_config | {"group.id": "made-just-now", "auto.offset.reset": "earliest"}
    )
    try:
        consumer.subscribe([hub])
        message = consumer.poll(20)
        assert message is not None
        assert message.value() == b"one"
    finally:
        consumer.close()


def test_topics_that_are_kafkas_own(eventhubs: EventHubs) -> None:
    with (
        eventhubs.producer("__consumer_offsets") as producer,
        pytest.raises(ConnectError, match="NotFound"),
    ):
        producer.send_event(EventData("x"))


@pytest.mark.parametrize("position", ["99", "not-a-number"])
def test_an_impossible_position(eventhubs: EventHubs, position: str) -> None:
    errors = receive_errors(eventhubs, eventhubs.new_hub(), starting_position=position)
    assert "argument-error" in str(errors[0])


def test_a_higher_owner_level_takes_a_partition_from_a_lower(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub()
    eventhubs.send(hub, "one")
    first, second = eventhubs.consumer(hub), eventhubs.consumer(hub)
    first_saw: list[Any] = []

    def on_first(context: Any, event: EventData | None) -> None:
        # The first has the partition: now the second comes with a higher level, receives, and goes.
        second.receive(lambda *_: second.close(), owner_level=2, starting_position="-1", partition_id="0")

    def on_error(context: Any, error: Exception) -> None:
        first_saw.append(error)
        first.close()

    with first, second:
        first.receive(on_first, on_error=on_error, owner_level=1, starting_position="-1", partition_id="0")
    assert isinstance(first_saw[0], ConnectionLostError)
    assert "amqp:link:stolen" in str(first_saw[0])
    assert "epoch '2'" in str(first_saw[0])


def test_a_lower_owner_level_is_not_let_in(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub()
    eventhubs.send(hub, "one")
    errors: list[Exception] = []
    owner = eventhubs.consumer(hub)

    def on_event(context: Any, event: EventData | None) -> None:
        for level in (1, None):
            errors.extend(receive_errors(eventhubs, hub, owner_level=level, starting_position="-1"))
        owner.close()

    with owner:
        owner.receive(on_event, owner_level=5, starting_position="-1", partition_id="0")
    assert len(errors) == 2
    assert all("amqp:link:stolen" in str(error) for error in errors)


def test_a_token_for_one_hub_opens_no_other(eventhubs: EventHubs) -> None:
    other = eventhubs.new_hub()
    with eventhubs.producer(other) as producer:
        token = producer._credential.get_token(f"sb://127.0.0.1/{other}").token
    host = eventhubs.settings.connection_string.split("//")[1].split(";")[0]
    options: dict[str, Any] = {"use_tls": False, **NO_RETRIES}
    for hub in (other, "orders"):
        client = EventHubProducerClient(host, hub, AzureSasCredential(token), **options)
        with client:
            if hub == other:
                client.send_event(EventData("allowed"))
            else:
                with pytest.raises(AuthenticationError, match="No valid token for 'orders'"):
                    client.send_event(EventData("x"))


@pytest.mark.parametrize(
    ("seconds", "change", "said"),
    [
        (-5, {}, "the token expired 5 s ago"),
        (60, {"sig": "d3Jvbmc%3D"}, "made with another key"),
        (60, {"skn": "Sender"}, "no key 'Sender'"),
    ],
)
def test_a_wrong_or_expired_token_writes_nothing(
    eventhubs: EventHubs, seconds: float, change: dict[str, str], said: str
) -> None:
    hub = eventhubs.new_hub()
    uri, expires_at = quote(f"sb://127.0.0.1/{hub}", safe=""), int(time.time() + seconds)
    signature = quote(sign(uri, expires_at, eventhubs.settings.sas_key), safe="")
    parts = {"sr": uri, "sig": signature, "se": str(expires_at), "skn": SAS_KEY_NAME} | change
    token = "SharedAccessSignature " + "&".join(f"{name}={value}" for name, value in parts.items())
    host = eventhubs.settings.connection_string.split("//")[1].split(";")[0]
    options: dict[str, Any] = {"use_tls": False, **NO_RETRIES}
    with (
        EventHubProducerClient(host, hub, AzureSasCredential(token), **options) as client,
        pytest.raises(AuthenticationError, match=said.replace("5 s", r"\d s")),
    ):
        client.send_event(EventData("x"))
    assert eventhubs.kafka_receive(hub) == []


def receive_errors(
    eventhubs: EventHubs, hub: str, group: str = "$Default", **options: Any
) -> list[Exception]:
    """What a receiver of partition 0 is told instead of events."""
    errors: list[Exception] = []
    consumer = EventHubConsumerClient.from_connection_string(
        eventhubs.settings.connection_string, group, eventhub_name=hub, **NO_RETRIES
    )

    def on_error(context: Any, error: Exception) -> None:
        errors.append(error)
        consumer.close()

    with consumer:
        consumer.receive(lambda *_: consumer.close(), on_error=on_error, partition_id="0", **options)
    return errors
