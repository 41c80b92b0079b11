"""Rejected messages are corrected, or their rule is, and replayed: every table is as if never read otherwise.

The warehouse alone is needed: messages are put into bronze tables of the test's own schemas. The runbooks of
docs/operations.md on a quarantine flood and on schema_version 2 are rehearsed here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pytest

from tests.e2e import adversary
from tests.e2e.place import Place
from tests.e2e.recount import Message
from tests.e2e.tables import Table, differences, relations, table

pytestmark = [pytest.mark.timeout(2400), pytest.mark.xdist_group("dbt")]

SEED = 7
PARTITION = 9
"""Of the messages below; others lie around them, in partitions of their own."""

VERSION_2 = ("--vars", "{accepted_schema_versions: [1, 2]}")
VERSIONS = (1, 2)
WHAT = ("--exclude", "tag:hourly")
"""What is computed from all orders needs no replay."""
GOLD = (
    "gold.daily_sales",
    "gold.minute_restatements",
    "gold.sales_by_product_minute",
    "gold.sales_by_state_minute",
)


def _order(event_id: str, order_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "event_type": "order_placed",
        "schema_version": 1,
        "occurred_at": "2026-03-01T12:00:00Z",
        "order_id": order_id,
        "customer_id": "C-replay",
        "customer_name": "Ada",
        "customer_email": "ada@example.com",
        "city": "Austin",
        "state": "TX",
        "product_id": "P-replay",
        "product_name": "Lamp",
        "category": "Home",
        "brand": "Replay",
        "base_price": "24.99",
        "unit_price": "19.99",
        "quantity": 2,
        "discount_pct": "10",
        "total_amount": "35.98",
        "payment_method": "card",
    } | fields


def _status(event_id: str, order_id: str, name: str, **fields: Any) -> dict[str, Any]:
    return _order(
        event_id, order_id, event_type=f"order_{name}", occurred_at="2026-03-01T15:00:00Z", **fields
    )


OTHER_PRODUCT = {"product_id": "P-other", "product_name": "Desk", "base_price": "31.00"}
LATE = {"occurred_at": "2026-03-05T10:00:00Z"}

# By offset: what lands first, and what lands with the second batch.
REJECTED_AS_R1 = 0
MOVED = 1
LEFT_BEHIND = 2
FIRST = 3
COPY = 4
FIRST_BUT_BROKEN = 5
RETURN = 6
RETURNED = 7
ONLY_ONE = 8
LATEST = 9
NEW_VERSION = range(10, 13)
FLOOD = range(20, 35)
RESENT = 40
COPY_OF_ONLY_ONE = 41

LANDED: dict[int, dict[str, Any]] = {
    REJECTED_AS_R1: _order("r1", "R-1", quantity="2 pcs"),
    MOVED: _order("m1", "M-1", **OTHER_PRODUCT),
    LEFT_BEHIND: _status("m2", "M-1", "shipped"),
    FIRST: _order("w1", "W-1"),
    COPY: _order("w1", "W-1", state="ZZ"),
    FIRST_BUT_BROKEN: _order("f1", "F-1", city="First", quantity=0),
    RETURN: _status("x1", "X-1", "returned"),
    RETURNED: _order("x2", "X-1"),
    ONLY_ONE: _order("y1", "Y-1", occurred_at="2026-03-01T09:30:00Z"),
    LATEST: _order("z1", "Z-1", **LATE),
    **{offset: _order(f"v{offset}", f"V-{offset}", schema_version=2, tip="1.00") for offset in NEW_VERSION},
    **{offset: _order(f"q{offset}", f"Q-{offset}", quantity=f"{offset} pcs") for offset in FLOOD},
}
RESENT_MESSAGES = {
    RESENT: _order("f1", "F-2", city="Resent", occurred_at="2026-03-01T13:00:00Z"),
    COPY_OF_ONLY_ONE: LANDED[ONLY_ONE],
}
CORRECTED: dict[int, dict[str, Any]] = {
    REJECTED_AS_R1: _order("r1", "R-2"),
    MOVED: _order("m1", "M-2", occurred_at="2026-03-01T12:34:00Z"),
    COPY: LANDED[FIRST],
    FIRST_BUT_BROKEN: _order("f1", "F-1", city="First"),
    RETURN: _status("x1", "X-1", "delivered"),
    ONLY_ONE: {"event_id": "y1"},
    LATEST: _order("z1", "Z-1"),
}
CORRECTED_AGAIN: dict[int, dict[str, Any] | None] = {
    REJECTED_AS_R1: _order("r1", "R-3", product_id="P-third"),
    MOVED: None,
    FIRST_BUT_BROKEN: None,
    ONLY_ONE: None,
}


@dataclass
class Shop:
    """The schemas, and what was last read from them."""

    place: Place
    found: dict[str, Table]

    def land(self, others: Sequence[Message], own: dict[int, dict[str, Any]]) -> None:
        """Our messages come in with the batch of the others."""
        ours = [
            replace(
                others[0],
                body=json.dumps(body).encode(),
                event_hub="orders",
                partition=PARTITION,
                offset=offset,
            )
            for offset, body in own.items()
        ]
        self.place.insert([asdict(message) for message in [*others, *ours]])

    def correct(self, at: str, bodies: dict[int, dict[str, Any]] | dict[int, dict[str, Any] | None]) -> None:
        """The statement of docs/operations.md."""
        values = ", ".join(
            f"('orders', {PARTITION}, {offset}, 'ada', 'call 17', "
            + ("null" if body is None else f"X'{json.dumps(body).encode().hex()}'")
            + f", timestamp'{at}')"
            for offset, body in bodies.items()
        )
        self.place.execute(f"insert into {self.place.table('ops.order_event_corrections')} values {values}")

    def replay(self, **arguments: Any) -> str:
        return self.place.dbt(
            "run-operation", "replay_quarantine", "--args", json.dumps(arguments), *VERSION_2
        )

    def read(self) -> dict[str, str]:
        names = [name for name in relations(self.place) if not name.startswith("gold.") or name in GOLD]
        self.found = {name: table(self.place, name) for name in names}
        return {name: each.hash() for name, each in self.found.items()}

    def unbalanced(self) -> list[tuple[Any, ...]]:
        ledger = self.place.table("silver.order_event_ledger")
        return self.place.query(f"select * from {ledger} where not is_balanced")

    def pending(self) -> int:
        return int(
            self.place.one(f"select sum(pending_count) from {self.place.table('silver.order_event_ledger')}")
        )

    def in_quarantine(self) -> set[int]:
        table = self.place.table("silver.quarantined_order_events")
        return {
            row[0]
            for row in self.place.query(f"select `offset` from {table} where `partition` = {PARTITION}")
        }


def _others() -> list[list[Message]]:
    """Messages around those above, in three batches."""
    return adversary.arrive(adversary.messages(SEED, order_count=30), SEED, 3)


@pytest.fixture(scope="module")
def shop(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """What landed is built: nothing is corrected yet."""
    assert place.emulators("up", "--only", "warehouse").returncode == 0
    folder = tmp_path_factory.mktemp("quarantine") / "corrected"
    shop = Shop(place.in_schemas(folder, "corrected"), {})
    for others, own in zip(_others()[:2], (LANDED, RESENT_MESSAGES), strict=True):
        shop.land(others, own)
    shop.place.dbt("build", "--resource-types", "seed", "model", *WHAT)
    return shop


def test_what_is_rejected_and_how_old_it_is(shop: Shop) -> None:
    rejected = {REJECTED_AS_R1, COPY, FIRST_BUT_BROKEN, *NEW_VERSION, *FLOOD}
    assert shop.in_quarantine() == rejected
    assert "nothing to replay" in shop.replay(rule_id="unreadable_value")


def test_a_rule_that_is_not_there_is_refused(shop: Shop) -> None:
    # Other variables than those of the last command would make dbt parse everything again.
    said = shop.place.dbt_refuses(
        "run-operation", "replay_quarantine", "--args", "{rule_id: unknown_rule}", *VERSION_2
    )
    assert "there is no rule unknown_rule; rules are body_not_json, " in said


def test_a_replay_puts_right_what_was_corrected(shop: Shop) -> None:
    shop.correct("2026-03-02 09:00:00Z", CORRECTED)
    # The flood: a sender writes quantities with a unit.
    quarantine, corrections = map(
        shop.place.table, ("silver.quarantined_order_events", "ops.order_event_corrections")
    )
    shop.place.execute(
        f"""
        insert into {corrections}
        select
            event_hub,
            `partition`,
            `offset`,
            'ada' as corrected_by,
            'quantities with a unit' as note,
            cast(
                regexp_replace(cast(body as string), '"quantity": *"([0-9]+) pcs"', '"quantity": $1')
                as binary
            ) as corrected_body,
            timestamp'2026-03-02 09:30:00Z' as corrected_at
        from {quarantine}
        where
            rule_id = 'unreadable_value'
            and cast(body as string) rlike '"quantity": *"[0-9]+ pcs"'
            and `offset` >= {FLOOD.start}
        """
    )
    assert shop.unbalanced() == []
    dry = shop.replay(dry_run=True)
    assert "would be read again" in dry
    log = shop.place.table("ops.order_event_replays")
    assert shop.place.one(f"select count(*) from {log}") == 0
    assert "unknown_schema_version -> reads well" in shop.replay(rule_id="unknown_schema_version")
    waiting = shop.place.query(f"select `offset` from {log} where `partition` = {PARTITION}")
    assert {row[0] for row in waiting} == set(NEW_VERSION)
    answer = shop.replay()
    assert f"{len(FLOOD) + 1} messages: unreadable_value -> reads well" in answer
    assert "replay 2: " in answer
    # Asked for twice, read once.
    assert "nothing to replay" in shop.replay()
    assert shop.unbalanced() == []
    # What lands meanwhile is taken by the same run.
    shop.land(_others()[2], {})
    shop.place.kill_run_after("silver.order_events", *WHAT, *VERSION_2)
    assert shop.unbalanced() == []
    shop.place.dbt("run", *WHAT, *VERSION_2)
    assert shop.unbalanced() == []
    assert shop.pending() == 0
    assert shop.in_quarantine() == {ONLY_ONE}
    shop.read()
    assert differences(shop.place, shop.found, VERSIONS) == []


def test_a_correction_that_is_changed_or_taken_back_is_followed(shop: Shop) -> None:
    shop.correct("2026-03-02 10:00:00Z", CORRECTED_AGAIN)
    shop.replay()
    assert shop.unbalanced() == []
    shop.place.dbt("run", *WHAT, *VERSION_2)
    assert shop.unbalanced() == []
    assert shop.pending() == 0
    assert shop.in_quarantine() == {FIRST_BUT_BROKEN}
    shop.read()
    assert differences(shop.place, shop.found, VERSIONS) == []
    assert "nothing to replay" in shop.replay()


def test_what_was_put_right_is_reported(shop: Shop) -> None:
    report = {
        row[0]: row[1:]
        for row in shop.place.query(
            "select rule_id, replayed_count from " + shop.place.table("ops.quarantined_order_events_by_rule")
        )
    }
    assert report["unknown_schema_version"][0] >= len(NEW_VERSION)
    assert report["unreadable_value"] == (len(FLOOD) + 1,)
    assert report["unknown_state"] == (1,)
    assert report["invalid_quantity"] == (0,)


@pytest.mark.nightly
def test_a_full_refresh_gives_the_same_rows(shop: Shop) -> None:
    hashes = shop.read()
    shop.place.dbt("run", "--full-refresh", *WHAT, *VERSION_2)
    assert shop.read() == hashes
