"""The sections of a message, as AMQP 1.0 has them (part 3.2 of the specification)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from emulators.eventhubs.amqp.decoding import decode, end_of
from emulators.eventhubs.amqp.errors import DECODE_ERROR, AmqpError

DELIVERY_ANNOTATIONS = 0x71
MESSAGE_ANNOTATIONS = 0x72
PROPERTIES = 0x73
APPLICATION_PROPERTIES = 0x74
DATA = 0x75
SEQUENCE = 0x76
VALUE = 0x77


def section(code: int) -> bytes:
    """What a section begins with; its value follows."""
    return struct.pack(">BBB", 0x00, 0x53, code)


def sections(message: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Code, start and end of each section; a section is a described value whose descriptor is a ulong.

    Raises:
        AmqpError: amqp:decode-error, if what stands between the two offsets is not a row of sections.
    """
    while at < end:
        if message[at : at + 2] == b"\x00\x53" and at + 2 < end:
            code, start = message[at + 2], at + 3
        else:
            if message[at] != 0x00:
                raise AmqpError(DECODE_ERROR, f"no message section at byte {at}")
            descriptor, start = decode(message, at + 1)
            code = descriptor if isinstance(descriptor, int) else 0
        at = end_of(message, start)
        yield code, start, at
    if at != end:
        raise AmqpError(DECODE_ERROR, "a section that ends behind its message")


def map_items(message: bytes, at: int, end: int) -> Iterator[tuple[Any, int, int]]:
    """Of the map between two offsets: each key, and where its value begins and ends.

    Raises:
        AmqpError: amqp:decode-error, if there is no well-formed map of exactly that length.
    """
    constructor = message[at] if at < end else None
    if constructor == 0xC1 and at + 3 <= end:
        count, at = message[at + 2], at + 3
    elif constructor == 0xD1 and at + 9 <= end:
        count, at = int.from_bytes(message[at + 5 : at + 9], "big"), at + 9
    elif constructor == 0x40:
        count, at = 0, at + 1
    else:
        raise AmqpError(DECODE_ERROR, "annotations or application properties that are not a map")
    for _ in range(count // 2):
        if at >= end:
            raise AmqpError(DECODE_ERROR, "a map that says it holds more than it does")
        name, at = decode(message, at)
        start, at = at, end_of(message, at)
        yield name, start, at
    if at != end or count % 2:
        raise AmqpError(DECODE_ERROR, "a map whose size and content disagree")
