"""What a truth file must say of bodies, by a recomputation that knows nothing of the simulator."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.e2e.recount import Message, orders
from tests.e2e.recount.messages import Event, Rejected, judge

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def recounted(bodies: Sequence[bytes]) -> dict[str, Any]:
    """What the truth says of outcomes, quarantine, orders and revenue, from the bodies alone."""
    verdicts = judge([Message(body, "orders", 0, offset, NOW, NOW, 0) for offset, body in enumerate(bodies)])
    events = [each for each in verdicts.values() if isinstance(each, Event)]
    rules = Counter(each.rule_id for each in verdicts.values() if isinstance(each, Rejected))
    details = orders.order_details(events)
    statuses = Counter(order["order_status"] for order in details)
    sums: dict[str, dict[str, Decimal]] = {
        name: defaultdict(Decimal) for name in ("by_brand", "by_state", "by_day", "by_minute")
    }
    total = Decimal(0)
    for amount in orders.order_amounts(details):
        if amount["cancelled_order_count"]:
            continue
        keys = {
            "by_brand": amount["brand"],
            "by_state": amount["state"],
            "by_day": amount["booked_date"].isoformat(),
            "by_minute": amount["booked_at"].strftime("%Y-%m-%dT%H:%M:00Z"),
        }
        total += amount["net_amount"]
        for name, key in keys.items():
            sums[name][key] += amount["net_amount"]
    return {
        "outcomes": {
            "accepted": len(events),
            "duplicate": list(verdicts.values()).count("duplicate"),
            "quarantined": rules.total(),
        },
        "quarantine": dict(rules),
        "orders": {
            "seen": len(details),
            "held": sum(order["is_awaiting_placement"] for order in details),
            "counted": sum(order["is_in_revenue"] for order in details),
            "by_status": {
                status: statuses[status]
                for status in ("placed", "shipped", "delivered", "cancelled", "returned")
            },
        },
        "revenue": {
            "total": f"{total:.2f}",
            **{name: {key: f"{value:.2f}" for key, value in found.items()} for name, found in sums.items()},
        },
    }


def check(answer: dict[str, Any], bodies: Sequence[bytes]) -> None:
    """Compare the truth with the recount of what was sent."""
    expected = recounted(bodies)
    for name, found in expected.items():
        assert answer[name] == found
    assert answer["messages"]["sent"] == len(bodies)
    assert answer["messages"]["generated"] == len(bodies) + answer["messages"]["refused"]
    assert sum(answer["outcomes"].values()) == len(bodies)
