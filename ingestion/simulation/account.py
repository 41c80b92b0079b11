"""The answer to what was simulated: what the pipeline must come to for the messages that were sent.

It is worked out from what the simulator meant (this order was cancelled, that message was broken so that it
cannot be read), in integer cents; it reads no message and shares no code with the pipeline. What the words
mean is in docs/decisions/0002 (money), 0003 (status, held orders) and 0009 (minutes).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from ingestion.errors import ConfigurationError
from ingestion.files import Kind, check_output, replacing
from ingestion.simulation.bookings import (
    BOOKINGS,
    CANCELLATION,
    REFUND,
    SALE,
    Bookings,
    bookings_file,
)
from ingestion.simulation.faults import Fault, Message
from ingestion.simulation.shop import Order

TRUTH_VERSION = 1

TRUTH = "truth"
"""Where the account stands in the state of a shop."""

STATUSES = ("placed", "shipped", "delivered", "cancelled", "returned")
"""By rank: the status of an order is the one of highest rank that was reported."""

PLACED_BIT, CANCELLED_BIT, RETURNED_BIT = 1 << 0, 1 << 3, 1 << 4


def _holds_truth(head: bytes) -> bool:
    """Whether a file begins as `Account.write` begins it."""
    return head.startswith(b"{") and all(key in head for key in (b'"drift"', b'"messages"', b'"outcomes"'))


TRUTH_FILE = Kind("a truth file", _holds_truth)


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


class Account:
    """Counts and books what was handed to the sender, message by message, since the shop opened.

    Args:
        file: where bookings are kept; None keeps them in memory.
        state: what `keep()` returned; None for a new shop.

    Raises:
        ConfigurationError: the file does not hold the bookings that `state` speaks of.
    """

    def __init__(self, file: Path | None = None, state: dict[str, Any] | None = None) -> None:
        state = (state or {}).get(TRUTH, {})
        self._bookings = Bookings(file, int(state.get("bookings", 0)))
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
        book = self._bookings.book
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
                book(order, SALE, order.placed)
                if before & RETURNED_BIT:
                    book(order, REFUND, order.returned)
        elif not before & PLACED_BIT:
            self._held += not before
        elif bit == CANCELLED_BIT:
            self._counted -= 1
            book(order, CANCELLATION, order.placed)
        elif bit == RETURNED_BIT:
            book(order, REFUND, occurred)

    def keep(self) -> dict[str, Any]:
        """Keep the bookings since the last time, where the shop's state is kept.

        Returns:
            What belongs into the shop's state.
        """
        if self._bookings.file is None:
            return {}
        self._bookings.keep()
        return {TRUTH: self._state()}

    def _state(self) -> dict[str, Any]:
        """All but the bookings, as plain JSON values."""
        return {
            "bookings": self._bookings.kept,
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
            "revenue": self._bookings.revenue(),
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
