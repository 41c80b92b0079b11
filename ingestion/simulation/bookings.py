"""The money of what was accepted: a booking for each sale, cancellation and refund, and the revenue of all.

Amounts are integer cents. Which day and minute a booking belongs to is in docs/decisions/0002 and 0009.
"""

from __future__ import annotations

import os
import sys
from array import array
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingestion.errors import ConfigurationError
from ingestion.files import Kind
from ingestion.simulation.faults import MINUTE_MS
from ingestion.simulation.shop import CATALOGUE, STATES, Customers, Order, cents

SALE, CANCELLATION, REFUND = range(3)
"""Kinds of bookings: a sale, its taking back, and a refund; a sale taken back leaves no trace."""

_PRODUCTS, _STATES, _KINDS = 256, 64, 4
_STATE_INDEX = {state: index for index, state in enumerate(STATES)}
_BOOKING_BYTES = 16
_LAST_MINUTE = 2**31
"""A minute since 1970 that no shop's clock reaches, and every text read as a number exceeds."""


def _holds_bookings(head: bytes) -> bool:
    """Whether a file begins with a booking, or a part of one."""
    first = array("q", head[: _BOOKING_BYTES // 2].ljust(_BOOKING_BYTES // 2, b"\0"))
    rest, kind = divmod(_little_endian(first)[0], _KINDS)
    rest, state = divmod(rest, _STATES)
    minute, product = divmod(rest, _PRODUCTS)
    return kind <= REFUND and state < len(STATES) and product < len(CATALOGUE) and 0 <= minute < _LAST_MINUTE


BOOKINGS = Kind("a file of bookings", _holds_bookings)


def bookings_file(place: Path) -> Path:
    """The file of bookings of the shop whose state is kept in a file."""
    return place.with_name(f"{place.name}.bookings")


class Bookings:
    """Bookings in the order they were made.

    They grow with the shop: they are appended to a file beside the shop's state, and stay in memory only
    where no state is kept.

    Args:
        file: where they are kept; None keeps them in memory.
        kept: how many of those in the file count. Those beyond are of a run that crashed, and are replaced.

    Raises:
        ConfigurationError: the file does not hold so many.
    """

    def __init__(self, file: Path | None, kept: int) -> None:
        self.file = file
        self.kept = kept
        self._new = array("q")
        if kept and (file is None or not file.exists() or file.stat().st_size < self._kept_bytes):
            raise ConfigurationError(
                f"{file or 'the file of bookings'} does not hold the bookings of this shop, without which "
                "its truth is not known: restore it, or open a new shop with another --state."
            )

    @property
    def _kept_bytes(self) -> int:
        return self.kept * _BOOKING_BYTES

    def book(self, order: Order, kind: int, moment: int) -> None:
        """Book the amount of an order.

        Args:
            order: what was sold, and where to.
            kind: SALE, CANCELLATION or REFUND.
            moment: milliseconds since 1970.
        """
        state = _STATE_INDEX[Customers.place(order.customer)[1]]
        key = ((moment // MINUTE_MS * _PRODUCTS + order.product) * _STATES + state) * _KINDS + kind
        self._new.append(key)
        self._new.append(order.total)

    def keep(self) -> None:
        """Append the bookings since the last time to the file, if there is one, to outlive a crash."""
        if self.file is None:
            return
        if self._new or not self.kept:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("r+b" if self.file.exists() else "w+b") as stream:
                stream.truncate(self._kept_bytes)
                stream.seek(self._kept_bytes)
                stream.write(_little_endian(self._new).tobytes())
                stream.flush()
                os.fsync(stream.fileno())
        self.kept += len(self._new) // 2
        del self._new[:]

    def revenue(self) -> dict[str, Any]:
        """Revenue net of cancellations and refunds, in all and by brand, state, day and minute."""
        products, states = [0] * len(CATALOGUE), [0] * len(STATES)
        product_counts, state_counts = products[:], states[:]
        minutes: dict[int, int] = defaultdict(int)
        minute_counts: dict[int, int] = defaultdict(int)
        for key, amount in self._all():
            rest, kind = divmod(key, _KINDS)
            rest, state = divmod(rest, _STATES)
            minute, product = divmod(rest, _PRODUCTS)
            signed = amount if kind == SALE else -amount
            # What was sold and taken back leaves no trace; what was refunded does.
            step = -1 if kind == CANCELLATION else 1
            products[product] += signed
            product_counts[product] += step
            states[state] += signed
            state_counts[state] += step
            minutes[minute] += signed
            minute_counts[minute] += step
        brands: dict[str, int] = defaultdict(int)
        for sold, amount, count in zip(CATALOGUE, products, product_counts, strict=True):
            if count:
                brands[sold.brand] += amount
        days: dict[str, int] = defaultdict(int)
        by_minute: dict[str, int] = {}
        for minute, amount in minutes.items():
            if minute_counts[minute]:
                moment = datetime.fromtimestamp(minute * 60, tz=UTC).isoformat()[: len("2026-01-01T00:00")]
                days[moment[: len("2026-01-01")]] += amount
                by_minute[f"{moment}:00Z"] = amount
        return {
            "total": cents(sum(products)),
            "by_brand": _money(brands),
            "by_state": _money(
                {
                    state: amount
                    for state, amount, count in zip(STATES, states, state_counts, strict=True)
                    if count
                }
            ),
            "by_day": _money(days),
            "by_minute": _money(by_minute),
        }

    def _all(self) -> Iterator[tuple[int, int]]:
        if self.file is not None and self.kept:
            kept = array("q")
            with self.file.open("rb") as stream:
                kept.frombytes(stream.read(self._kept_bytes))
            kept = _little_endian(kept)
            yield from zip(kept[::2], kept[1::2], strict=True)
        yield from zip(self._new[::2], self._new[1::2], strict=True)


def _money(amounts: dict[str, int]) -> dict[str, str]:
    return {name: cents(amount) for name, amount in amounts.items()}


def _little_endian(numbers: array[int]) -> array[int]:
    """Between this machine's byte order and that of the file, both ways."""
    if sys.byteorder == "little":
        return numbers
    swapped = numbers[:]
    swapped.byteswap()
    return swapped
