"""Which messages are accepted, copies or rejected, and what they say (docs/decisions/0001, 0003)."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from emulators.settings import REPOSITORY

STATUSES = ("placed", "shipped", "delivered", "cancelled", "returned")
"""By rank: a status is only ever replaced by a later one."""

TEXTS = (
    "event_id",
    "order_id",
    "customer_id",
    "product_id",
    "event_type",
    "order_status",
    "customer_name",
    "customer_email",
    "city",
    "state",
    "product_name",
    "category",
    "brand",
    "payment_method",
)
DECIMALS = {
    "base_price": (12, 2),
    "unit_price": (12, 2),
    "discount_pct": (5, 2),
    "total_amount": (14, 2),
}
INTEGERS = ("schema_version", "quantity")
FIELDS = {*TEXTS, *DECIMALS, *INTEGERS, "occurred_at"}
REQUIRED = ("event_id", "order_id", "customer_id", "product_id", "occurred_at")

WHITE_SPACE = " \t\n\v\f\r"
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
MOST_DIGITS = 1000
FARTHEST_ZONE = timedelta(hours=18)


@dataclass(frozen=True)
class Message:
    """A row of bronze."""

    body: bytes | None
    event_hub: str
    partition: int
    offset: int
    enqueued_at: datetime
    ingested_at: datetime
    ingest_batch_id: int

    @property
    def arrival(self) -> tuple[int, int, int, str]:
        """By which the first copy of an event is known."""
        return (self.ingest_batch_id, self.partition, self.offset, self.event_hub)


@dataclass(frozen=True)
class Event:
    """An accepted message as read: a field that is missing is None."""

    message: Message
    event_id: str
    order_id: str
    customer_id: str
    product_id: str
    event_type: str
    order_status: str
    customer_name: str | None
    customer_email: str | None
    city: str | None
    state: str
    product_name: str | None
    category: str | None
    brand: str | None
    payment_method: str | None
    unknown_fields: tuple[str, ...]
    schema_version: int
    quantity: int
    base_price: Decimal | None
    unit_price: Decimal | None
    discount_pct: Decimal | None
    total_amount: Decimal | None
    occurred_at: datetime

    @property
    def rank(self) -> int:
        return STATUSES.index(self.order_status)

    @property
    def place_in_order(self) -> tuple[datetime, int, str]:
        """By which the events of one order are sorted."""
        return (self.occurred_at, self.rank, self.event_id)


@dataclass(frozen=True)
class Rejected:
    """The first rule that a message breaks."""

    rule_id: str


Verdict = Event | Rejected | Literal["duplicate"]

Position = tuple[str, int, int]
"""Event hub, partition and offset."""


def judge(
    messages: Sequence[Message],
    corrected: Mapping[Position, bytes] | None = None,
    versions: Collection[int] = (1,),
) -> dict[Message, Verdict]:
    """What becomes of each message: of the valid copies of an event the first to arrive is kept.

    A message that was corrected is read from its corrected body.
    """
    seen: set[str] = set()
    verdicts: dict[Message, Verdict] = {}
    for message in sorted(messages, key=lambda each: each.arrival):
        position = (message.event_hub, message.partition, message.offset)
        body = (corrected or {}).get(position, message.body)
        verdict: Verdict = _read(replace(message, body=body), versions)
        if isinstance(verdict, Event):
            if verdict.event_id in seen:
                verdict = "duplicate"
            else:
                seen.add(verdict.event_id)
        verdicts[message] = verdict
    return verdicts


class _Number(str):
    """A JSON number as written."""

    __slots__ = ()


def is_number(value: str) -> bool:
    """Whether a value of `json_value` was a number, not a string."""
    return isinstance(value, _Number)


class _UnreadableError(ValueError):
    """A value that is there and cannot be read."""


def _read(message: Message, versions: Collection[int]) -> Event | Rejected:
    try:
        body = json_value(message.body)
    except (ValueError, RecursionError):
        return Rejected("body_not_json")
    if not isinstance(body, dict):
        return Rejected("body_not_object")
    if any(_is_missing(body.get(name)) for name in REQUIRED):
        return Rejected("missing_required_field")
    event_type = body.get("event_type")
    if event_type not in [f"order_{status}" for status in STATUSES]:
        return Rejected("unknown_event_type")
    if not _is_one_of(body.get("schema_version"), versions):
        return Rejected("unknown_schema_version")
    stated = body.get("order_status")
    status = event_type.removeprefix("order_")
    if not _is_missing(stated) and stated != status:
        return Rejected("status_contradicts_event_type")
    try:
        fields = _fields(body)
    except _UnreadableError:
        return Rejected("unreadable_value")
    fields["order_status"] = status
    if rule := _broken_rule(fields):
        return Rejected(rule)
    return Event(message=message, unknown_fields=tuple(sorted(set(body) - FIELDS)), **fields)


def _broken_rule(fields: dict[str, Any]) -> str | None:
    """The rules on values that could be read."""
    prices = [price for price in (fields["unit_price"], fields["base_price"]) if price is not None]
    discount = fields["discount_pct"]
    if fields["quantity"] is None or fields["quantity"] < 1:
        return "invalid_quantity"
    if not prices:
        return "missing_price"
    if min(prices) < 0:
        return "negative_price"
    if discount is not None and not 0 <= discount <= 100:
        return "discount_out_of_range"
    if fields["state"] not in states():
        return "unknown_state"
    return None


def json_value(body: bytes | None) -> Any:
    """The value of exactly one JSON text (RFC 8259), its numbers as written.

    Raises:
        ValueError: it is not that, or an object has a key twice.
    """
    if body is None:
        raise ValueError("no body")
    value = json.loads(
        body.decode("utf-8"),
        parse_int=_number,
        parse_float=_number,
        parse_constant=_refuse,
        object_pairs_hook=_members,
    )
    # Half a surrogate pair is found when it is written again.
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def _number(text: str) -> _Number:
    if sum(character.isdigit() for character in text) > MOST_DIGITS:
        raise ValueError("more digits than are read")
    return _Number(text)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("duplicate key")
    return members


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip(WHITE_SPACE))


def _is_one_of(value: Any, versions: Collection[int]) -> bool:
    try:
        return not _is_missing(value) and _integer(value) in versions
    except _UnreadableError:
        return False


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    """The fields of the contract; a missing one is None."""
    given = {name: None if _is_missing(body.get(name)) else body[name] for name in FIELDS}
    return {name: None if value is None else _value(name, value) for name, value in given.items()}


def _value(name: str, value: Any) -> Any:
    if name in DECIMALS:
        return _decimal(value, *DECIMALS[name])
    if name in INTEGERS:
        return _integer(value)
    if name == "occurred_at":
        return _time(value)
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise _UnreadableError(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _decimal(value: Any, precision: int, scale: int) -> Decimal:
    """The value of a number, or of a string with one, if decimal(precision, scale) holds it exactly."""
    if not isinstance(value, str) or not NUMBER.fullmatch(value.strip(WHITE_SPACE)):
        raise _UnreadableError(value)
    sign, digits, exponent = Decimal(value.strip(WHITE_SPACE)).as_tuple()
    assert isinstance(exponent, int)
    significant = "".join(map(str, digits)).lstrip("0")
    exponent += len(significant) - len(significant.rstrip("0"))
    significant = significant.rstrip("0")
    if not significant:
        return Decimal(0)
    if exponent < -scale or len(significant) + exponent > precision - scale:
        raise _UnreadableError(value)
    return Decimal(f"{'-' * sign}{significant}e{exponent}")


def _integer(value: Any) -> int:
    number = int(_decimal(value, 10, 0))
    if not -(2**31) <= number < 2**31:
        raise _UnreadableError(value)
    return number


def _time(value: Any) -> datetime:
    """RFC 3339, with a zone, as UTC; digits beyond microseconds are cut off."""
    match = TIME.fullmatch(value) if isinstance(value, str) else None
    if not match or isinstance(value, _Number):
        raise _UnreadableError(value)
    *date_and_time, fraction, sign, hours, minutes = match.groups()
    try:
        year, month, day, hour, minute, second = map(int, date_and_time)
        microsecond = int((fraction or "")[:6].ljust(6, "0"))
        local = datetime(year, month, day, hour, minute, second, microsecond, UTC)
        if sign is None:
            return local
        ahead = timedelta(hours=time(int(hours)).hour, minutes=time(0, int(minutes)).minute)
        if ahead > FARTHEST_ZONE:
            raise _UnreadableError(value)
        return local - ahead if sign == "+" else local + ahead
    except (ValueError, OverflowError) as error:
        raise _UnreadableError(value) from error


@cache
def states() -> dict[str, dict[str, str]]:
    """The rows of the seed of states, by their code."""
    with (REPOSITORY / "seeds" / "us_states.csv").open(newline="", encoding="utf-8") as lines:
        return {row["state"]: row for row in csv.DictReader(lines)}
