"""Faults that a simulated sender injects into its messages, each kind independently at its own rate.

What a faulty message should come to is known here from what was broken on purpose: no message is read or
judged again. docs/decisions/0012 has the table of kinds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from random import Random
from typing import Any, TypeVar

from ingestion.errors import ConfigurationError
from ingestion.simulation.shop import Order

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

OVERSIZED_BYTES = 1024 * 1024
"""An oversized body is longer than this, the most that a hub of the Standard tier takes in one batch."""


class Fault(StrEnum):
    """The kinds of faults, by the name that `--fault` takes."""

    DUPLICATE = "duplicate"
    LATE = "late"
    OUT_OF_ORDER = "out_of_order"
    MALFORMED_JSON = "malformed_json"
    INVALID_UTF8 = "invalid_utf8"
    MISSING_PRICE = "missing_price"
    MISSING_QUANTITY = "missing_quantity"
    NEGATIVE_QUANTITY = "negative_quantity"
    UNREADABLE_NUMBER = "unreadable_number"
    UNKNOWN_STATE = "unknown_state"
    ORPHAN_STATUS = "orphan_status"
    ADDED_FIELD = "added_field"
    RENAMED_FIELD = "renamed_field"
    RETYPED_FIELD = "retyped_field"
    OVERSIZED = "oversized"


Rates = Mapping[Fault, float]

Choice = TypeVar("Choice")

RULES = {
    Fault.MALFORMED_JSON: "body_not_json",
    Fault.INVALID_UTF8: "body_not_json",
    Fault.UNREADABLE_NUMBER: "unreadable_value",
    Fault.MISSING_QUANTITY: "invalid_quantity",
    Fault.NEGATIVE_QUANTITY: "invalid_quantity",
    Fault.MISSING_PRICE: "missing_price",
    Fault.UNKNOWN_STATE: "unknown_state",
}
"""The rule each kind is meant to break. A message with several counts for the first of them in this order,
which is the order in which the rules are documented to apply (docs/decisions/0001)."""

UNREADABLE = "body_not_json"

OF_SENDING = frozenset({Fault.LATE, Fault.OUT_OF_ORDER})
"""Faults of when a message is sent: an exact copy has those of its body only."""

OF_CONTENT = frozenset({*RULES, Fault.ADDED_FIELD, Fault.RENAMED_FIELD, Fault.RETYPED_FIELD})

LATE_HOURS = (1, 2, 3, 5, 8, 13, 24, 48, 72, 120, 168, 240, 336, 504, 720)
"""A late message is held back for a time between two neighbours: from an hour to a month."""

COPY_AFTER_MINUTES = 60
"""Every other copy follows at once, as after an answer that was lost; the others within the hour."""

UNREADABLE_NUMBERS = ("n/a", "12,50", "$19.99", "1.299,00", "ten", "19.995")
NUMBER_FIELDS = ("base_price", "unit_price", "discount_pct", "total_amount")
UNKNOWN_STATES = ("XX", "ZZ", "tx", "Ontario")
ADDED_FIELDS: tuple[tuple[str, object], ...] = (
    ("coupon_code", "SPRING26"),
    ("gift_wrap", True),
    ("channel", {"name": "app", "version": 7}),
)
OLD_NAME, NEW_NAME = "payment_method", "payment_type"
"""The renamed field: optional and without influence on money, so that the event is accepted without it."""

PADDING_FIELD = "note"

NOT_UTF8 = (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe9")
"""What no UTF-8 holds: a byte it never uses, an overlong form, half a surrogate pair, Latin-1."""

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _truncated(body: bytes, random: Random) -> bytes:
    return body[: 1 + int(random.random() * (len(body) - 1))]


MALFORMED: tuple[Callable[[bytes, Random], bytes], ...] = (
    _truncated,
    lambda body, _: body + b"}",
    lambda body, _: body[:-1] + b",}",
    lambda body, _: body.replace(b'"', b"'", 2),
    lambda body, _: body[:-1] + b',"score":NaN}',
)
"""Ways to write what is almost JSON, by sender libraries that are not strict."""


class Message:
    """One message as it is handed to the sender, and what is known of it because it was made so.

    Attributes:
        stage: index of the event type.
        occurred: virtual time of the event, in milliseconds since 1970.
        is_copy: an exact copy of a message that was handed over before.
        rule: id of the rule that it breaks; None when it can be accepted.
        drift: what differs from the contract although it can be read, as (kind, name).
        copy_after: milliseconds after which a copy follows; None for none.
        due: not sent before this virtual time.
        releases: the message before it in the life of its order, held back until this one is sent.
    """

    __slots__ = (
        "_body",
        "copy_after",
        "drift",
        "due",
        "faults",
        "is_copy",
        "occurred",
        "order",
        "releases",
        "rule",
        "stage",
    )

    def __init__(self, order: Order, stage: int, occurred: int, body: bytes) -> None:
        self.order = order
        self.stage = stage
        self.occurred = occurred
        self._body = body
        self.faults: tuple[Fault, ...] = ()
        self.is_copy = False
        self.rule: str | None = None
        self.drift: tuple[tuple[str, str], ...] = ()
        self.copy_after: int | None = None
        self.due = occurred
        self.releases: Message | None = None

    @property
    def body(self) -> bytes:
        """The bytes to send. An oversized body is made each time, so that no two are held at once."""
        if Fault.OVERSIZED in self.faults:
            padding = b"x" * OVERSIZED_BYTES
            return b'{"%s":"%s",%s' % (PADDING_FIELD.encode(), padding, self._body[1:])
        return self._body

    def copy(self) -> Message:
        """A message with the same bytes."""
        copy = Message(self.order, self.stage, self.occurred, self._body)
        copy.faults = (Fault.DUPLICATE, *(each for each in self.faults if each not in OF_SENDING))
        copy.is_copy = True
        copy.rule = self.rule
        copy.drift = self.drift
        return copy

    def spoil(self, faults: list[Fault], random: Random) -> None:
        """Break the body in these ways, and note what that means."""
        self.faults += tuple(faults)
        drift: list[tuple[str, str]] = []
        body = self._body
        if not OF_CONTENT.isdisjoint(faults):
            fields = json.loads(body)
            drift = _change(fields, faults, random)
            body = _JSON.encode(fields).encode()
        if Fault.MALFORMED_JSON in faults:
            body = _pick(MALFORMED, random)(body, random)
        if Fault.INVALID_UTF8 in faults:
            at = 1 + int(random.random() * len(body))
            body = body[:at] + _pick(NOT_UTF8, random) + body[at:]
        if Fault.OVERSIZED in faults:
            drift.append(("added", PADDING_FIELD))
        self._body = body
        self.rule = next((rule for fault, rule in RULES.items() if fault in faults), None)
        self.drift = () if self.rule == UNREADABLE else tuple(drift)

    def state(self) -> list[Any]:
        """As plain JSON values; the order by its number."""
        return [
            self.order.number,
            self.stage,
            self.occurred,
            self._body.decode("latin-1"),
            self.faults,
            self.is_copy,
            self.rule,
            self.drift,
            self.copy_after,
            self.due,
            self.releases and self.releases.state(),
        ]

    @classmethod
    def from_state(cls, values: Sequence[Any], orders: Mapping[int, Order]) -> Message:
        """The message whose `state()` this is."""
        number, stage, occurred, body, faults, is_copy, rule, drift, copy_after, due, releases = values
        message = cls(orders[number], stage, occurred, body.encode("latin-1"))
        message.faults = tuple(map(Fault, faults))
        message.is_copy = is_copy
        message.rule = rule
        message.drift = tuple((kind, name) for kind, name in drift)
        message.copy_after = copy_after
        message.due = due
        message.releases = releases and cls.from_state(releases, orders)
        return message


def _change(fields: dict[str, Any], faults: list[Fault], random: Random) -> list[tuple[str, str]]:
    """Change the fields as the faults say; returns the drift that remains readable."""
    drift: list[tuple[str, str]] = []
    if Fault.MISSING_PRICE in faults:
        fields.pop("base_price")
        fields.pop("unit_price", None)
    if Fault.MISSING_QUANTITY in faults:
        fields.pop("quantity")
    if Fault.NEGATIVE_QUANTITY in faults:
        fields["quantity"] = -fields["quantity"]
    if Fault.UNREADABLE_NUMBER in faults:
        there = [name for name in NUMBER_FIELDS if name in fields]
        fields[_pick(there, random)] = _pick(UNREADABLE_NUMBERS, random)
    if Fault.UNKNOWN_STATE in faults:
        fields["state"] = _pick(UNKNOWN_STATES, random)
    if Fault.RETYPED_FIELD in faults:
        # An integer in quotes: read exactly. The version is one that every message has.
        name = "quantity" if "quantity" in fields else "schema_version"
        fields[name] = str(fields[name])
        drift.append(("retyped", name))
    if Fault.RENAMED_FIELD in faults:
        fields[NEW_NAME] = fields.pop(OLD_NAME)
        drift.append(("renamed", f"{OLD_NAME} -> {NEW_NAME}"))
    if Fault.ADDED_FIELD in faults:
        name, value = _pick(ADDED_FIELDS, random)
        fields[name] = value
        drift.append(("added", name))
    return drift


def _pick(choices: Sequence[Choice], random: Random) -> Choice:
    return choices[int(random.random() * len(choices))]


class Injector:
    """Draws which faults befall a message.

    Args:
        rates: probability of each kind; kinds without one never happen.
        random: of the faults alone, so that the shop lives the same life with and without them.
    """

    def __init__(self, rates: Rates, random: Random) -> None:
        self._random = random
        self._orphans = rates.get(Fault.ORPHAN_STATUS, 0.0)
        self._overtaking = rates.get(Fault.OUT_OF_ORDER, 0.0)
        self._late = rates.get(Fault.LATE, 0.0)
        self._copies = rates.get(Fault.DUPLICATE, 0.0)
        spoiling = {
            fault: rates[fault]
            for fault in Fault
            if rates.get(fault) and (fault in OF_CONTENT or fault is Fault.OVERSIZED)
        }
        missing, negative = (
            spoiling.get(fault, 0.0) for fault in (Fault.MISSING_QUANTITY, Fault.NEGATIVE_QUANTITY)
        )
        if missing and negative:
            # A quantity cannot be both: drawn from the messages that have one, it keeps its rate of all.
            spoiling[Fault.NEGATIVE_QUANTITY] = negative / (1 - missing) if missing < 1 else 0.0
        self._spoiling = tuple(spoiling.items())

    def afflict(self, message: Message) -> None:
        """Let faults befall a message that is no copy: of its body, its time, and its number of copies."""
        random = self._random.random
        faults = [fault for fault, rate in self._spoiling if random() < rate]
        if Fault.MISSING_QUANTITY in faults and Fault.NEGATIVE_QUANTITY in faults:
            faults.remove(Fault.NEGATIVE_QUANTITY)
        if faults:
            message.spoil(faults, self._random)
        if self._late and random() < self._late:
            position = random() * (len(LATE_HOURS) - 1)
            step = int(position)
            low, high = LATE_HOURS[step], LATE_HOURS[step + 1]
            message.due += int((low + (high - low) * (position - step)) * HOUR_MS)
            message.faults += (Fault.LATE,)
        if self._copies and random() < self._copies:
            wait = random() - 0.5
            message.copy_after = int(max(wait, 0.0) * 2 * COPY_AFTER_MINUTES * MINUTE_MS)

    def overtakes(self) -> bool:
        """Whether a status is sent before the one it follows."""
        return bool(self._overtaking) and self._random.random() < self._overtaking

    def adds_orphan(self) -> bool:
        """Whether a status comes along of an order whose placement is never sent."""
        return bool(self._orphans) and self._random.random() < self._orphans


def parse_rates(options: Iterable[str]) -> dict[Fault, float]:
    """Read `KIND=RATE` of the command line; `all=RATE` is every kind that is not named itself.

    Raises:
        ConfigurationError: a kind is unknown or given twice, a rate is not a number from 0 to 1, or the
            rates of missing and negative quantities add up to more than 1.
    """
    given: dict[str, float] = {}
    for option in options:
        kind, equals, text = option.partition("=")
        try:
            rate = float(text)
        except ValueError:
            rate = math.nan
        if kind not in ("all", *Fault) or not equals or not 0 <= rate <= 1 or kind in given:
            why = f" ({kind} is given twice)" if kind in given else ""
            raise ConfigurationError(
                f"--fault {option!r} is not KIND=RATE{why}: RATE is from 0 to 1, KIND is all, "
                f"{', '.join(Fault)}; each at most once."
            )
        given[kind] = rate
    rates = {fault: given.get(fault, given.get("all", 0.0)) for fault in Fault}
    quantities = rates[Fault.MISSING_QUANTITY] + rates[Fault.NEGATIVE_QUANTITY]
    if quantities > 1:
        raise ConfigurationError(
            f"--fault missing_quantity and negative_quantity exclude each other in a message: their rates "
            f"may add up to 1, not {quantities:g}."
        )
    return {fault: rate for fault, rate in rates.items() if rate}
