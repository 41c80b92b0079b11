"""Events as AMQP carries them and as Kafka keeps them.

| AMQP                           | Kafka                                                             |
| ------------------------------ | ----------------------------------------------------------------- |
| data sections                  | value                                                             |
| application properties         | headers of the same names; values as AMQP encodes them            |
| annotation x-opt-partition-key | header of the same name, AMQP-encoded: never the key              |
| annotation x-opt-kafka-key     | key, of what Kafka clients wrote: never the partition key         |
| properties (message id …)      | header x-amqp-properties: the list of the section, AMQP-encoded   |
| x-opt-sequence-number, -offset | offset                                                            |
| x-opt-enqueued-time            | log-append time                                                   |

Azure promotes neither key to the other, as the two protocols hash them to different partitions
(https://learn.microsoft.com/azure/developer/java/sdk/troubleshooting-messaging-event-hubs-producer); it shows
each under a name of its own to clients of the other protocol.

`x-amqp-properties`, which Azure has not, is present on every record that came by AMQP with more than a body;
it tells headers that hold AMQP encodings from those of Kafka clients, which AMQP receivers get as binary. A
body that is not data but an AMQP value or sequence is kept encoded, and header x-amqp-body says so. Other
annotations, the header section and the footer are not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from emulators.eventhubs.amqp import encoding
from emulators.eventhubs.amqp.decoding import decode, end_of
from emulators.eventhubs.amqp.errors import ARGUMENT_ERROR, DECODE_ERROR, AmqpError
from emulators.eventhubs.amqp.sections import (
    APPLICATION_PROPERTIES,
    DATA,
    DELIVERY_ANNOTATIONS,
    MESSAGE_ANNOTATIONS,
    PROPERTIES,
    SEQUENCE,
    VALUE,
    map_items,
    section,
    sections,
)

BATCH_FORMAT = 0x80013700
"""Message format of a batch: every data section holds one encoded message."""
PROPERTIES_HEADER = "x-amqp-properties"
BODY_HEADER = "x-amqp-body"
PARTITION_KEY = "x-opt-partition-key"
KAFKA_KEY = "x-opt-kafka-key"

Header = tuple[str, bytes | None]

_BODIES = {b"sequence": SEQUENCE, b"value": VALUE}
_BODY_NAMES = {code: name for name, code in _BODIES.items()}
_EMPTY_LIST = b"\x45"
_LISTS = (_EMPTY_LIST, b"\xc0", b"\xd0")


class Event(NamedTuple):
    """One event on its way to Kafka."""

    partition_key: bytes | None
    """What decides the partition; it stands in the headers, too."""
    value: bytes
    headers: list[Header]


class Record(NamedTuple):
    """One event on its way from Kafka."""

    offset: int
    enqueued_at: int
    """Milliseconds since the epoch."""
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]


class LastEnqueued(NamedTuple):
    """The last event of a partition, as receivers may ask to be told with every event."""

    offset: int
    enqueued_at: int
    """Milliseconds since the epoch."""
    asked_at: int
    """Milliseconds since the epoch."""


class _PartitionKey(NamedTuple):
    value: bytes
    encoded: bytes


def events_of(message: bytes, message_format: int) -> list[Event]:
    """The events of one AMQP message: its own, or those of a batch.

    A partition key on a batch is that of every event which has none of its own.

    Raises:
        AmqpError: the message is not well-formed, or holds no event.
    """
    if message_format != BATCH_FORMAT:
        return [_event(message, 0, len(message), None)]
    key = None
    events = []
    for code, start, end in sections(message, 0, len(message)):
        if code == MESSAGE_ANNOTATIONS:
            key = _partition_key(message, start, end)
        elif code == DATA:
            start, end = _content(message, start, end)
            events.append(_event(message, start, end, key))
    if not events:
        raise AmqpError(ARGUMENT_ERROR, "a batch without events")
    return events


def message_of(record: Record, last: LastEnqueued | None = None) -> bytes:
    """The AMQP message for a receiver of an event; on request with the state of the partition."""
    headers = dict(record.headers)
    value = record.value or b""
    # Kafka clients may write headers of these names, too: nothing that is not well-formed passes.
    properties = headers.pop(PROPERTIES_HEADER, None)
    is_amqp = properties is not None and _is_list(properties)
    partition_key = headers.pop(PARTITION_KEY) if is_amqp and _is_key(headers.get(PARTITION_KEY)) else None
    kind = headers.pop(BODY_HEADER, None)
    body = _BODIES.get(kind) if kind and _is_encoding(value) else None
    parts = [_delivery_annotations(last)] if last else []
    parts.append(_annotations(record, partition_key))
    if properties and is_amqp and properties != _EMPTY_LIST:
        parts += [section(PROPERTIES), properties]
    if headers:
        pairs = [(encoding.string(name), _header_value(value, is_amqp)) for name, value in headers.items()]
        parts += [section(APPLICATION_PROPERTIES), encoding.map_of(pairs)]
    parts += [section(body), value] if body else [section(DATA), encoding.binary(value)]
    return b"".join(parts)


def _event(message: bytes, start: int, end: int, key: _PartitionKey | None) -> Event:
    body: list[bytes] = []
    headers: list[Header] = []
    properties = None
    for code, at, stop in sections(message, start, end):
        if code == DATA:
            at, stop = _content(message, at, stop)
            body.append(message[at:stop])
        elif code == MESSAGE_ANNOTATIONS:
            key = _partition_key(message, at, stop) or key
        elif code == APPLICATION_PROPERTIES:
            properties = properties or _EMPTY_LIST
            headers.extend(_application_properties(message, at, stop))
        elif code == PROPERTIES:
            properties = message[at:stop]
        elif code in _BODY_NAMES:
            body.append(message[at:stop])
            headers.append((BODY_HEADER, _BODY_NAMES[code]))
    if key:
        properties = properties or _EMPTY_LIST
        headers.append((PARTITION_KEY, key.encoded))
    if properties is not None:
        headers.append((PROPERTIES_HEADER, properties))
    return Event(key and key.value, body[0] if len(body) == 1 else b"".join(body), headers)


def _content(message: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the bytes of a binary value are."""
    constructor = message[start]
    if constructor == 0xA0:
        return start + 2, end
    if constructor == 0xB0:
        return start + 5, end
    raise AmqpError(DECODE_ERROR, "a data section that holds no binary value")


def _partition_key(message: bytes, start: int, end: int) -> _PartitionKey | None:
    for name, at, stop in map_items(message, start, end):
        if name == PARTITION_KEY:
            key, _ = decode(message, at)
            if isinstance(key, str | bytes) and key:
                return _PartitionKey(key if isinstance(key, bytes) else key.encode(), message[at:stop])
    return None


def _application_properties(message: bytes, start: int, end: int) -> list[Header]:
    """Names, and values as they are encoded."""
    return [(str(name), message[at:stop]) for name, at, stop in map_items(message, start, end)]


def _annotations(record: Record, partition_key: bytes | None) -> bytes:
    pairs = [
        (_SEQUENCE_NUMBER, encoding.int64(record.offset)),
        (_OFFSET, encoding.string(str(record.offset))),
        (_ENQUEUED_TIME, encoding.timestamp(record.enqueued_at)),
    ]
    if partition_key is not None:
        pairs.append((_PARTITION_KEY, partition_key))
    if record.key is not None:
        pairs.append((_KAFKA_KEY, encoding.binary(record.key)))
    return section(MESSAGE_ANNOTATIONS) + encoding.map_of(pairs)


def _delivery_annotations(last: LastEnqueued) -> bytes:
    return section(DELIVERY_ANNOTATIONS) + encoding.fields(
        {
            "last_enqueued_sequence_number": encoding.int64(last.offset),
            "last_enqueued_offset": encoding.string(str(last.offset)),
            "last_enqueued_time_utc": encoding.timestamp(last.enqueued_at),
            "runtime_info_retrieval_time_utc": encoding.timestamp(last.asked_at),
        }
    )


_SEQUENCE_NUMBER = encoding.symbol("x-opt-sequence-number")
_OFFSET = encoding.symbol("x-opt-offset")
_ENQUEUED_TIME = encoding.symbol("x-opt-enqueued-time")
_PARTITION_KEY = encoding.symbol(PARTITION_KEY)
_KAFKA_KEY = encoding.symbol(KAFKA_KEY)


def _header_value(value: bytes | None, is_amqp: bool) -> bytes:
    if value is None:
        return encoding.NULL
    return value if is_amqp and _is_encoding(value) else encoding.binary(value)


def _is_key(value: bytes | None) -> bool:
    """Whether a header holds text or binary, AMQP-encoded."""
    return value is not None and value[:1] in (b"\xa0", b"\xb0", b"\xa1", b"\xb1") and _is_encoding(value)


def _is_list(value: bytes) -> bool:
    return value[:1] in _LISTS and _is_encoding(value)


def _is_encoding(value: bytes) -> bool:
    """Whether bytes are one AMQP value; lists, maps and arrays are looked at all the way down."""
    try:
        if 0x40 <= value[0] < 0xC0:
            return end_of(value, 0) == len(value)
        return decode(value, most=len(value))[1] == len(value)
    except (AmqpError, IndexError):
        return False
