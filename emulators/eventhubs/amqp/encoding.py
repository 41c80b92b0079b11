"""Encoders for the types of AMQP 1.0 (part 1 of the specification), one per type.

Each returns the complete encoding, constructor included.
"""

from __future__ import annotations

import struct
import uuid as uuids
from collections.abc import Iterable, Mapping

NULL = b"\x40"


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
