"""The type system of AMQP 1.0 (part 1 of the specification): one encoder per type, and one decoder for all.

Encoders return the complete encoding, constructor included. The decoder gives plain Python values; symbols
and described values keep classes of their own.
"""

from __future__ import annotations

import struct
import uuid as uuids
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from emulators.eventhubs.amqp.errors import DECODE_ERROR, AmqpError

NULL = b"\x40"

Decoder = Callable[[bytes, int], tuple[Any, int]]


class Symbol(str):
    """A string from a constrained domain (ASCII), which AMQP keeps apart from text."""

    __slots__ = ()


class Described(NamedTuple):
    """A value with a descriptor that says what it means."""

    descriptor: Any
    value: Any


# --- encoding ---


def boolean(value: bool) -> bytes:
    """Encode a boolean."""
    return b"\x41" if value else b"\x42"


def ubyte(value: int) -> bytes:
    """Encode an unsigned 8-bit integer."""
    return struct.pack(">BB", 0x50, value)


def ushort(value: int) -> bytes:
    """Encode an unsigned 16-bit integer."""
    return struct.pack(">BH", 0x60, value)


def uint(value: int) -> bytes:
    """Encode an unsigned 32-bit integer."""
    return struct.pack(">BB", 0x52, value) if value < 256 else struct.pack(">BI", 0x70, value)


def ulong(value: int) -> bytes:
    """Encode an unsigned 64-bit integer."""
    return struct.pack(">BB", 0x53, value) if value < 256 else struct.pack(">BQ", 0x80, value)


def int32(value: int) -> bytes:
    """Encode a signed 32-bit integer (AMQP `int`)."""
    return struct.pack(">Bi", 0x71, value)


def int64(value: int) -> bytes:
    """Encode a signed 64-bit integer (AMQP `long`)."""
    return struct.pack(">Bq", 0x81, value)


def timestamp(milliseconds: int) -> bytes:
    """Encode a point in time, given in milliseconds since the Unix epoch."""
    return struct.pack(">Bq", 0x83, milliseconds)


def uuid(value: uuids.UUID) -> bytes:
    """Encode a UUID."""
    return b"\x98" + value.bytes


def binary(value: bytes) -> bytes:
    """Encode a sequence of bytes."""
    return _sized(0xA0, value)


def string(value: str) -> bytes:
    """Encode text."""
    return _sized(0xA1, value.encode())


def symbol(value: str) -> bytes:
    """Encode a symbol."""
    return _sized(0xA3, value.encode("ascii"))


def message_id(value: int | uuids.UUID | bytes | str) -> bytes:
    """Encode a message or correlation id, which may be of four types."""
    if isinstance(value, int):
        return ulong(value)
    if isinstance(value, uuids.UUID):
        return uuid(value)
    return binary(value) if isinstance(value, bytes) else string(value)


def list_of(items: Iterable[bytes]) -> bytes:
    """Encode a list of values that are encoded already."""
    parts = list(items)
    return _compound(0xC0, len(parts), b"".join(parts))


def map_of(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Encode a map of keys and values that are encoded already."""
    parts = [part for pair in pairs for part in pair]
    return _compound(0xC1, len(parts), b"".join(parts))


def fields(values: Mapping[str, bytes]) -> bytes:
    """Encode a map from symbols to values that are encoded already."""
    return map_of((symbol(key), value) for key, value in values.items())


def string_array(values: Iterable[str]) -> bytes:
    """Encode an array of strings."""
    return _array(0xB1, [value.encode() for value in values])


def symbol_array(values: Iterable[str]) -> bytes:
    """Encode an array of symbols, the form of every field that may hold several."""
    return _array(0xB3, [value.encode("ascii") for value in values])


def described(descriptor: bytes, value: bytes) -> bytes:
    """Encode a described value from an encoded descriptor and an encoded value."""
    return b"\x00" + descriptor + value


def _sized(constructor: int, value: bytes) -> bytes:
    size = len(value)
    if size < 256:
        return struct.pack(">BB", constructor, size) + value
    return struct.pack(">BI", constructor + 0x10, size) + value


def _compound(constructor: int, count: int, body: bytes) -> bytes:
    # A size counts what follows it, so the count as well: one byte of it, or four.
    if count < 256 and len(body) < 255:
        return struct.pack(">BBB", constructor, len(body) + 1, count) + body
    return struct.pack(">BII", constructor + 0x10, len(body) + 4, count) + body


def _array(constructor: int, values: list[bytes]) -> bytes:
    body = bytes([constructor]) + b"".join(struct.pack(">I", len(value)) + value for value in values)
    return struct.pack(">BII", 0xF0, len(body) + 4, len(values)) + body


# --- decoding ---


def decode(data: bytes, at: int = 0) -> tuple[Any, int]:
    """Decode the value that begins at an offset; returns it and the offset behind it.

    Raises:
        AmqpError: amqp:decode-error, if there is no well-formed value.
    """
    try:
        return _decode(data, at)
    except (IndexError, KeyError, ValueError, TypeError, struct.error, RecursionError) as error:
        raise AmqpError(DECODE_ERROR, f"no AMQP value at byte {at}: {error!r}") from None


def end_of(data: bytes, at: int) -> int:
    """The offset behind the value that begins at an offset, without decoding it.

    The high half of a constructor tells how wide its value is (section 1.2 of the specification).

    Raises:
        AmqpError: amqp:decode-error, if the value is cut short.
    """
    try:
        constructor = data[at]
        if constructor == 0x00:
            return end_of(data, end_of(data, at + 1))
        width = _WIDTHS[constructor >> 4]
        if width >= 0:
            end = at + 1 + width
        elif width == _SIZE_IN_1:
            end = at + 2 + data[at + 1]
        else:
            end = at + 5 + int.from_bytes(data[at + 1 : at + 5], "big")
    except (IndexError, KeyError, RecursionError):
        raise AmqpError(DECODE_ERROR, f"no AMQP value at byte {at}") from None
    if end > len(data):
        raise AmqpError(DECODE_ERROR, f"the AMQP value at byte {at} is cut short")
    return end


_SIZE_IN_1 = -1
_SIZE_IN_4 = -4
_WIDTHS = {
    0x4: 0,
    0x5: 1,
    0x6: 2,
    0x7: 4,
    0x8: 8,
    0x9: 16,
    **dict.fromkeys((0xA, 0xC, 0xE), _SIZE_IN_1),
    **dict.fromkeys((0xB, 0xD, 0xF), _SIZE_IN_4),
}


def _decode(data: bytes, at: int) -> tuple[Any, int]:
    return _DECODERS[data[at]](data, at + 1)


def _constant(value: Any) -> Decoder:
    return lambda data, at: (value, at)


def _empty_list(data: bytes, at: int) -> tuple[list[Any], int]:
    return [], at


def _fixed(layout: str) -> Decoder:
    reader = struct.Struct(">" + layout)
    unpack, size = reader.unpack_from, reader.size
    return lambda data, at: (unpack(data, at)[0], at + size)


def _opaque(width: int) -> Decoder:
    """A type nobody here computes with (decimals): its bytes are enough."""
    return lambda data, at: (_slice(data, at, at + width), at + width)


def _decode_boolean(data: bytes, at: int) -> tuple[bool, int]:
    return data[at] == 1, at + 1


def _decode_char(data: bytes, at: int) -> tuple[str, int]:
    return chr(int.from_bytes(_slice(data, at, at + 4), "big")), at + 4


def _decode_uuid(data: bytes, at: int) -> tuple[uuids.UUID, int]:
    return uuids.UUID(bytes=_slice(data, at, at + 16)), at + 16


def _variable(width: int, convert: Callable[[bytes], Any]) -> Decoder:
    def decode_variable(data: bytes, at: int) -> tuple[Any, int]:
        start = at + width
        end = start + int.from_bytes(_slice(data, at, start), "big")
        return convert(_slice(data, start, end)), end

    return decode_variable


def _items(width: int, build: Callable[[list[Any]], Any]) -> Decoder:
    def decode_items(data: bytes, at: int) -> tuple[Any, int]:
        count = int.from_bytes(_slice(data, at + width, at + 2 * width), "big")
        end = at + width + int.from_bytes(data[at : at + width], "big")
        at += 2 * width
        values = []
        for _ in range(count):
            value, at = _decode(data, at)
            values.append(value)
        if at != end:
            raise ValueError("a compound value whose size and content disagree")
        return build(values), at

    return decode_items


def _array_of(width: int) -> Decoder:
    def decode_array(data: bytes, at: int) -> tuple[list[Any], int]:
        count = int.from_bytes(_slice(data, at + width, at + 2 * width), "big")
        end = at + width + int.from_bytes(data[at : at + width], "big")
        if count == 0:
            return [], end
        decoder, at = _DECODERS[data[at + 2 * width]], at + 2 * width + 1
        values = []
        for _ in range(count):
            value, at = decoder(data, at)
            values.append(value)
        return values, at

    return decode_array


def _build_map(items: list[Any]) -> dict[Any, Any]:
    return dict(zip(items[::2], items[1::2], strict=True))


def _decode_described(data: bytes, at: int) -> tuple[Described, int]:
    descriptor, at = _decode(data, at)
    value, at = _decode(data, at)
    return Described(descriptor, value), at


def _slice(data: bytes, start: int, end: int) -> bytes:
    if end > len(data):
        raise IndexError("the value is cut short")
    return data[start:end]


def _text(value: bytes) -> str:
    return value.decode()


def _symbol(value: bytes) -> Symbol:
    return Symbol(value.decode("ascii"))


_DECODERS: dict[int, Decoder] = {
    0x00: _decode_described,
    0x40: _constant(None),
    0x41: _constant(True),
    0x42: _constant(False),
    0x43: _constant(0),
    0x44: _constant(0),
    0x45: _empty_list,
    0x50: _fixed("B"),
    0x51: _fixed("b"),
    0x52: _fixed("B"),
    0x53: _fixed("B"),
    0x54: _fixed("b"),
    0x55: _fixed("b"),
    0x56: _decode_boolean,
    0x60: _fixed("H"),
    0x61: _fixed("h"),
    0x70: _fixed("I"),
    0x71: _fixed("i"),
    0x72: _fixed("f"),
    0x73: _decode_char,
    0x74: _opaque(4),
    0x80: _fixed("Q"),
    0x81: _fixed("q"),
    0x82: _fixed("d"),
    0x83: _fixed("q"),
    0x84: _opaque(8),
    0x94: _opaque(16),
    0x98: _decode_uuid,
    0xA0: _variable(1, bytes),
    0xA1: _variable(1, _text),
    0xA3: _variable(1, _symbol),
    0xB0: _variable(4, bytes),
    0xB1: _variable(4, _text),
    0xB3: _variable(4, _symbol),
    0xC0: _items(1, list),
    0xC1: _items(1, _build_map),
    0xD0: _items(4, list),
    0xD1: _items(4, _build_map),
    0xE0: _array_of(1),
    0xF0: _array_of(4),
}
