"""The truth file: what the simulator says became of what it sent, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ingestion.errors import ConfigurationError

ZERO = Decimal("0.00")

Count = Annotated[int, Field(ge=0, strict=True)]
Money = Annotated[str, StringConstraints(strict=True, pattern=r"^-?[0-9]+\.[0-9]{2}$")]
"""US dollars as a string with two decimals, so that nothing passes through a float."""
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$")]
Minute = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:00Z$")]

RENAMED_TO = " -> "
Renaming = Annotated[str, StringConstraints(pattern=f"^.+{RENAMED_TO}.+$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Messages(_Part):
    """Messages made, sent to the hub, and refused by it as too large; copies count."""

    generated: Count
    sent: Count
    refused: Count


class Outcomes(_Part):
    """What must become of the messages that were sent."""

    accepted: Count
    duplicate: Count
    quarantined: Count


class Orders(_Part):
    """Orders that any accepted event speaks of, those without a placement, and those in revenue."""

    seen: Count
    held: Count
    counted: Count
    by_status: dict[str, Count]


class Revenue(_Part):
    """Revenue net of discounts and refunds, without cancelled orders; a refund on its own day and minute."""

    total: Money
    by_brand: dict[str, Money]
    by_state: dict[str, Money]
    by_day: dict[Day, Money]
    by_minute: dict[Minute, Money]


class Drift(_Part):
    """Messages with fields that depart from the contract and can be read, by field; copies count."""

    added: dict[str, Count]
    renamed: dict[Renaming, Count]
    retyped: dict[str, Count]

    @property
    def by_field(self) -> dict[str, int]:
        """As fields arrive: one that was renamed is one added under its new name."""
        found = {f"added {name}": count for name, count in self.added.items()}
        for name, count in self.renamed.items():
            _, _, new_name = name.partition(RENAMED_TO)
            found[f"added {new_name}"] = found.get(f"added {new_name}", 0) + count
        return found | {f"retyped {name}": count for name, count in self.retyped.items()}


class Truth(_Part):
    """What `simulate --truth` writes, as far as it can be compared with the tables."""

    version: Literal[1]
    seed: int
    messages: Messages
    outcomes: Outcomes
    quarantine: dict[str, Count]
    orders: Orders
    revenue: Revenue
    drift: Drift


def amounts(values: Mapping[str, str]) -> dict[str, Decimal]:
    """The amounts of a group of the truth."""
    return {key: Decimal(value) for key, value in values.items()}


def load(file: Path) -> Truth:
    """Read a truth file.

    Raises:
        ConfigurationError: it cannot be read, is not a truth file, or contradicts itself.
    """
    try:
        truth = Truth.model_validate_json(file.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"cannot read {file}: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ConfigurationError(
            f"{file} is not a truth file of version 1: {where}: {first['msg']}. "
            "`python -m ingestion simulate --truth FILE` writes one."
        ) from error
    if contradiction := _contradiction(truth):
        raise ConfigurationError(f"{file} contradicts itself: {contradiction}. Simulate again.")
    return truth


def _contradiction(truth: Truth) -> str | None:
    """The first sum in the file that does not add up."""
    messages, outcomes, orders, revenue = truth.messages, truth.outcomes, truth.orders, truth.revenue
    sums: list[tuple[str, object, str, object]] = [
        ("messages.sent + refused", messages.sent + messages.refused, "generated", messages.generated),
        ("outcomes", sum(outcomes.model_dump().values()), "messages.sent", messages.sent),
        ("quarantine", sum(truth.quarantine.values()), "outcomes.quarantined", outcomes.quarantined),
        ("orders.by_status", sum(orders.by_status.values()), "orders.seen", orders.seen),
    ]
    for name in ("by_brand", "by_state", "by_day", "by_minute"):
        added = sum(amounts(getattr(revenue, name)).values(), ZERO)
        sums.append((f"revenue.{name}", added, "revenue.total", Decimal(revenue.total)))
    for part, added_up, whole, value in sums:
        if added_up != value:
            return f"{part} adds up to {added_up}, {whole} is {value}"
    return None
