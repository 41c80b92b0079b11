"""The partition of a key, as the service chooses it."""

from __future__ import annotations

from typing import Any

import pytest
from azure.eventhub._buffered_producer import _partition_resolver
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.eventhubs.partitions import hash_of, partition_of

sdk_hash: Any = _partition_resolver.generate_hash_code  # not typed


@pytest.mark.parametrize(
    ("key", "expected"),
    [("7", -15263), ("131", 30562), ("7149583486996073602", 12977), ("FWfAT", -22341)],
)
def test_the_hash_is_that_of_the_service(key: str, expected: int) -> None:
    assert hash_of(key.encode()) == expected


@settings(derandomize=True, deadline=None)
@given(st.text(st.characters(max_codepoint=127), min_size=1, max_size=80))
def test_the_hash_is_that_of_the_sdk(key: str) -> None:
    assert hash_of(key.encode()) == sdk_hash(key)


@pytest.mark.parametrize(("key", "count", "expected"), [("7", 4, 3), ("131", 4, 2), ("FWfAT", 32, 5)])
def test_the_partition_is_the_remainder_without_its_sign(key: str, count: int, expected: int) -> None:
    assert partition_of(key.encode(), count) == expected
    # C#'s remainder takes the sign of the hash.
    assert expected == abs(int(sdk_hash(key) / count) * count - sdk_hash(key))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 32])
def test_keys_are_spread_over_all_partitions(count: int) -> None:
    used = {partition_of(f"C-{number}".encode(), count) for number in range(1000)}
    assert used == set(range(count))
