"""Rows as dictionaries, and the few things done with them everywhere."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

Row = dict[str, Any]
Rows = list[Row]

Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)

CENT = Decimal("0.01")
RATE = Decimal("0.0001")


def grouped(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    groups: dict[Key, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def picked(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names}


def total(rows: Iterable[Row], name: str) -> Decimal:
    return sum((row[name] for row in rows), Decimal("0.00"))


def count(rows: Iterable[Row], name: str) -> int:
    return sum(row[name] for row in rows)


def rounded(value: Decimal, unit: Decimal) -> Decimal:
    """Rounded half up, away from zero."""
    return value.quantize(unit, ROUND_HALF_UP)


def quotient(dividend: Decimal | int, divisor: int, unit: Decimal) -> Decimal | None:
    """Rounded half up; None over nothing."""
    return rounded(Decimal(dividend) / divisor, unit) if divisor else None
