"""Events as AMQP carries them and as Kafka keeps them.

| AMQP                          | Kafka                                                           |
| ----------------------------- | --------------------------------------------------------------- |
| data sections                 | value                                                           |
| annotation x-opt-partition-key| key                                                             |
| application properties        | headers of the same names; values as AMQP encodes them          |
| properties (message id …)     | header x-amqp-properties: the list of the section, AMQP-encoded |
| x-opt-sequence-number, -offset| offset                                                          |
| x-opt-enqueued-time           | log-append time                                                 |

`x-amqp-properties` is present on every record that came by AMQP with properties of either kind; it tells
headers that hold AMQP encodings from those of Kafka clients, which AMQP receivers get as binary. A body that
is not data but an AMQP value or sequence is kept encoded, and header x-amqp-body says so. Other annotations,
the header section and the footer are not kept.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from emulators.eventhubs.amqp import codec
from emulators.eventhubs.amqp.errors import ARGUMENT_ERROR, DECODE_ERROR, AmqpError

BATCH_FORMAT = 0x80013700
"""Message format of a batch: every data section holds one encoded message."""
PROPERTIES_HEADER = "x-amqp-properties"
BODY_HEADER = "x-amqp-body"

Header = tuple[str, bytes | None]

_DELIVERY_ANNOTATIONS, _MESSAGE_ANNOTATIONS, _PROPERTIES, _APPLICATION_PROPERTIES = 0x71, 0x72, 0x73, 0x74
_DATA, _SEQUENCE, _VALUE = 0x75, 0x76, 0x77
_BODIES = {b"sequence": _SEQUENCE, b"value": _VALUE}
_BODY_NAMES = {section: name for name, section in _BODIES.items()}
_PARTITION_KEY = "x-opt-partition-key"
_EMPTY_LIST = b"\x45"
_LISTS = (_EMPTY_LIST, b"\xc0", b"\xd0")


class Event(NamedTuple):
    """One event on its way to Kafka."""

    key: bytes | None
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
    for section, start, end in _sections(message, 0, len(message)):
        if section == _MESSAGE_ANNOTATIONS:
            key = _partition_key(message, start)
        elif section == _DATA:
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
    kind = headers.pop(BODY_HEADER, None)
    body = _BODIES.get(kind) if kind and _is_encoding(value) else None
    parts = [_delivery_annotations(last)] if last else []
    parts.append(_annotations(record))
    if properties and is_amqp and properties != _EMPTY_LIST:
        parts += [_section(_PROPERTIES), properties]
    if headers:
        pairs = [(codec.string(name), _header_value(value, is_amqp)) for name, value in headers.items()]
        parts += [_section(_APPLICATION_PROPERTIES), codec.map_of(pairs)]
    parts += [_section(body), value] if body else [_section(_DATA), codec.binary(value)]
    return b"".join(parts)


def _event(message: bytes, start: int, end: int, key: bytes | None) -> Event:
    body: list[bytes] = []
    headers: list[Header] = []
    properties = None
    for section, at, stop in _sections(message, start, end):
        if section == _DATA:
            at, stop = _content(message, at, stop)
            body.append(message[at:stop])
        elif section == _MESSAGE_ANNOTATIONS:
            key = _partition_key(message, at) or key
        elif section == _APPLICATION_PROPERTIES:
            properties = properties or _EMPTY_LIST
            headers.extend(_application_properties(message, at))
        elif section == _PROPERTIES:
            properties = message[at:stop]
        elif section in _BODY_NAMES:
            body.append(message[at:stop])
            headers.append((BODY_HEADER, _BODY_NAMES[section]))
    if properties is not None:
        headers.append((PROPERTIES_HEADER, properties))
    return Event(key, body[0] if len(body) == 1 else b"".join(body), headers)


def _sections(message: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Code, start and end of each section; a section is a described value whose descriptor is a ulong."""
    while at < end:
        if message[at : at + 2] == b"\x00\x53":
            section, start = message[at + 2], at + 3
        else:
            if message[at] != 0x00:
                raise AmqpError(DECODE_ERROR, f"no message section at byte {at}")
            section, start = codec.decode(message, at + 1)
        at = codec.end_of(message, start)
        yield section, start, at
    if at != end:
        raise AmqpError(DECODE_ERROR, "a section that ends behind its message")


def _content(message: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the bytes of a binary value are."""
    constructor = message[start]
    if constructor == 0xA0:
        return start + 2, end
    if constructor == 0xB0:
        return start + 5, end
    raise AmqpError(DECODE_ERROR, "a data section that holds no binary value")


def _partition_key(message: bytes, at: int) -> bytes | None:
    annotations, _ = codec.decode(message, at)
    key = annotations.get(_PARTITION_KEY) if isinstance(annotations, dict) else None
    return key.encode() if isinstance(key, str) else key if isinstance(key, bytes) else None


def _application_properties(message: bytes, at: int) -> Iterator[Header]:
    """Names, and values as they are encoded."""
    constructor = message[at]
    if constructor == 0xC1:
        count, at = message[at + 2], at + 3
    elif constructor == 0xD1:
        count, at = int.from_bytes(message[at + 5 : at + 9], "big"), at + 9
    else:
        raise AmqpError(DECODE_ERROR, "application properties that are not a map")
    for _ in range(count // 2):
        name, at = codec.decode(message, at)
        end = codec.end_of(message, at)
        yield str(name), message[at:end]
        at = end


def _section(code: int) -> bytes:
    return struct.pack(">BBB", 0x00, 0x53, code)


def _annotations(record: Record) -> bytes:
    pairs = [
        (_SEQUENCE_NUMBER, codec.int64(record.offset)),
        (_OFFSET, codec.string(str(record.offset))),
        (_ENQUEUED_TIME, codec.timestamp(record.enqueued_at)),
    ]
    if record.key is not None:
        pairs.append((_KEY, _text_or_binary(record.key)))
    return _section(_MESSAGE_ANNOTATIONS) + codec.map_of(pairs)


def _delivery_annotations(last: LastEnqueued) -> bytes:
    return _section(_DELIVERY_ANNOTATIONS) + codec.fields(
        {
            "last_enqueued_sequence_number": codec.int64(last.offset),
            "last_enqueued_offset": codec.string(str(last.offset)),
            "last_enqueued_time_utc": codec.timestamp(last.enqueued_at),
            "runtime_info_retrieval_time_utc": codec.timestamp(last.asked_at),
        }
    )


_SEQUENCE_NUMBER = codec.symbol("x-opt-sequence-number")
_OFFSET = codec.symbol("x-opt-offset")
_ENQUEUED_TIME = codec.symbol("x-opt-enqueued-time")
_KEY = codec.symbol(_PARTITION_KEY)


def _text_or_binary(value: bytes) -> bytes:
    try:
        return codec.string(value.decode())
    except UnicodeDecodeError:
        return codec.binary(value)


def _header_value(value: bytes | None, is_amqp: bool) -> bytes:
    if value is None:
        return codec.NULL
    return value if is_amqp and _is_encoding(value) else codec.binary(value)


def _is_list(value: bytes) -> bool:
    return value[:1] in _LISTS and _is_encoding(value)


def _is_encoding(value: bytes) -> bool:
    try:
        return codec.end_of(value, 0) == len(value)
    except AmqpError:
        return False


class Request(NamedTuple):
    """A message to a node that answers."""

    id: Any
    properties: dict[str, Any]
    body: Any

    @classmethod
    def of(cls, message: bytes) -> Request:
        """Read a request.

        Raises:
            AmqpError: the message is not well-formed.
        """
        sections = {code: codec.decode(message, at)[0] for code, at, _ in _sections(message, 0, len(message))}
        properties = sections.get(_PROPERTIES) or [None]
        return cls(properties[0], sections.get(_APPLICATION_PROPERTIES) or {}, sections.get(_VALUE))

    def get(self, name: str) -> Any:
        """An application property."""
        return self.properties.get(name)


def response(request: Request, status: int, description: str, body: bytes) -> bytes:
    """The answer to a request, with an encoded body."""
    correlation_id = codec.NULL if request.id is None else codec.message_id(request.id)
    properties = [codec.NULL] * 5 + [correlation_id]
    outcome = [
        (codec.string("status-code"), codec.int32(status)),
        (codec.string("status-description"), codec.string(description)),
        # The name under which the SDK looks for it in answers of $management.
        (codec.string("statusDescription"), codec.string(description)),
    ]
    return b"".join(
        [
            _section(_PROPERTIES),
            codec.list_of(properties),
            _section(_APPLICATION_PROPERTIES),
            codec.map_of(outcome),
            _section(_VALUE),
            body,
        ]
    )
