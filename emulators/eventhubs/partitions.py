"""Which partition the service chooses for a partition key.

It is the hash that Microsoft's own SDKs compute when they group events by key before they send them (.NET's
and JavaScript's `PartitionResolver`): Bob Jenkins's lookup3, of which the two halves make 16 bits. Kafka's
clients hash their keys in another way: the same text may mean another partition there.
"""

from __future__ import annotations

import struct
from functools import lru_cache

_MASK = 0xFFFFFFFF
_MIX = ((4, 0), (6, 1), (8, 2), (16, 0), (19, 1), (4, 2))
_FINAL = ((14, 2), (11, 0), (25, 1), (16, 2), (4, 0), (14, 1), (24, 2))


@lru_cache(maxsize=4096)
def partition_of(key: bytes, count: int) -> int:
    """The partition, of so many, for a key."""
    # The remainder of C#, which has the sign of the hash: that of Python is another for negative numbers.
    return abs(hash_of(key)) % count


def hash_of(key: bytes) -> int:
    """The hash of a key, from -32,768 to 32,767."""
    first, second = _lookup3(key)
    value = (first ^ second) & 0xFFFF
    return value - 0x10000 if value & 0x8000 else value


def _lookup3(data: bytes) -> tuple[int, int]:
    """The two 32-bit hashes of lookup3 (http://burtleburtle.net/bob/c/lookup3.c, `hashlittle2`)."""
    state = [(0xDEADBEEF + len(data)) & _MASK] * 3
    if not data:
        return state[2], state[1]
    blocks = range(0, len(data), 12)
    for start in blocks:
        words = struct.unpack("<3I", data[start : start + 12].ljust(12, b"\0"))
        state = [(each + word) & _MASK for each, word in zip(state, words, strict=True)]
        if start != blocks[-1]:
            _mix(state)
    _finish(state)
    return state[2], state[1]


def _mix(state: list[int]) -> None:
    for bits, index in _MIX:
        before, after = (index + 2) % 3, (index + 1) % 3
        state[index] = ((state[index] - state[before]) & _MASK) ^ _rotate(state[before], bits)
        state[before] = (state[before] + state[after]) & _MASK


def _finish(state: list[int]) -> None:
    for bits, index in _FINAL:
        before = (index + 2) % 3
        state[index] = ((state[index] ^ state[before]) - _rotate(state[before], bits)) & _MASK


def _rotate(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (32 - bits))) & _MASK
