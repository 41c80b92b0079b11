"""The answer to what was simulated: what the pipeline must come to for the messages that were sent.

It is worked out from what the simulator meant (this order was cancelled, that message was broken so that it
cannot be read), in integer cents; it reads no message and shares no code with the pipeline. What the words
mean is in docs/decisions/0002 (money), 0003 (status, held orders) and 0009 (minutes).
"""

from __future__ import annotations

import json
import os
import sys
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingestion.errors import ConfigurationError
from ingestion.files import Kind, check_output, replacing
from ingestion.simulation.faults import MINUTE_MS, Fault, Message
from ingestion.simulation.shop import CATALOGUE, STATES, Customers, Order, cents

TRUTH_VERSION = 1

TRUTH = "truth"
"""Where the account stands in the state of a shop."""

STATUSES = ("placed", "shipped", "delivered", "cancelled", "returned")
"""By rank: the status of an order is the one of highest rank that was reported."""

PLACED_BIT, CANCELLED_BIT, RETURNED_BIT = 1 << 0, 1 << 3, 1 << 4

SALE, CANCELLATION, REFUND = range(3)
"""Kinds of bookings: a sale, its taking back, and a refund; a sale taken back leaves no trace."""

_PRODUCTS, _STATES, _KINDS = 256, 64, 4
_STATE_INDEX = {state: index for index, state in enumerate(STATES)}
_BOOKING_BYTES = 16
_LAST_MINUTE = 2**31
"""A minute since 1970 that no shop's clock reaches, and every text read as a number exceeds."""


def _holds_truth(head: bytes) -> bool:
    """Whether a file begins as `Account.write` begins it."""
    return head.startswith(b"{") and all(key in head for key in (b'"drift"', b'"messages"', b'"outcomes"'))


def _holds_bookings(head: bytes) -> bool:
    """Whether a file begins with a booking, or a part of one."""
    first = array("q", head[: _BOOKING_BYTES // 2].ljust(_BOOKING_BYTES // 2, b"\0"))
    rest, kind = divmod(_little_endian(first)[0], _KINDS)
    rest, state = divmod(rest, _STATES)
    minute, product = divmod(rest, _PRODUCTS)
    return kind <= REFUND and state < len(STATES) and product < len(CATALOGUE) and 0 <= minute < _LAST_MINUTE


TRUTH_FILE = Kind("a truth file", _holds_truth)
BOOKINGS = Kind("a file of bookings", _holds_bookings)


def open_account(place: Path | None, state: dict[str, Any] | None, is_wanted: bool) -> Account | None:
    """The account of a shop: always with one whose state is kept, so that its truth can be asked for later.

    Args:
        place: where the state is kept; None when it is not.
        state: the state of a shop that goes on; None for a new one.
        is_wanted: whether the truth is asked for now.

    Raises:
        ConfigurationError: it is asked for and cannot be known, or its file of bookings is lost or holds
            something else.
    """
    if state is not None and TRUTH not in state:
        if is_wanted:
            raise ConfigurationError(
                f"--truth is not known: {place} was kept without an account of what was sent before; open a "
                "new shop with another --state."
            )
        return None
    if place is None and not is_wanted:
        return None
    file = None if place is None else bookings_file(place)
    account = Account(file, state)
    if file is not None and file.exists():
        check_output("--state", file, BOOKINGS)
    return account


def bookings_file(place: Path) -> Path:
    """The file of bookings of the shop whose state is kept in a file."""
    return place.with_name(f"{place.name}.bookings")


class Account:
    """Counts and books what was handed to the sender, message by message, since the shop opened.

    Bookings grow with the shop: they are appended to a file beside the shop's state, and stay in memory
    only where no state is kept.

    Args:
        file: where bookings are kept; None keeps them in memory.
        state: what `keep()` returned; None for a new shop.

    Raises:
        ConfigurationError: the file does not hold the bookings that `state` speaks of.
    """

    def __init__(self, file: Path | None = None, state: dict[str, Any] | None = None) -> None:
        state = (state or {}).get(TRUTH, {})
        self._file = file
        self._kept = int(state.get("bookings", 0))
        self._bookings = array("q")
        self._generated = int(state.get("generated", 0))
        self._refused = int(state.get("refused", 0))
        self._copies = int(state.get("copies", 0))
        self._accepted = int(state.get("accepted", 0))
        self._faults = Counter({Fault(kind): count for kind, count in state.get("faults", {}).items()})
        self._rules = Counter[str](state.get("rules", {}))
        self._drift = Counter({(kind, name): count for kind, name, count in state.get("drift", [])})
        self._statuses: list[int] = list(state.get("statuses", [0] * len(STATUSES)))
        self._held = int(state.get("held", 0))
        self._counted = int(state.get("counted", 0))
        if self._kept and (file is None or not file.exists() or file.stat().st_size < self._kept_bytes):
            raise ConfigurationError(
                f"{file or 'the file of bookings'} does not hold the bookings of this shop, without which "
                "its truth is not known: restore it, or open a new shop with another --state."
            )

    @property
    def _kept_bytes(self) -> int:
        return self._kept * _BOOKING_BYTES

    def add(self, messages: Iterable[Message], refused: Collection[int] = ()) -> None:
        """Take into account what was handed to the sender.

        Args:
            messages: in the order they were handed over.
            refused: positions in `messages` of those that the sender refused as too large; all others were
                accepted.
        """
        count = 0
        receive = self._receive
        for position, message in enumerate(messages):
            count += 1
            if message.faults:
                self._faults.update(message.faults)
                if refused and position in refused:
                    self._refused += 1
                    continue
                if message.drift:
                    self._drift.update(message.drift)
                if message.rule:
                    self._rules[message.rule] += 1
                    continue
                if message.is_copy:
                    self._copies += 1
                    continue
            elif refused and position in refused:
                self._refused += 1
                continue
            self._accepted += 1
            receive(message.order, message.stage, message.occurred)
        self._generated += count

    def _receive(self, order: Order, stage: int, occurred: int) -> None:
        """An event was accepted: its order moves on, and money with it."""
        before = order.received
        bit = 1 << stage
        after = order.received = before | bit
        if before:
            self._statuses[before.bit_length() - 1] -= 1
        self._statuses[after.bit_length() - 1] += 1
        if bit == PLACED_BIT:
            if before:
                self._held -= 1
            if not before & CANCELLED_BIT:
                self._counted += 1
                self._book(order, SALE, order.placed)
                if before & RETURNED_BIT:
                    self._book(order, REFUND, order.returned)
        elif not before & PLACED_BIT:
            self._held += not before
        elif bit == CANCELLED_BIT:
            self._counted -= 1
            self._book(order, CANCELLATION, order.placed)
        elif bit == RETURNED_BIT:
            self._book(order, REFUND, occurred)

    def _book(self, order: Order, kind: int, moment: int) -> None:
        state = _STATE_INDEX[Customers.place(order.customer)[1]]
        key = ((moment // MINUTE_MS * _PRODUCTS + order.product) * _STATES + state) * _KINDS + kind
        self._bookings.append(key)
        self._bookings.append(order.total)

    def keep(self) -> dict[str, Any]:
        """Append the bookings since the last time to their file, such that they outlive a crash.

        Bookings beyond those of a state that was kept are those of a run that crashed: they are replaced.

        Returns:
            What belongs into the shop's state.
        """
        if self._file is None:
            return {}
        if self._bookings or not self._kept:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("r+b" if self._file.exists() else "w+b") as stream:
                stream.truncate(self._kept_bytes)
                stream.seek(self._kept_bytes)
                stream.write(_little_endian(self._bookings).tobytes())
                stream.flush()
                os.fsync(stream.fileno())
        self._kept += len(self._bookings) // 2
        del self._bookings[:]
        return {TRUTH: self._state()}

    def _state(self) -> dict[str, Any]:
        """All but the bookings, as plain JSON values."""
        return {
            "bookings": self._kept,
            "generated": self._generated,
            "refused": self._refused,
            "copies": self._copies,
            "accepted": self._accepted,
            "faults": self._faults,
            "rules": self._rules,
            "drift": [[kind, name, count] for (kind, name), count in self._drift.items()],
            "statuses": self._statuses,
            "held": self._held,
            "counted": self._counted,
        }

    def answer(self, seed: int) -> dict[str, Any]:
        """What the pipeline must come to, as docs/decisions/0012 describes it."""
        quarantined = sum(self._rules.values())
        drift: dict[str, dict[str, int]] = {"added": {}, "renamed": {}, "retyped": {}}
        for (kind, name), count in self._drift.items():
            drift[kind][name] = count
        return {
            "version": TRUTH_VERSION,
            "seed": seed,
            "messages": {
                "generated": self._generated,
                "sent": self._generated - self._refused,
                "refused": self._refused,
            },
            "faults": {fault.value: self._faults[fault] for fault in Fault},
            "outcomes": {
                "accepted": self._accepted,
                "duplicate": self._copies,
                "quarantined": quarantined,
            },
            "quarantine": dict(self._rules),
            "orders": {
                "seen": sum(self._statuses),
                "held": self._held,
                "counted": self._counted,
                "by_status": dict(zip(STATUSES, self._statuses, strict=True)),
            },
            "revenue": self._revenue(),
            "drift": drift,
        }

    def write(self, file: Path, seed: int) -> None:
        """Write the answer as JSON, such that a crash leaves the old file or the new one.

        Raises:
            ConfigurationError: the file cannot be written.
        """
        text = json.dumps(self.answer(seed), indent=2, sort_keys=True) + "\n"
        try:
            with replacing(file) as stream:
                stream.write(text.encode())
        except OSError as error:
            raise ConfigurationError(f"cannot write {file}: {error.strerror}.") from error

    def _revenue(self) -> dict[str, Any]:
        products, states = [0] * len(CATALOGUE), [0] * len(STATES)
        product_counts, state_counts = products[:], states[:]
        minutes: dict[int, int] = defaultdict(int)
        minute_counts: dict[int, int] = defaultdict(int)
        for key, amount in self._all_bookings():
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

    def _all_bookings(self) -> Iterator[tuple[int, int]]:
        if self._file is not None and self._kept:
            kept = array("q")
            with self._file.open("rb") as stream:
                kept.frombytes(stream.read(self._kept_bytes))
            kept = _little_endian(kept)
            yield from zip(kept[::2], kept[1::2], strict=True)
        yield from zip(self._bookings[::2], self._bookings[1::2], strict=True)


def _money(amounts: dict[str, int]) -> dict[str, str]:
    return {name: cents(amount) for name, amount in amounts.items()}


def _little_endian(numbers: array[int]) -> array[int]:
    """Between this machine's byte order and that of the file, both ways."""
    if sys.byteorder == "little":
        return numbers
    swapped = numbers[:]
    swapped.byteswap()
    return swapped
