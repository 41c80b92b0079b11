"""The truth against a recomputation of the pipeline from the bodies, which knows nothing of the simulator."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ingestion.faults import OVERSIZED_BYTES, Fault
from ingestion.simulator import Simulator
from ingestion.transfer import simulate
from ingestion.truth import Account
from tests.e2e.recount import Message, orders
from tests.e2e.recount.messages import Event, Rejected, judge

ALL_FAULTS = dict.fromkeys(Fault, 0.05)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def recounted(bodies: Sequence[bytes]) -> dict[str, Any]:
    """What the truth says of outcomes, quarantine, orders and revenue, from the bodies alone."""
    verdicts = judge([Message(body, "orders", 0, offset, NOW, NOW, 0) for offset, body in enumerate(bodies)])
    events = [each for each in verdicts.values() if isinstance(each, Event)]
    rules = Counter(each.rule_id for each in verdicts.values() if isinstance(each, Rejected))
    details = orders.order_details(events)
    statuses = Counter(order["order_status"] for order in details)
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
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


def run(
    simulator: Simulator, account: Account, sizes: Sequence[int], until: datetime | None = None
) -> list[bytes]:
    """Send to a sink that refuses what is too large; returns what it took."""
    taken: list[bytes] = []

    def accept(messages: Sequence[Any], refused: set[int]) -> None:
        for position, message in enumerate(messages):
            if len(message.body) > OVERSIZED_BYTES:
                refused.add(position)
            else:
                taken.append(message.body)

    simulate(simulator, sizes, accept, lambda: None, account, until)
    return taken


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_truth_is_what_the_bodies_add_up_to(seed: int) -> None:
    account = Account()
    bodies = run(Simulator(seed, faults=ALL_FAULTS), account, [4000])
    check(account.answer(seed), bodies)
