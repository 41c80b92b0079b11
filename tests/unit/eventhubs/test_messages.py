"""Events on their way from the SDK to Kafka and back."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from azure.eventhub._pyamqp._decode import decode_payload
from azure.eventhub._pyamqp._encode import encode_payload
from azure.eventhub._pyamqp.message import BatchMessage, Message, Properties

from emulators.eventhubs.amqp import encoding
from emulators.eventhubs.amqp.decoding import decode
from emulators.eventhubs.amqp.errors import AmqpError
from emulators.eventhubs.messages import (
    BATCH_FORMAT,
    BODY_HEADER,
    PROPERTIES_HEADER,
    Event,
    Header,
    LastEnqueued,
    Record,
    events_of,
    message_of,
)


def encode(message: Message) -> bytes:
    output = bytearray()
    encode_payload(output, message)
    return bytes(output)


def key_of(arrived: Message) -> Any:
    assert arrived.message_annotations is not None
    return arrived.message_annotations.get(b"x-opt-partition-key")


def kept(event: Event, offset: int = 5, enqueued_at: int = 1_795_226_509_942) -> Record:
    """The record that Kafka makes of an event."""
    return Record(offset, enqueued_at, None, event.value, event.headers)


def record(value: bytes | None, *headers: Header) -> Record:
    return Record(0, 0, None, value, headers)


def seen(message: bytes) -> Message:
    return decode_payload(memoryview(message))


def test_a_bare_event_has_no_headers() -> None:
    assert events_of(encode(Message(data=[b"body"])), 0) == [Event(None, b"body", [])]


@pytest.mark.parametrize("size", [0, 255, 256, 100_000])
def test_bodies_of_any_size(size: int) -> None:
    (event,) = events_of(encode(Message(data=[b"x" * size])), 0)
    assert event.value == b"x" * size
    assert seen(message_of(kept(event))).data == [b"x" * size]


def test_several_data_sections_are_one_body() -> None:
    assert events_of(encode(Message(data=[b"one ", b"two"])), 0)[0].value == b"one two"


def test_everything_survives_the_way_there_and_back() -> None:
    properties = Properties(message_id=uuid.UUID(int=7), correlation_id="c", content_type="application/json")
    application_properties: dict[str | bytes, Any] = {
        "text": "ü",
        "number": -7,
        "flag": False,
        "raw": b"\x00",
    }
    sent = Message(
        data=[b"body"],
        properties=properties,
        application_properties=application_properties,
        message_annotations={b"x-opt-partition-key": "key"},
    )

    (event,) = events_of(encode(sent), 0)
    arrived = seen(message_of(kept(event)))

    assert event.partition_key == b"key"
    assert arrived.data == [b"body"]
    assert arrived.properties is not None
    assert arrived.properties.message_id == uuid.UUID(int=7)
    assert arrived.properties.correlation_id == b"c"
    assert arrived.properties.content_type == b"application/json"
    assert arrived.application_properties == {
        b"text": "ü".encode(),
        b"number": -7,
        b"flag": False,
        b"raw": b"\x00",
    }
    assert arrived.message_annotations == {
        b"x-opt-sequence-number": 5,
        b"x-opt-offset": b"5",
        b"x-opt-enqueued-time": 1_795_226_509_942,
        b"x-opt-partition-key": b"key",
    }


@pytest.mark.parametrize("key", ["key", "ü" * 100, b"\x00\xff", "x" * 300])
def test_a_partition_key_is_a_header_that_amqp_receivers_see_as_their_key(key: str | bytes) -> None:
    message = Message(data=[b"body"], message_annotations={b"x-opt-partition-key": key})
    (event,) = events_of(encode(message), 0)
    headers = dict(event.headers)
    assert decode(headers["x-opt-partition-key"] or b"")[0] == key
    arrived = seen(message_of(kept(event)))
    raw = key if isinstance(key, bytes) else key.encode()
    assert (event.partition_key, key_of(arrived)) == (raw, raw)
    assert arrived.application_properties is None


@pytest.mark.parametrize("key", ["", None, 7])
def test_what_is_no_partition_key_is_none(key: Any) -> None:
    message = Message(data=[b"body"], message_annotations={b"x-opt-partition-key": key})
    assert events_of(encode(message), 0) == [Event(None, b"body", [])]


def test_the_key_of_a_kafka_client_is_no_partition_key() -> None:
    arrived = seen(message_of(Record(0, 0, b"K-88 \xff", b"value", [])))
    assert key_of(arrived) is None
    assert arrived.message_annotations is not None
    assert arrived.message_annotations[b"x-opt-kafka-key"] == b"K-88 \xff"


def test_a_header_of_a_kafka_client_is_no_partition_key() -> None:
    arrived = seen(message_of(record(b"value", ("x-opt-partition-key", b"\xa1\x01k"))))
    assert key_of(arrived) is None
    assert arrived.application_properties == {b"x-opt-partition-key": b"\xa1\x01k"}


def test_application_properties_become_headers_in_amqp_encoding() -> None:
    (event,) = events_of(encode(Message(data=[b""], application_properties={"a": "1", "b": 2})), 0)
    assert [(name, decode(value or b"")[0]) for name, value in event.headers] == [
        ("a", "1"),
        ("b", 2),
        (PROPERTIES_HEADER, []),
    ]


def test_many_application_properties_survive() -> None:
    many: dict[str | bytes, Any] = {f"property-{number}": number for number in range(200)}
    (event,) = events_of(encode(Message(data=[b""], application_properties=many)), 0)
    arrived = seen(message_of(kept(event))).application_properties
    assert arrived == {name.encode(): value for name, value in many.items() if isinstance(name, str)}


@pytest.mark.parametrize(
    ("message", "attribute"),
    [(Message(value={"k": 1}), "value"), (Message(sequence=[[1, 2]]), "sequence")],
    ids=["value", "sequence"],
)
def test_other_bodies_stay_what_they_are(message: Message, attribute: str) -> None:
    (event,) = events_of(encode(message), 0)
    assert (BODY_HEADER, attribute.encode()) in event.headers
    arrived = seen(message_of(kept(event)))
    assert arrived.data is None
    assert getattr(arrived, attribute) in ({b"k": 1}, [[1, 2]])


def test_a_batch_is_as_many_events() -> None:
    inner = [encode(Message(data=[str(number).encode()])) for number in range(3)]
    own = encode(Message(data=[b"own"], message_annotations={b"x-opt-partition-key": "own"}))
    batch = encode(
        BatchMessage(data=[*inner, own], message_annotations={b"x-opt-partition-key": "of the batch"})
    )

    events = events_of(batch, BATCH_FORMAT)

    assert [event.value for event in events] == [b"0", b"1", b"2", b"own"]
    assert [event.partition_key for event in events] == [b"of the batch"] * 3 + [b"own"]


def test_a_batch_without_events_is_refused() -> None:
    with pytest.raises(AmqpError, match=r"com\.microsoft:argument-error"):
        events_of(encode(BatchMessage(message_annotations={b"a": 1})), BATCH_FORMAT)


@pytest.mark.parametrize(
    "malformed",
    [
        b"plain text",
        b"\x00\x53\x75\xa0\xff",  # a data section that is cut short
        b"\x00\x53\x75\xa1\x01a",  # a data section that holds text
        b"\x00\x53\x74\x45",  # application properties that are a list
        b"\x00\x53\x74\xc1\x01\x08",  # application properties that say they are more than they are
        b"\x00\x53\x74\xc1\x03\x01\x40\x40",  # a name without a value
        b"\x00\x53\x72\xc1\x01\x08",  # annotations that say they are more than they are
        b"\x00\x53",
    ],
)
@pytest.mark.parametrize("is_batch", [False, True])
def test_what_is_no_message_is_refused(malformed: bytes, is_batch: bool) -> None:
    message = b"\x00\x53\x75" + encoding.binary(malformed) if is_batch else malformed
    with pytest.raises(AmqpError, match="amqp:decode-error"):
        events_of(message, BATCH_FORMAT if is_batch else 0)


def test_an_event_of_a_batch_cannot_reach_behind_its_end() -> None:
    greedy = b"\x00\x53\x75\xa0\x20"
    batch = b"\x00\x53\x75" + encoding.binary(greedy) + b"\x00\x53\x75" + encoding.binary(b"x" * 100)
    with pytest.raises(AmqpError, match="amqp:decode-error"):
        events_of(batch, BATCH_FORMAT)


def test_maps_of_a_batch_cannot_reach_behind_their_end() -> None:
    """Each would otherwise read all that follows it: a batch of many would be read many times over."""
    greedy = b"\x00\x53\x74" + b"\xd1" + (4).to_bytes(4, "big") + (200_000).to_bytes(4, "big")
    batch = (b"\x00\x53\x75" + encoding.binary(greedy)) * 100 + b"\x40" * 200_000
    with pytest.raises(AmqpError, match="amqp:decode-error"):
        events_of(batch, BATCH_FORMAT)


def test_descriptors_may_be_written_in_full() -> None:
    message = b"\x00\x80\x00\x00\x00\x00\x00\x00\x00\x75" + encoding.binary(b"body")
    assert events_of(message, 0)[0].value == b"body"


def test_headers_of_kafka_clients_are_bytes() -> None:
    arrived = seen(
        message_of(record(b"v", ("state", b"TX"), ("null", None), ("twice", b"1"), ("twice", b"2")))
    )
    assert arrived.application_properties == {b"state": b"TX", b"null": None, b"twice": b"2"}


def test_a_record_without_a_value_is_an_empty_event() -> None:
    assert seen(message_of(record(None))).data == [b""]


@pytest.mark.parametrize(
    "headers",
    [
        [(PROPERTIES_HEADER, b"")],
        [(PROPERTIES_HEADER, None)],
        [(PROPERTIES_HEADER, b"\xc0\xff")],
        [(PROPERTIES_HEADER, b"\xa1\x01a")],
        [(BODY_HEADER, b"value")],
        [(BODY_HEADER, b"nothing we know")],
        [(PROPERTIES_HEADER, b"\x45"), ("n", b"\x71\x00")],
        [(PROPERTIES_HEADER, b"\xc0\x02\x01\x3f")],  # a list of what does not exist
    ],
)
def test_headers_that_only_look_like_ours_do_no_harm(headers: list[Header]) -> None:
    arrived = seen(message_of(record(b"{plain}", *headers)))
    assert arrived.data == [b"{plain}"]
    assert arrived.properties is None
    assert arrived.application_properties in (None, {b"n": b"\x71\x00"})


def test_the_state_of_the_partition_is_told_on_request() -> None:
    arrived = seen(message_of(record(b"v"), LastEnqueued(offset=9, enqueued_at=1, asked_at=2)))
    assert arrived.delivery_annotations == {
        b"last_enqueued_sequence_number": 9,
        b"last_enqueued_offset": b"9",
        b"last_enqueued_time_utc": 1,
        b"runtime_info_retrieval_time_utc": 2,
    }
