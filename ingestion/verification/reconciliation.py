"""What the truth says against what the tables hold: pure comparison, no input or output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from ingestion.verification.truth_file import Truth, amounts

Value = int | Decimal
"""A count, or an amount in US dollars."""


class Difference(NamedTuple):
    """A key for which two sides differ; what a side does not have is 0."""

    key: str
    expected: Value
    found: Value


@dataclass(frozen=True)
class Check:
    """One comparison: the same keys, the same values on both sides.

    Attributes:
        name: what the values are.
        compares: which side is which, in words.
        expected: values by key.
        found: values by key.
        is_listed: whether every key is worth a line of a report, not only their sum.
    """

    name: str
    compares: str
    expected: Mapping[str, Value]
    found: Mapping[str, Value]
    is_listed: bool = False

    @property
    def keys(self) -> list[str]:
        """The keys of either side, those of the expected one first where they are listed."""
        if self.is_listed:
            return list(dict.fromkeys([*self.expected, *self.found]))
        return sorted({*self.expected, *self.found})

    @property
    def differences(self) -> list[Difference]:
        """The keys whose values differ, in order. A key that one side lacks counts as 0 there."""
        pairs = [Difference(key, self.expected.get(key, 0), self.found.get(key, 0)) for key in self.keys]
        return [pair for pair in pairs if pair.expected != pair.found]


class Partition(NamedTuple):
    """A row of the ledger."""

    event_hub: str
    partition: int
    landed: int
    accepted: int
    duplicate: int
    quarantined: int

    @property
    def key(self) -> str:
        """Hub and partition, as in `orders/0`."""
        return f"{self.event_hub}/{self.partition}"


@dataclass(frozen=True)
class Found:
    """What the tables hold.

    Attributes:
        partitions: the ledger.
        quarantine: rejected messages by rule.
        drift: messages by kind of drift and field, as in `added coupon_code`.
        orders: orders by `seen`, `held` and `counted`.
        statuses: orders by current status.
        total: revenue by the mart that says it.
        by_brand: revenue by brand.
        by_state: revenue by state.
        by_day: revenue by date, as in `2026-01-31`.
        by_minute: revenue by minute, as in `2026-01-31T23:59:00Z`.
    """

    partitions: tuple[Partition, ...]
    quarantine: dict[str, int]
    drift: dict[str, int]
    orders: dict[str, int]
    statuses: dict[str, int]
    total: dict[str, Decimal]
    by_brand: dict[str, Decimal]
    by_state: dict[str, Decimal]
    by_day: dict[str, Decimal]
    by_minute: dict[str, Decimal]

    def count(self, outcome: str) -> int:
        """A column of the ledger, added up."""
        return sum(getattr(each, outcome) for each in self.partitions)


SENT = "sent = landed"
OUTCOMES = "outcomes"
PARTITIONS = "by partition"
QUARANTINE = "quarantined by rule"
DRIFT = "schema drift"
ORDERS = "orders"
STATUSES = "orders by status"
REVENUE = "revenue"
BY_BRAND = "revenue by brand"
BY_STATE = "revenue by state"
BY_DAY = "revenue by day"
BY_MINUTE = "revenue by minute"


def compare(truth: Truth, found: Found, resent: int = 0) -> list[Check]:
    """Every comparison, in the order in which events travel.

    Args:
        truth: what the simulator says.
        found: what the tables hold.
        resent: messages that the sender sent again because their acknowledgement was lost. The hub may hold
            up to so many copies that the truth does not know of.
    """
    copies = resent_copies(truth, found, resent)
    return [*_compare_messages(truth, found, copies, resent), *_compare_orders(truth, found)]


def _compare_messages(truth: Truth, found: Found, copies: int, resent: int) -> list[Check]:
    """What was sent against what landed, and what became of it.

    So many copies of the messages that were sent again may be among the duplicates and the rejected.
    """
    outcomes, quarantine = truth.outcomes, dict[str, int](truth.quarantine)
    drift = truth.drift.by_field
    duplicates, rejected = outcomes.duplicate, outcomes.quarantined
    if copies:
        duplicates += copies - (found.count("quarantined") - rejected)
        rejected = found.count("quarantined")
        quarantine |= found.quarantine
        drift |= {
            key: min(max(count, drift[key]), drift[key] + copies)
            for key, count in found.drift.items()
            if key in drift
        }
    plus = f" + {copies:,} of {resent:,} sent again" if copies else ""
    return [
        Check(
            SENT,
            f"sent of the truth{plus} = rows of bronze.order_events",
            {"messages": truth.messages.sent + copies},
            {"messages": found.count("landed")},
            is_listed=True,
        ),
        Check(
            OUTCOMES,
            "truth = silver.order_event_ledger",
            {"accepted": outcomes.accepted, "duplicate": duplicates, "quarantined": rejected},
            {name: found.count(name) for name in ("accepted", "duplicate", "quarantined")},
            is_listed=True,
        ),
        Check(
            PARTITIONS,
            "landed = accepted + duplicate + quarantined in the ledger",
            {each.key: each.landed for each in found.partitions},
            {each.key: each.accepted + each.duplicate + each.quarantined for each in found.partitions},
            is_listed=True,
        ),
        Check(
            QUARANTINE,
            "truth = rows of silver.quarantined_order_events",
            quarantine,
            found.quarantine,
            is_listed=True,
        ),
        Check(
            DRIFT,
            "truth = messages of silver.order_event_drift, added and retyped",
            drift,
            found.drift,
            is_listed=True,
        ),
    ]


def _compare_orders(truth: Truth, found: Found) -> list[Check]:
    """The orders of the messages that were accepted, and the revenue of these orders."""
    gold = {name: Decimal(truth.revenue.total) for name in found.total}
    return [
        Check(
            ORDERS,
            "truth = rows of silver.order_details",
            truth.orders.model_dump(include={"seen", "held", "counted"}),
            found.orders,
            is_listed=True,
        ),
        Check(
            STATUSES,
            "truth = rows of silver.order_details by order_status",
            truth.orders.by_status,
            found.statuses,
            is_listed=True,
        ),
        Check(REVENUE, "truth = sum of revenue in the mart named", gold, found.total, is_listed=True),
        *(
            Check(
                name,
                f"truth = sum of revenue in {table}",
                amounts(getattr(truth.revenue, part)),
                getattr(found, part),
            )
            for name, part, table in (
                (BY_BRAND, "by_brand", "gold.sales_by_brand_category"),
                (BY_STATE, "by_state", "gold.location_performance"),
                (BY_DAY, "by_day", "gold.daily_sales"),
                (BY_MINUTE, "by_minute", "gold.sales_by_state_minute"),
            )
        ),
    ]


def surplus_copies(truth: Truth, found: Found) -> int:
    """How many messages the hub holds beyond the truth, if every one of them can be a copy; else 0.

    A copy of a valid message is one more duplicate, that of a broken one is rejected once more by the rule
    that rejected the first. No copy is accepted.
    """
    surplus = found.count("landed") - truth.messages.sent
    duplicates = found.count("duplicate") - truth.outcomes.duplicate
    rejected = {
        rule: found.quarantine.get(rule, 0) - truth.quarantine.get(rule, 0)
        for rule in {*found.quarantine, *truth.quarantine}
    }
    is_all_copies = (
        found.count("accepted") == truth.outcomes.accepted
        and min(duplicates, 0, *rejected.values()) == 0
        and duplicates + sum(rejected.values()) == surplus
        and all(truth.quarantine.get(rule, 0) > 0 for rule, count in rejected.items() if count)
    )
    return surplus if surplus > 0 and is_all_copies else 0


def resent_copies(truth: Truth, found: Found, resent: int) -> int:
    """How many messages the hub holds beyond the truth because they were sent again; 0 if that cannot be."""
    copies = surplus_copies(truth, found)
    return copies if copies <= resent else 0


def hints(truth: Truth, found: Found, checks: list[Check], resent: int = 0) -> list[str]:
    """What the differences may come from, and what to do; one line each."""
    differing = {check.name for check in checks if check.differences}
    lines = []
    surplus = found.count("landed") - truth.messages.sent
    if surplus < 0:
        lines.append(
            f"{-surplus:,} messages that were sent are not in bronze: `python -m ingestion land` lands what "
            "the hub still holds; if that is nothing, they were lost, or the hub's retention passed."
        )
    elif SENT in differing and (copies := surplus_copies(truth, found)):
        allowed = f"more than the {resent:,} that were sent again" if resent else "messages sent again"
        lines.append(
            f"{copies:,} more landed than were sent, and just as many more are duplicates or rejected again: "
            f"copies, {allowed}. The sender's summary says how many it sent again because an acknowledgement "
            "was lost: pass that number as --resent."
        )
    elif SENT in differing:
        lines.append(
            f"bronze holds {surplus:,} messages more than the truth speaks of, and not all are copies: of "
            "another sender, or an earlier run. Verify a hub and tables that hold this run alone."
        )
    if PARTITIONS in differing and SENT in differing:
        lines.append(
            "silver and bronze do not hold the same messages: if rows of bronze were deleted, restore them "
            "(`restore table … to version as of`) before anything is built anew from it."
        )
    elif PARTITIONS in differing:
        lines.append(
            "rows of silver were lost or doubled: `dbt build --full-refresh` builds silver and gold anew "
            "from bronze, which holds everything that was sent."
        )
    stale = {BY_BRAND, BY_STATE} & differing
    if stale and not {SENT, OUTCOMES, ORDERS, STATUSES, REVENUE, BY_DAY, BY_MINUTE} & differing:
        lines.append(
            "only marts that are built hourly differ: `dbt build --selector hourly` brings them up to date."
        )
    return lines
