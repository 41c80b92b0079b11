"""Bytes that ask for more than they bring are refused at once, whatever they are."""

from __future__ import annotations

import struct
import time
import tracemalloc
import uuid

import pytest

from emulators.eventhubs.amqp import encoding
from emulators.eventhubs.amqp.composite import decode_composite
from emulators.eventhubs.amqp.decoding import MAX_DEPTH, MAX_VALUES, Described, decode, end_of
from emulators.eventhubs.amqp.errors import AmqpError


def array(constructor: bytes, count: int, content: bytes = b"") -> bytes:
    body = constructor + content
    return struct.pack(">BII", 0xF0, len(body) + 4, count) + body


def nested(wrap: bytes, levels: int) -> bytes:
    """Lists, maps, arrays or described values, each the only item of the one around it."""
    value = b"\x40"
    for _ in range(levels):
        value = {
            b"list": lambda inner: encoding.list_of([inner]),
            b"map": lambda inner: encoding.map_of([(encoding.string("k"), inner)]),
            b"described": lambda inner: encoding.described(encoding.ulong(1), inner),
            b"descriptor": lambda inner: encoding.described(inner, encoding.NULL),
        }[wrap](value)
    return value


ZERO_WIDTH = [bytes([each]) for each in (0x40, 0x41, 0x42, 0x43, 0x44, 0x45)]


@pytest.mark.parametrize(
    "hostile",
    [
        *(pytest.param(array(each, 0xFFFFFFFF), id=f"array of {each.hex()}") for each in ZERO_WIDTH),
        pytest.param(array(b"\x50", 0xFFFFFFFF, b"x" * 50), id="array longer than its bytes"),
        pytest.param(array(b"\x00\x53\x01\x40", 0xFFFFFFFF), id="array of described nulls"),
        pytest.param(array(b"\x40", MAX_VALUES + 1), id="one too many"),
        pytest.param(encoding.list_of([array(b"\x40", MAX_VALUES // 2)] * 3), id="arrays side by side"),
        pytest.param(
            array(b"\xf0", 100, array(b"\x40", 0xFFFF)[1:] * 100), id="arrays of arrays of zero width"
        ),
        pytest.param(encoding.list_of([b"\x40"] * (MAX_VALUES + 1)), id="list"),
        pytest.param(struct.pack(">BII", 0xD0, 0xFFFFFFFF, 0xFFFFFFFF) + b"\x40" * 9, id="list size"),
        pytest.param(struct.pack(">BII", 0xD1, 8, 0xFFFFFFFE) + b"\x40" * 4, id="map count"),
        pytest.param(b"\xb0\xff\xff\xff\xff", id="binary size"),
        pytest.param(b"\xe0\x00\x05\x40", id="array with a size too small for its head"),
        pytest.param(array(b"\x50", 3, b"\x01\x02\x03\x04"), id="array whose content goes on"),
        *(
            pytest.param(nested(each, MAX_DEPTH + 1), id=f"nested {each.decode()}")
            for each in (b"list", b"map", b"described", b"descriptor")
        ),
        pytest.param(b"\x00" * 60_000, id="descriptors without end"),
        pytest.param(b"\xd0\x00\x00\xff\xf0\x00\x00\x00\x01" * 7000, id="lists without end"),
        pytest.param(
            encoding.map_of((encoding.uuid(uuid.UUID(int=each)), b"\x40") for each in range(10)),
            id="map with keys of chosen hashes",
        ),
        pytest.param(b"\x73\x00\x00\xd8\x00", id="half a character"),
    ],
)
def test_little_is_not_turned_into_much(hostile: bytes) -> None:
    began = time.monotonic()
    tracemalloc.start()
    try:
        with pytest.raises(AmqpError, match="amqp:decode-error"):
            decode(hostile)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000
    assert time.monotonic() - began < 1


def test_what_is_within_the_limits_is_decoded() -> None:
    assert decode(encoding.list_of([b"\x40"] * MAX_VALUES))[0] == [None] * MAX_VALUES
    assert decode(array(b"\x41", 3))[0] == [True] * 3
    assert decode(array(b"\x00\x53\x01\x50", 2, b"\x07\x08"))[0] == [Described(1, 7), Described(1, 8)]
    assert decode(nested(b"list", MAX_DEPTH))[1] == len(nested(b"list", MAX_DEPTH))


def test_a_frame_may_hold_no_more_than_frames_do() -> None:
    many = encoding.described(
        encoding.ulong(0x10), encoding.list_of([encoding.string("c"), *[encoding.NULL] * 7, long_list(2000)])
    )
    with pytest.raises(AmqpError, match="too many values"):
        decode_composite(many)


def test_nested_descriptors_are_measured_without_nesting() -> None:
    data = b"\x00" * 5000 + b"\x40" * 5001
    assert end_of(data, 0) == len(data)


def long_list(count: int) -> bytes:
    return encoding.list_of([encoding.NULL] * count)
