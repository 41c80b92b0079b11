"""A user's own events, by SDK and by Kafka client, good and bad, from the hub to gold to the cent.

These checks need no emulator: `make conformance` runs them against a real namespace and workspace.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from tests.e2e.own_events import NO_TESTS, OwnEvents, counts
from tests.e2e.place import Place
from tests.e2e.tables import content, differences, tables

pytestmark = [pytest.mark.conformance, pytest.mark.xdist_group("demo")]

TABLES = (
    "silver.order_events",
    "silver.order_details",
    "silver.quarantined_order_events",
    "gold.sales_by_brand_category",
    "gold.location_performance",
    "gold.customer_insights",
    "gold.mv_top_brands",
    "snapshots.snap_products",
)


def test_every_message_is_where_it_belongs(place: Place, own_events: OwnEvents) -> None:
    outcomes = Counter(message.outcome for message in own_events.messages)
    new = {name: count - own_events.before[name] for name, count in counts(place).items()}
    of_the_shop = own_events.demo.get("sent now", 0)
    accepted, duplicate = outcomes["accepted"], outcomes["duplicate"]
    assert new == {
        "bronze.order_events": len(own_events.messages) + of_the_shop,
        "silver.order_events": accepted + of_the_shop,
        "silver.quarantined_order_events": len(own_events.messages) - accepted - duplicate,
    }


def test_quarantine_names_the_rule_and_keeps_the_body(place: Place, own_events: OwnEvents) -> None:
    rows = place.query(f"select rule_id, body from {place.table('silver.quarantined_order_events')}")
    kept = Counter((rule, bytes(body)) for rule, body in rows)
    for message in own_events.messages:
        if message.outcome not in ("accepted", "duplicate"):
            assert kept[message.outcome, message.body] > 0, message


def test_the_ledger_balances(place: Place, own_events: OwnEvents) -> None:
    ledger = place.table("silver.order_event_ledger")
    (row,) = place.query(
        f"""
        select
            sum(landed_count),
            sum(accepted_count) + sum(duplicate_count) + sum(quarantined_count),
            min(is_balanced)
        from {ledger}
        """
    )
    assert row[0] == row[1] == counts(place)["bronze.order_events"]
    assert row[2] is True


def test_orders_carry_status_and_money(place: Place, own_events: OwnEvents) -> None:
    rows = place.query(
        f"""
        select order_id, order_status, total_amount, net_amount, is_price_imputed, is_awaiting_placement
        from {place.table("silver.order_details")}
        where brand = '{own_events.brand}'
        order by order_id
        """
    )
    paid, imputed, none = Decimal("35.98"), Decimal("49.98"), Decimal("0.00")
    assert [(row[0].rpartition("-")[2], *row[1:]) for row in rows] == [
        ("1", "delivered", paid, paid, False, False),
        ("2", "placed", imputed, imputed, True, False),
        ("3", "cancelled", paid, none, False, False),
        ("4", "returned", paid, none, False, False),
        ("5", "shipped", paid, none, False, True),
    ]


def test_gold_has_the_revenue_to_the_cent(place: Place, own_events: OwnEvents) -> None:
    revenue = Decimal("85.96")
    for table in ("sales_by_brand_category", "mv_top_brands"):
        sql = f"select sum(revenue) from {place.table('gold.' + table)} where brand = '{own_events.brand}'"
        assert place.one(sql) == revenue, table
    city = place.query(
        f"""
        select revenue, customer_count, delivery_rate
        from {place.table("gold.location_performance")}
        where city = '{own_events.brand}'
        """
    )
    assert [(row[0], row[1], round(row[2], 4)) for row in city] == [(revenue, 1, Decimal("0.3333"))]
    customer = place.query(
        f"""
        select lifetime_value, segment
        from {place.table("gold.customer_insights")}
        where customer_id = 'C-{own_events.brand}'
        """
    )
    assert customer == [(revenue, "Low")]


def test_every_table_is_what_the_landed_bodies_add_up_to(place: Place, own_events: OwnEvents) -> None:
    assert differences(place, tables(place)) == []


def test_a_second_build_changes_no_row_and_refreshes_the_view(place: Place, own_events: OwnEvents) -> None:
    before = {name: content(place, name) for name in TABLES}
    place.dbt("build", *NO_TESTS, "--select", *(f"+{name.partition('.')[2]}" for name in TABLES))
    assert {name: content(place, name) for name in TABLES} == before
    statements = place.statements_of_last_dbt_run().lower()
    assert "refresh materialized view" in statements
    assert "create or replace materialized view" not in statements
