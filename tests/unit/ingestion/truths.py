"""A truth file and tables that agree with it, small enough to check by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from ingestion.verification.reconciliation import Found, Partition
from ingestion.verification.truth_file import Truth


def values(**parts: Any) -> dict[str, Any]:
    """What the truth file says; `parts` replace whole parts of it."""
    return {
        "version": 1,
        "seed": 42,
        "messages": {"generated": 13, "sent": 12, "refused": 1},
        "faults": {"duplicate": 2},
        "outcomes": {"accepted": 7, "duplicate": 2, "quarantined": 3},
        "quarantine": {"body_not_json": 2, "unknown_state": 1},
        "orders": {
            "seen": 4,
            "held": 1,
            "counted": 2,
            "by_status": {"placed": 2, "cancelled": 1, "returned": 1},
        },
        "revenue": {
            "total": "30.01",
            "by_brand": {"Dell": "20.01", "Unknown": "10.00"},
            "by_state": {"TX": "30.01"},
            "by_day": {"2026-01-01": "50.01", "2026-01-02": "-20.00"},
            "by_minute": {"2026-01-01T10:00:00Z": "50.01", "2026-01-02T11:05:00Z": "-20.00"},
        },
        "drift": {
            "added": {"coupon_code": 2},
            "renamed": {"payment_method -> payment_type": 1},
            "retyped": {"quantity": 3},
        },
    } | parts


def truth(**parts: Any) -> Truth:
    return Truth.model_validate(values(**parts))


FOUND = Found(
    partitions=(Partition("orders", 0, 8, 5, 1, 2), Partition("orders", 1, 4, 2, 1, 1)),
    quarantine={"body_not_json": 2, "unknown_state": 1},
    drift={"added coupon_code": 2, "added payment_type": 1, "retyped quantity": 3},
    orders={"seen": 4, "held": 1, "counted": 2},
    statuses={"placed": 2, "cancelled": 1, "returned": 1},
    total={"gold.order_metrics": Decimal("30.01"), "gold.daily_sales": Decimal("30.01")},
    by_brand={"Dell": Decimal("20.01"), "Unknown": Decimal("10.00")},
    by_state={"TX": Decimal("30.01")},
    by_day={"2026-01-01": Decimal("50.01"), "2026-01-02": Decimal("-20.00")},
    by_minute={"2026-01-01T10:00:00Z": Decimal("50.01"), "2026-01-02T11:05:00Z": Decimal("-20.00")},
)


def found(**parts: Any) -> Found:
    return replace(FOUND, **parts)


def partitions(
    *, landed: int = 0, accepted: int = 0, duplicate: int = 0, quarantined: int = 0
) -> tuple[Partition, ...]:
    """The ledger with so many more in partition 0."""
    first, *others = FOUND.partitions
    return (
        first._replace(
            landed=first.landed + landed,
            accepted=first.accepted + accepted,
            duplicate=first.duplicate + duplicate,
            quarantined=first.quarantined + quarantined,
        ),
        *others,
    )
