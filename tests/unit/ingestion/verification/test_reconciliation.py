from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ingestion.verification.reconciliation import Found, compare, hints
from tests.unit.ingestion.truths import FOUND, found, partitions, truth

Differing = dict[str, list[tuple[str, Any, Any]]]


def _differing(holds: Found, resent: int = 0) -> Differing:
    return {
        check.name: [(each.key, each.expected, each.found) for each in check.differences]
        for check in compare(truth(), holds, resent)
        if check.differences
    }


def _hints(holds: Found, resent: int = 0) -> list[str]:
    return hints(truth(), holds, compare(truth(), holds, resent), resent)


def test_what_agrees_has_no_difference_and_no_hint() -> None:
    assert _differing(FOUND) == {}
    assert _hints(FOUND) == []


def test_every_number_of_the_truth_is_compared() -> None:
    compared = {
        (check.name, key) for check in compare(truth(), FOUND) for key in check.expected if check.expected
    }
    assert len(compared) == 1 + 3 + 2 + 2 + 3 + 3 + 3 + 2 + 2 + 1 + 2 + 2


@pytest.mark.parametrize(
    ("holds", "differing"),
    [
        (
            found(partitions=partitions(landed=-1, accepted=-1)),
            {"sent = landed": [("messages", 12, 11)], "outcomes": [("accepted", 7, 6)]},
        ),
        (
            found(partitions=partitions(accepted=-1)),
            {"outcomes": [("accepted", 7, 6)], "by partition": [("orders/0", 8, 7)]},
        ),
        (
            # The sums agree, the partitions do not.
            found(
                partitions=(
                    FOUND.partitions[0]._replace(accepted=6),
                    FOUND.partitions[1]._replace(accepted=1),
                )
            ),
            {"by partition": [("orders/0", 8, 9), ("orders/1", 4, 3)]},
        ),
        (
            found(quarantine={"body_not_json": 1, "missing_price": 1, "unknown_state": 1}),
            {"quarantined by rule": [("body_not_json", 2, 1), ("missing_price", 0, 1)]},
        ),
        (
            # A renamed field is one that is added, under its new name.
            found(drift={"added coupon_code": 2, "retyped quantity": 4, "added tip": 1}),
            {"schema drift": [("added payment_type", 1, 0), ("retyped quantity", 3, 4), ("added tip", 0, 1)]},
        ),
        (found(orders={"seen": 4, "held": 0, "counted": 3}), {"orders": [("held", 1, 0), ("counted", 2, 3)]}),
        (
            found(statuses={"placed": 3, "cancelled": 1}),
            {"orders by status": [("placed", 2, 3), ("returned", 1, 0)]},
        ),
        (
            found(total=FOUND.total | {"gold.daily_sales": Decimal("30.02")}),
            {"revenue": [("gold.daily_sales", Decimal("30.01"), Decimal("30.02"))]},
        ),
        (
            found(by_brand={"Dell": Decimal("30.01")}),
            {
                "revenue by brand": [
                    ("Dell", Decimal("20.01"), Decimal("30.01")),
                    ("Unknown", Decimal("10.00"), 0),
                ]
            },
        ),
        (
            found(by_state={"TX": Decimal("30.01"), "WA": Decimal("0.01")}),
            {"revenue by state": [("WA", 0, Decimal("0.01"))]},
        ),
        (
            found(by_minute={"2026-01-01T10:00:00Z": Decimal("30.01")}),
            {
                "revenue by minute": [
                    ("2026-01-01T10:00:00Z", Decimal("50.01"), Decimal("30.01")),
                    ("2026-01-02T11:05:00Z", Decimal("-20.00"), 0),
                ]
            },
        ),
    ],
)
def test_a_difference_is_named(holds: Found, differing: Differing) -> None:
    assert _differing(holds) == differing


def test_no_revenue_and_no_row_are_the_same() -> None:
    assert _differing(found(by_state=FOUND.by_state | {"WA": Decimal("0.00")})) == {}


COPIES = found(
    partitions=partitions(landed=3, duplicate=2, quarantined=1),
    quarantine=FOUND.quarantine | {"body_not_json": 3},
    drift=FOUND.drift | {"added coupon_code": 3},
)
"""Two valid messages and a broken one landed once more than the truth says."""


def test_copies_that_were_sent_again_are_expected() -> None:
    assert _differing(COPIES, resent=3) == {}
    assert _differing(COPIES, resent=10) == {}
    check = compare(truth(), COPIES, 10)[0]
    assert check.compares == "sent of the truth + 3 of 10 sent again = rows of bronze.order_events"


def test_copies_that_nobody_counted_differ_and_are_told_apart() -> None:
    for resent in (0, 2):
        assert _differing(COPIES, resent) == {
            "sent = landed": [("messages", 12, 15)],
            "outcomes": [("duplicate", 2, 4), ("quarantined", 3, 4)],
            "quarantined by rule": [("body_not_json", 2, 3)],
            "schema drift": [("added coupon_code", 2, 3)],
        }
        (hint,) = _hints(COPIES, resent)
        assert hint.startswith("3 more landed than were sent, and just as many more are duplicates")


@pytest.mark.parametrize(
    "holds",
    [
        found(partitions=partitions(landed=1, accepted=1)),
        # One lost, another sender's events in its place, and a copy.
        found(partitions=partitions(landed=2, accepted=1, duplicate=1)),
        # A rule that the truth knows no message of.
        found(
            partitions=partitions(landed=1, quarantined=1), quarantine=FOUND.quarantine | {"missing_price": 1}
        ),
        # Landed twice: nothing is one more duplicate.
        found(partitions=partitions(landed=1)),
    ],
)
def test_what_is_no_copy_is_never_excused(holds: Found) -> None:
    assert "sent = landed" in _differing(holds, resent=100)
    assert any("not all are copies" in hint for hint in _hints(holds, 100))


def test_a_loss_is_never_excused_by_copies() -> None:
    holds = found(partitions=partitions(accepted=-1, duplicate=1))
    assert _differing(holds, resent=100) == {"outcomes": [("accepted", 7, 6), ("duplicate", 2, 3)]}


def test_messages_that_did_not_land_are_hinted_at() -> None:
    (hint,) = _hints(found(partitions=partitions(landed=-2, duplicate=-1, accepted=-1)))
    assert hint.startswith("2 messages that were sent are not in bronze")


def test_a_full_refresh_is_advised_only_while_bronze_is_whole() -> None:
    (hint,) = _hints(found(partitions=partitions(accepted=-1)))
    assert "`dbt build --full-refresh`" in hint
    first, second = _hints(found(partitions=partitions(landed=-1)))
    assert first.startswith("1 messages that were sent")
    assert "restore" in second
    assert "full-refresh" not in first + second


def test_marts_that_are_built_hourly_are_hinted_at() -> None:
    behind = found(by_brand={}, by_state={})
    assert _hints(behind) == [
        "only marts that are built hourly differ: `dbt build --selector hourly` brings them up to date."
    ]
    assert _hints(found(by_brand={}, by_day={})) == []


def test_more_drift_than_there_are_copies_is_not_excused() -> None:
    drift = FOUND.drift | {"added coupon_code": 6, "retyped quantity": 2, "added tip": 1}
    assert _differing(replace(COPIES, drift=drift), resent=3) == {
        "schema drift": [("added coupon_code", 5, 6), ("retyped quantity", 3, 2), ("added tip", 0, 1)]
    }
