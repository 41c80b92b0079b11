"""The codec against the specification, and against the SDK's own encoder and decoder."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from azure.eventhub._pyamqp._decode import _DECODE_BY_CONSTRUCTOR
from azure.eventhub._pyamqp._encode import encode_value
from azure.eventhub._pyamqp.types import TYPE, VALUE, AMQPTypes

from emulators.eventhubs.amqp import encoding
from emulators.eventhubs.amqp.decoding import Described, Symbol, decode, end_of
from emulators.eventhubs.amqp.errors import AmqpError

SOME_UUID = uuid.UUID("f275ea5e-0c57-4ad7-b11a-b20c563d3b71")


def sdk_encode(value: Any, kind: Any = None) -> bytes:
    output = bytearray()
    encode_value(output, {TYPE: kind, VALUE: value} if kind else value)
    return bytes(output)


def sdk_decode(data: bytes) -> Any:
    rest, value = _DECODE_BY_CONSTRUCTOR[data[0]](memoryview(data)[1:])
    assert not rest
    return value


ENCODERS: list[tuple[Callable[[Any], bytes], list[Any]]] = [
    (encoding.boolean, [True, False]),
    (encoding.ubyte, [0, 255]),
    (encoding.ushort, [0, 65535]),
    (encoding.uint, [0, 1, 255, 256, 2**32 - 1]),
    (encoding.ulong, [0, 255, 256, 2**64 - 1]),
    (encoding.int32, [-(2**31), -1, 0, 200, 2**31 - 1]),
    (encoding.int64, [-(2**63), -1, 0, 2**63 - 1]),
    (encoding.timestamp, [0, 1_795_226_509_942]),
    (encoding.uuid, [SOME_UUID]),
    (encoding.binary, [b"", b"\x00" * 255, b"\xff" * 256]),
    (encoding.string, ["", "ü" * 127, "ü" * 128]),
    (encoding.symbol, ["", "x-opt-offset", "s" * 300]),
    (encoding.string_array, [["0"], ["0", "1", "ü"]]),
    (encoding.symbol_array, [["ANONYMOUS"]]),
]


@pytest.mark.parametrize(
    ("encode", "value"), [(encode, value) for encode, values in ENCODERS for value in values]
)
def test_what_we_encode_we_and_the_sdk_decode(encode: Callable[[Any], bytes], value: Any) -> None:
    encoded = encode(value)

    def as_bytes(plain: Any) -> Any:
        if isinstance(plain, list):
            return [as_bytes(each) for each in plain]
        return plain.encode() if isinstance(plain, str) else plain

    assert decode(encoded) == (value, len(encoded))
    assert sdk_decode(encoded) == as_bytes(value)


@pytest.mark.parametrize(
    ("encoded", "value"),
    [
        (sdk_encode(None), None),
        (sdk_encode(True), True),
        (sdk_encode(7, AMQPTypes.ubyte), 7),
        (sdk_encode(-7, AMQPTypes.byte), -7),
        (sdk_encode(700, AMQPTypes.ushort), 700),
        (sdk_encode(-700, AMQPTypes.short), -700),
        (sdk_encode(0, AMQPTypes.uint), 0),
        (sdk_encode(70_000, AMQPTypes.uint), 70_000),
        (sdk_encode(-70_000, AMQPTypes.int), -70_000),
        (sdk_encode(0, AMQPTypes.ulong), 0),
        (sdk_encode(2**40, AMQPTypes.ulong), 2**40),
        (sdk_encode(-(2**40), AMQPTypes.long), -(2**40)),
        (sdk_encode(0.5, AMQPTypes.float), 0.5),
        (sdk_encode(0.1, AMQPTypes.double), 0.1),
        (sdk_encode(datetime(2026, 11, 21, tzinfo=UTC)), 1_795_219_200_000),
        (sdk_encode(SOME_UUID), SOME_UUID),
        (sdk_encode("ü" * 200), "ü" * 200),
        (sdk_encode(b"\x00\xff"), b"\x00\xff"),
        (sdk_encode(b"sym", AMQPTypes.symbol), Symbol("sym")),
        (sdk_encode([1, "two", None, [b"3"]]), [1, "two", None, [b"3"]]),
        (sdk_encode([]), []),
        (sdk_encode({"a": 1, "b": {"c": [True]}}), {"a": 1, "b": {"c": [True]}}),
        (sdk_encode({str(n): "x" * 100 for n in range(50)}), {str(n): "x" * 100 for n in range(50)}),
        (sdk_encode([1, 2, 3], AMQPTypes.array), [1, 2, 3]),
        (sdk_encode(("filter", "value")), Described("filter", "value")),
    ],
)
def test_what_the_sdk_encodes_we_decode_and_measure(encoded: bytes, value: Any) -> None:
    assert decode(encoded) == (value, len(encoded))
    assert end_of(b"??" + encoded + b"??", 2) == len(encoded) + 2


def test_types_we_never_compute_with_keep_their_bytes() -> None:
    encoded = sdk_encode(Decimal("1.5"))
    assert decode(encoded) == (encoded[1:], 17)


def test_symbols_are_not_text() -> None:
    assert isinstance(decode(encoding.symbol("s"))[0], Symbol)
    assert not isinstance(decode(encoding.string("s"))[0], Symbol)


@pytest.mark.parametrize("value", [7, SOME_UUID, b"id", "id"], ids=["ulong", "uuid", "binary", "string"])
def test_message_ids_keep_their_type(value: Any) -> None:
    decoded, _ = decode(encoding.message_id(value))
    assert decoded == value
    assert type(decoded) is type(value)


@pytest.mark.parametrize("count", [0, 1, 100, 300])
def test_compound_values_of_any_size(count: int) -> None:
    items = [encoding.string("x" * 10)] * count
    assert decode(encoding.list_of(items))[0] == ["x" * 10] * count
    pairs = [(encoding.uint(n), encoding.NULL) for n in range(count)]
    assert decode(encoding.map_of(pairs))[0] == dict.fromkeys(range(count))


@pytest.mark.parametrize(
    "malformed",
    [
        b"",
        b"\x3f",  # no such constructor
        b"\x71\x00",  # an int of one byte
        b"\xa1\x05abc",  # text that is cut short
        b"\xb0\xff\xff\xff\xff",  # binary without content
        b"\xa1\x02\xff\xff",  # text that is not UTF-8
        b"\xc0\x05\x02\x40",  # a list without its second item
        b"\xc0\x09\x01\x40",  # a list whose size is wrong
        b"\xc1\x03\x01\x40\x40",  # a map with a key alone
        b"\xc1\x08\x02\xc0\x01\x00\x40",  # a map with a list for a key
        b"\x00\x53",  # a descriptor that is cut short
        b"\x00" * 5000,  # descriptors without end
    ],
)
def test_what_is_malformed_is_an_error_of_ours(malformed: bytes) -> None:
    with pytest.raises(AmqpError, match="amqp:decode-error"):
        decode(malformed)


@pytest.mark.parametrize("malformed", [b"", b"\x3f", b"\xa1\x05abc", b"\xd0\x00\x00", b"\x00" * 5000])
def test_what_is_cut_short_cannot_be_measured(malformed: bytes) -> None:
    with pytest.raises(AmqpError, match="amqp:decode-error"):
        end_of(malformed, 0)
