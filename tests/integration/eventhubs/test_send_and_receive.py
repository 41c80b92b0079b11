"""The unmodified SDK sends, receives and asks."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient as AioConsumerClient
from azure.eventhub.aio import EventHubProducerClient as AioProducerClient
from azure.eventhub.amqp import AmqpAnnotatedMessage, AmqpMessageBodyType
from azure.eventhub.exceptions import EventDataSendError

from emulators.hubs import DEFAULT_HUBS
from tests.integration.eventhubs.conftest import EventHubs, body_of


def bodies(events: list[EventData]) -> list[str]:
    return [event.body_as_str() for event in events]


def enqueued_at(event: EventData) -> datetime:
    assert event.enqueued_time is not None
    return event.enqueued_time


def test_the_configured_hubs_are_there(eventhubs: EventHubs) -> None:
    for hub in DEFAULT_HUBS:
        with eventhubs.producer(hub.name) as producer:
            properties = producer.get_eventhub_properties()
        assert properties["eventhub_name"] == hub.name
        assert properties["partition_ids"] == [str(number) for number in range(hub.partitions)]
        assert abs(properties["created_at"] - datetime.now(UTC)) < timedelta(minutes=10)


def test_everything_of_an_event_survives_the_way_there_and_back(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub()
    sent = EventData(b"\x00\xff body")
    sent.properties = {"text": "TX", "number": 7, "flag": True, "half": 0.5, "bytes": b"\x01", "none": None}
    sent.message_id, sent.correlation_id, sent.content_type = "m-1", "c-1", "application/json"
    before = datetime.now(UTC)
    with eventhubs.producer(hub) as producer:
        producer.send_batch([sent], partition_key="key ü")

    (event,) = eventhubs.receive(hub, 1)

    assert body_of(event) == b"\x00\xff body"
    assert event.properties == {
        b"text": b"TX",
        b"number": 7,
        b"flag": True,
        b"half": 0.5,
        b"bytes": b"\x01",
        b"none": None,
    }
    assert (event.message_id, event.correlation_id, event.content_type) == ("m-1", "c-1", "application/json")
    assert event.partition_key == "key ü".encode()
    assert (event.offset, event.sequence_number) == ("0", 0)
    assert timedelta() <= enqueued_at(event) - before + timedelta(milliseconds=1) < timedelta(seconds=10)


def test_a_batch_of_many_frames_arrives_complete_and_in_order(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub()
    with eventhubs.producer(hub) as producer:
        batch = producer.create_batch()
        count = 0
        while True:
            try:
                batch.add(EventData(f"{count:06}" + "x" * 400))
                count += 1
            except ValueError:
                break
        producer.send_batch(batch)

    assert batch.size_in_bytes > 1_000_000
    assert [body[:6] for body in bodies(eventhubs.receive(hub, count))] == [f"{n:06}" for n in range(count)]


def test_a_partition_key_keeps_events_together_and_a_partition_id_is_obeyed(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub(partitions=4)
    with eventhubs.producer(hub) as producer:
        for number in range(3):
            producer.send_event(EventData(f"keyed {number}"), partition_key="customer-1")
        producer.send_event(EventData("third"), partition_id="3")

    messages = eventhubs.kafka_receive(hub, partitions=4)
    assert [message.key() for message in messages] == [None] * 4
    keyed = {message.partition() for message in messages if (message.value() or b"").startswith(b"keyed")}
    third = [message.partition() for message in messages if message.value() == b"third"]
    assert len(keyed) == 1
    assert third == [3]


def test_batches_without_a_key_go_round_the_partitions(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub(partitions=3)
    with eventhubs.producer(hub) as producer:
        for number in range(6):
            producer.send_batch([EventData(f"{number} a"), EventData(f"{number} b")])

    counts = [0, 0, 0]
    for message in eventhubs.kafka_receive(hub, partitions=3):
        counts[message.partition() or 0] += 1
    assert counts == [4, 4, 4]


@pytest.mark.parametrize(
    ("position", "inclusive", "first"),
    [
        ("-1", False, "0"),
        ("1", False, "2"),
        ("1", True, "1"),
        (1, False, "2"),
        (1, True, "1"),
    ],
)
def test_receivers_begin_where_they_ask_to(
    eventhubs: EventHubs, numbered: str, position: str | int, inclusive: bool, first: str
) -> None:
    events = eventhubs.receive(numbered, 1, starting_position=position, starting_position_inclusive=inclusive)
    assert bodies(events) == [first]


def test_receivers_begin_at_a_time(eventhubs: EventHubs, numbered: str) -> None:
    events = eventhubs.receive(numbered, 4)
    at = enqueued_at(events[2])
    later = [event for event in events if enqueued_at(event) > at]

    (first,) = eventhubs.receive(numbered, 1, at, starting_position_inclusive=True)
    assert enqueued_at(first) == at
    assert bodies(eventhubs.receive(numbered, 1, at)) == bodies(later[:1])


def test_receivers_at_the_end_get_what_comes_then(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub()
    eventhubs.send(hub, "old")
    received: list[str] = []

    async def scenario() -> None:
        consumer = AioConsumerClient.from_connection_string(
            eventhubs.settings.connection_string, "$Default", eventhub_name=hub, retry_total=0
        )

        async def on_event(context: Any, event: EventData | None) -> None:
            if event is None:  # The link is up and nothing has come: now is the time to send.
                await asyncio.to_thread(eventhubs.send, hub, "new")
            else:
                received.append(event.body_as_str())
                done.set()

        done = asyncio.Event()
        async with consumer:
            receiving = asyncio.create_task(
                consumer.receive(on_event, partition_id="0", starting_position="@latest", max_wait_time=1)
            )
            await asyncio.wait_for(done.wait(), 20)
            receiving.cancel()

    asyncio.run(scenario())
    assert received[0] == "new"


def test_the_asynchronous_clients_work_too(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub()
    received: list[str] = []

    async def scenario() -> None:
        connection: dict[str, Any] = {"conn_str": eventhubs.settings.connection_string, "eventhub_name": hub}
        async with AioProducerClient.from_connection_string(**connection) as producer:
            batch = await producer.create_batch(partition_id="0")
            for number in range(3):
                batch.add(EventData(str(number)))
            await producer.send_batch(batch)
            properties = await producer.get_partition_properties("0")
            assert properties["last_enqueued_sequence_number"] == 2

        consumer = AioConsumerClient.from_connection_string(consumer_group="$Default", **connection)
        done = asyncio.Event()

        async def on_event_batch(context: Any, events: list[EventData]) -> None:
            received.extend(event.body_as_str() for event in events)
            if len(received) == 3:
                done.set()

        async with consumer:
            receiving = asyncio.create_task(consumer.receive_batch(on_event_batch, starting_position="-1"))
            await asyncio.wait_for(done.wait(), 20)
            receiving.cancel()

    asyncio.run(scenario())
    assert received == ["0", "1", "2"]


def test_partition_properties_tell_what_a_partition_holds(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub(partitions=2)
    eventhubs.send(hub, "a", "b", "c", partition_id="1")

    with eventhubs.producer(hub) as producer:
        empty, filled = (producer.get_partition_properties(partition) for partition in ("0", "1"))

    assert empty["is_empty"]
    assert empty["last_enqueued_sequence_number"] == -1
    assert not filled["is_empty"]
    assert filled["beginning_sequence_number"] == 0
    assert filled["last_enqueued_sequence_number"] == 2
    assert filled["last_enqueued_offset"] == "2"
    assert abs(filled["last_enqueued_time_utc"] - datetime.now(UTC)) < timedelta(seconds=20)


def test_receivers_are_told_the_last_event_of_the_partition_if_they_ask(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub()
    eventhubs.send(hub, "a", "b", "c")
    told: dict[str, Any] = {}
    consumer = eventhubs.consumer(hub)

    def on_event(context: Any, event: EventData | None) -> None:
        told.update(context.last_enqueued_event_properties)
        consumer.close()

    consumer.receive(on_event, starting_position="-1", track_last_enqueued_event_properties=True)
    assert (told["sequence_number"], told["offset"]) == (2, "2")
    assert told["enqueued_time"] <= told["retrieval_time"]


def test_bodies_that_are_values_or_sequences_stay_what_they_are(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub()
    with eventhubs.producer(hub) as producer:
        producer.send_event(AmqpAnnotatedMessage(value_body={"k": 1}))
        producer.send_event(AmqpAnnotatedMessage(sequence_body=[[1, "two"]]))

    value, sequence = (event.raw_amqp_message for event in eventhubs.receive(hub, 2))
    assert (value.body_type, value.body) == (AmqpMessageBodyType.VALUE, {b"k": 1})
    assert sequence.body_type == AmqpMessageBodyType.SEQUENCE
    assert list(sequence.body) == [[1, b"two"]]


def test_a_megabyte_is_the_limit(eventhubs: EventHubs) -> None:
    hub = eventhubs.new_hub()
    largest = os.urandom(1024 * 1024 - 8)  # What is left beside the data section's own header.
    with eventhubs.producer(hub) as producer:
        producer.send_event(EventData(largest))
        with pytest.raises(EventDataSendError, match="LinkMessageSizeExceeded"):
            producer.send_event(EventData(largest + b"!"))
        producer.send_event(EventData("the link goes on"))

    events = eventhubs.receive(hub, 2)
    assert body_of(events[0]) == largest
    assert events[1].body_as_str() == "the link goes on"


@pytest.fixture(scope="module")
def numbered(eventhubs: EventHubs) -> str:
    """A hub with events 0 to 3, each enqueued at its own time."""
    hub = eventhubs.new_hub()
    with eventhubs.producer(hub) as producer:
        for number in range(4):
            producer.send_event(EventData(str(number)))
    return hub
