"""The decoder of AMQP 1.0's types (part 1 of the specification).

It gives plain Python values; symbols and described values keep classes of their own. Whoever reaches the port
may send what is decoded here: a few bytes may not ask for much memory or time, so the values one call decodes
and their nesting are bounded, and a size or count is believed only as far as the bytes go.
"""

from __future__ import annotations

import struct
import uuid as uuids
from collections.abc import Callable
from typing import Any, NamedTuple

from emulators.eventhubs.amqp.errors import DECODE_ERROR, AmqpError

MAX_DEPTH = 32
"""How deep lists, maps, arrays and described values may be nested; what clients send needs six or seven."""
MAX_VALUES = 4096
"""How many values one call decodes, the items of lists, maps and arrays counted together."""


class Symbol(str):
    """A string from a constrained domain (ASCII), which AMQP keeps apart from text."""

    __slots__ = ()


class Described(NamedTuple):
    """A value with a descriptor that says what it means."""

    descriptor: Any
    value: Any


class _Limits:
    """What is left of the values and levels one call may decode."""

    __slots__ = ("levels", "values")

    def __init__(self, values: int) -> None:
        self.values = values
        self.levels = MAX_DEPTH

    def enter(self, count: int) -> None:
        """Go one level deeper, for so many values."""
        self.values -= count
        self.levels -= 1
        if self.values < 0:
            raise ValueError("too many values")
        if self.levels < 0:
            raise ValueError(f"values nested deeper than {MAX_DEPTH}")

    def leave(self) -> None:
        """Come back up."""
        self.levels += 1


Decoder = Callable[[bytes, int, _Limits], tuple[Any, int]]


def decode(data: bytes, at: int = 0, *, most: int = MAX_VALUES) -> tuple[Any, int]:
    """Decode the value that begins at an offset; returns it and the offset behind it.

    Args:
        data: what holds the value.
        at: offset of its constructor.
        most: how many values to decode, all items counted.

    Raises:
        AmqpError: amqp:decode-error, if there is no well-formed value or more than is decoded here.
    """
    try:
        return _decode(data, at, _Limits(most))
    except (IndexError, KeyError, ValueError, TypeError, struct.error) as error:
        raise AmqpError(DECODE_ERROR, f"no AMQP value at byte {at}: {error!r:.200}") from None


def end_of(data: bytes, at: int) -> int:
    """The offset behind the value that begins at an offset, without decoding it.

    The high half of a constructor tells how wide its value is (section 1.2 of the specification).

    Raises:
        AmqpError: amqp:decode-error, if the value is cut short.
    """
    end, awaited = at, 1
    try:
        while awaited:
            constructor = data[end]
            if constructor == 0x00:  # A descriptor and a value follow, in the place of one value.
                end, awaited = end + 1, awaited + 1
                continue
            width = _WIDTHS[constructor >> 4]
            if width >= 0:
                end += 1 + width
            elif width == _SIZE_IN_1:
                end += 2 + data[end + 1]
            else:
                end += 5 + int.from_bytes(_slice(data, end + 1, end + 5), "big")
            awaited -= 1
    except (IndexError, KeyError):
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


def _decode(data: bytes, at: int, limits: _Limits) -> tuple[Any, int]:
    return _DECODERS[data[at]](data, at + 1, limits)


def _constant(value: Any) -> Decoder:
    return lambda data, at, limits: (value, at)


def _empty_list(data: bytes, at: int, limits: _Limits) -> tuple[list[Any], int]:
    return [], at


def _fixed(layout: str) -> Decoder:
    reader = struct.Struct(">" + layout)
    unpack, size = reader.unpack_from, reader.size
    return lambda data, at, limits: (unpack(data, at)[0], at + size)


def _opaque(width: int) -> Decoder:
    """A type nobody here computes with (decimals): its bytes are enough."""
    return lambda data, at, limits: (_slice(data, at, at + width), at + width)


def _decode_boolean(data: bytes, at: int, limits: _Limits) -> tuple[bool, int]:
    return data[at] == 1, at + 1


def _decode_char(data: bytes, at: int, limits: _Limits) -> tuple[str, int]:
    char = chr(int.from_bytes(_slice(data, at, at + 4), "big"))
    char.encode()  # Half a surrogate pair is no character.
    return char, at + 4


def _decode_uuid(data: bytes, at: int, limits: _Limits) -> tuple[uuids.UUID, int]:
    return uuids.UUID(bytes=_slice(data, at, at + 16)), at + 16


def _variable(width: int, convert: Callable[[bytes], Any]) -> Decoder:
    def decode_variable(data: bytes, at: int, limits: _Limits) -> tuple[Any, int]:
        start = at + width
        end = start + int.from_bytes(_slice(data, at, start), "big")
        return convert(_slice(data, start, end)), end

    return decode_variable


def _head(data: bytes, at: int, width: int) -> tuple[int, int, int]:
    """Of a list, map or array: how many items it has, where they begin and where they end."""
    end = at + width + int.from_bytes(_slice(data, at, at + width), "big")
    start = at + 2 * width
    if not start <= end <= len(data):
        raise IndexError("a size that does not fit")
    return int.from_bytes(data[at + width : start], "big"), start, end


def _items(width: int, build: Callable[[list[Any]], Any]) -> Decoder:
    def decode_items(data: bytes, at: int, limits: _Limits) -> tuple[Any, int]:
        count, at, end = _head(data, at, width)
        limits.enter(count)
        values = []
        for _ in range(count):
            value, at = _decode(data, at, limits)
            values.append(value)
        limits.leave()
        if at != end:
            raise ValueError("a compound value whose size and content disagree")
        return build(values), at

    return decode_items


def _array_of(width: int) -> Decoder:
    def decode_array(data: bytes, at: int, limits: _Limits) -> tuple[list[Any], int]:
        count, at, end = _head(data, at, width)
        if count == 0:
            return [], end
        limits.enter(count)
        described = data[at] == 0x00
        descriptor = None
        if described:
            descriptor, at = _decode(data, at + 1, limits)
        decoder, at = _DECODERS[data[at]], at + 1
        values = []
        for _ in range(count):
            value, at = decoder(data, at, limits)
            values.append(Described(descriptor, value) if described else value)
        limits.leave()
        if at != end:
            raise ValueError("an array whose size and content disagree")
        return values, at

    return decode_array


def _build_map(items: list[Any]) -> dict[Any, Any]:
    # Hashes of text differ from process to process and those of numbers are short: other keys, for one UUIDs,
    # could be chosen to collide.
    if not all(isinstance(key, str | bytes | int | float | None) for key in items[::2]):
        raise TypeError("a map with keys that are neither text nor numbers")
    return dict(zip(items[::2], items[1::2], strict=True))


def _decode_described(data: bytes, at: int, limits: _Limits) -> tuple[Described, int]:
    limits.enter(2)
    descriptor, at = _decode(data, at, limits)
    value, at = _decode(data, at, limits)
    limits.leave()
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
