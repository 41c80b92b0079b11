"""The two protocols of a hub see the same events."""

from __future__ import annotations

from typing import Any, cast

import pytest
from azure.eventhub import EventData
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from emulators.eventhubs.amqp.decoding import decode
from emulators.eventhubs.partitions import partition_of
from tests.integration.eventhubs.conftest import EventHubs, body_of


def kafka_key(event: EventData) -> Any:
    return (event.system_properties or {}).get(b"x-opt-kafka-key")


def test_what_arrives_by_amqp_is_read_by_kafka(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub()
    event = EventData(b"\x00 not text \xff")
    event.properties = {"source": "shop", "attempt": 3}
    event.message_id = "m-1"
    with eventhubs.producer(hub) as producer:
        producer.send_batch([event], partition_key="k")
        producer.send_event(EventData("bare"))

    with_properties, bare = eventhubs.kafka_receive(hub)

    assert (with_properties.key(), with_properties.value()) == (None, b"\x00 not text \xff")
    headers = dict(cast(list[tuple[str, bytes]], with_properties.headers()))
    encoded = {name: value for name, value in headers.items() if not name.startswith("x-amqp-")}
    assert {name: decode(value)[0] for name, value in encoded.items()} == {
        "source": "shop",
        "attempt": 3,
        "x-opt-partition-key": "k",
    }
    assert decode(headers["x-amqp-properties"])[0][0] == "m-1"
    assert (bare.key(), bare.value(), bare.headers()) == (None, b"bare", None)


def test_what_arrives_by_kafka_is_read_by_amqp(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub()
    # "TX" would also be the AMQP encoding of 88: headers of Kafka clients are bytes, whatever they look like.
    headers = [("state", b"TX"), ("nothing", None)]
    eventhubs.kafka_send(hub, b"\x00\xff", key=b"k", headers=headers)
    eventhubs.kafka_send(hub, b"another key", key=b"\xff")

    first, second = eventhubs.receive(hub, 2)

    assert body_of(first) == b"\x00\xff"
    assert first.partition_key is None
    assert kafka_key(first) == b"k"
    assert first.properties == {b"state": b"TX", b"nothing": None}
    assert (first.offset, second.offset) == ("0", "1")
    assert second.partition_key is None
    assert kafka_key(second) == b"\xff"


def test_headers_that_only_look_like_ours_do_no_harm(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub()
    forged = [("x-amqp-properties", b"\xc0\xff"), ("x-amqp-body", b"value"), ("n", b"\x71")]
    eventhubs.kafka_send(hub, b"{not amqp}", headers=forged)

    (event,) = eventhubs.receive(hub, 1)

    assert event.body_as_str() == "{not amqp}"
    assert event.properties == {b"n": b"\x71"}


def test_a_partition_key_means_the_partition_that_the_service_chooses(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub(partitions=4)
    keys = [f"customer-{number}" for number in range(8)]
    with eventhubs.producer(hub) as producer:
        for _ in range(2):
            for key in keys:
                producer.send_event(EventData(key), partition_key=key)

    found = {(message.value(), message.partition()) for message in eventhubs.kafka_receive(hub, partitions=4)}
    assert found == {(key.encode(), partition_of(key.encode(), 4)) for key in keys}
    assert len({partition for _, partition in found}) > 1


def test_kafka_refuses_a_wrong_password(eventhubs: EventHubs) -> None:
    wrong = eventhubs.kafka_config | {"sasl.password": "Endpoint=sb://wrong", "log_level": 0}
    with pytest.raises(KafkaException, match=r"Authentication|_TRANSPORT|timed out"):
        AdminClient(wrong).list_topics(timeout=2)
