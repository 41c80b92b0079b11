"""A user's own events, by SDK and by Kafka client, good and bad, from the hub to gold to the cent.

These checks need no emulator: `make conformance` runs them against a real namespace and workspace.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from azure.eventhub import EventData, EventHubProducerClient
from confluent_kafka import Producer

from tests.e2e.place import Place
from tests.e2e.tables import content, differences, tables

pytestmark = pytest.mark.conformance

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


@dataclass(frozen=True)
class Message:
    """A body and what must become of it: accepted, duplicate, or the rule that rejects it."""

    body: bytes
    outcome: str


def _order(brand: str, order_id: str, **fields: Any) -> dict[str, Any]:
    """An order_placed event in the contract's terms: 2 x 19.99 less 10 %."""
    return {
        "event_id": str(uuid.uuid4()),
        "event_type": "order_placed",
        "schema_version": 1,
        "occurred_at": "2026-03-01T12:00:00Z",
        "order_id": order_id,
        "customer_id": f"C-{brand}",
        "customer_name": "Ada Own",
        "customer_email": "ada@example.com",
        "city": brand,
        "state": "WA",
        "product_id": f"P-{brand}",
        "product_name": "Lamp",
        "category": "Home",
        "brand": brand,
        "base_price": "24.99",
        "unit_price": "19.99",
        "quantity": 2,
        "discount_pct": "10",
        "total_amount": "35.98",
        "payment_method": "card",
        "order_status": "placed",
    } | fields


def _messages(brand: str) -> list[Message]:
    """Five orders, their later events and copies, and one message per quarantine rule."""

    def order(number: int, **fields: Any) -> bytes:
        values = _order(brand, f"{brand}-{number}", **fields)
        return json.dumps({name: value for name, value in values.items() if value is not ...}).encode()

    def status(number: int, name: str, day: int) -> bytes:
        later = {
            "event_type": f"order_{name}",
            "order_status": name,
            "occurred_at": f"2026-03-0{day}T12:00:00Z",
        }
        return order(number, **later)

    sold = order(1)
    imputed = order(2, unit_price=..., discount_pct=..., total_amount="49.98")
    accepted = [
        status(1, "delivered", 4),  # before its placement, and before it was shipped
        sold,
        status(1, "shipped", 2),
        imputed,
        order(3),
        status(3, "cancelled", 2),
        order(4),
        status(4, "returned", 5),
        status(5, "shipped", 2),  # its placement never comes
    ]
    rejected = {
        "body_not_json": [b"{", b"\xff\xfe{}", b"{'event_id': 1}", sold + b" trailing", b""],
        "body_not_object": [b"[]", b'"text"', b"42"],
        "missing_required_field": [order(9, customer_id=...), order(9, event_id="  ")],
        "unknown_event_type": [order(9, event_type="order_lost")],
        "unknown_schema_version": [order(9, schema_version=2)],
        "status_contradicts_event_type": [order(9, order_status="shipped")],
        "unreadable_value": [order(9, occurred_at="yesterday"), order(9, unit_price="cheap")],
        "invalid_quantity": [order(9, quantity=0), order(9, quantity=...)],
        "missing_price": [order(9, unit_price=..., base_price=None)],
        "negative_price": [order(9, unit_price="-0.01")],
        "discount_out_of_range": [order(9, discount_pct="100.01")],
        "unknown_state": [order(9, state="ZZ")],
    }
    return [
        *(Message(body, "accepted") for body in accepted),
        *(Message(body, "duplicate") for body in (sold, sold, imputed)),
        *(Message(body, rule) for rule, bodies in rejected.items() for body in bodies),
    ]


def _send_by_amqp(place: Place, bodies: Iterable[bytes]) -> None:
    client = EventHubProducerClient.from_connection_string(
        place.environment["EVENTHUBS_CONNECTION_STRING"],
        eventhub_name=place.environment.get("EVENTHUBS_HUB", "orders"),
    )
    with client:
        batch = client.create_batch()
        for body in bodies:
            batch.add(EventData(body))
        client.send_batch(batch)


def _send_by_kafka(place: Place, bodies: Iterable[bytes]) -> None:
    connection_string = place.environment["EVENTHUBS_CONNECTION_STRING"]
    namespace = connection_string.split("sb://")[1].split("/")[0].split(";")[0]
    producer = Producer(
        {
            "bootstrap.servers": place.environment.get("EVENTHUBS_KAFKA_BOOTSTRAP", f"{namespace}:9093"),
            "security.protocol": place.environment.get("EVENTHUBS_KAFKA_SECURITY_PROTOCOL", "SASL_SSL"),
            "sasl.mechanism": "PLAIN",
            "sasl.username": "$ConnectionString",
            "sasl.password": connection_string,
        }
    )
    for body in bodies:
        producer.produce(place.environment.get("EVENTHUBS_HUB", "orders"), body)
    assert producer.flush(60) == 0


NO_TESTS = ("--exclude-resource-types", "test", "unit_test")


@dataclass(frozen=True)
class Build:
    """What was sent under a brand of its own, and the counts before it."""

    brand: str
    messages: list[Message]
    before: dict[str, int]


def _counts(place: Place) -> dict[str, int]:
    tables = ("bronze.order_events", "silver.order_events", "silver.quarantined_order_events")
    return {name: int(place.one(f"select count(*) from {place.table(name)}")) for name in tables}


@pytest.fixture(scope="module")
def build(place: Place) -> Build:
    if place.on_emulators:
        assert place.emulators("up").returncode == 0
    place.land()
    place.dbt("build", *NO_TESTS, "--select", "+order_events", "+quarantined_order_events")
    before = _counts(place)
    brand = f"Own{uuid.uuid4().hex[:8]}"
    messages = _messages(brand)
    bodies = [message.body for message in messages]
    _send_by_amqp(place, bodies[0::2])
    _send_by_kafka(place, bodies[1::2])
    assert place.land() == len(bodies)
    # On emulators the demo's checks run the unit tests, too.
    place.dbt("build", *(("--exclude-resource-type", "unit_test") if place.on_emulators else ()))
    return Build(brand, messages, before)


def test_every_message_is_where_it_belongs(place: Place, build: Build) -> None:
    outcomes = Counter(message.outcome for message in build.messages)
    new = {name: count - build.before[name] for name, count in _counts(place).items()}
    assert new == {
        "bronze.order_events": len(build.messages),
        "silver.order_events": outcomes["accepted"],
        "silver.quarantined_order_events": len(build.messages) - outcomes["accepted"] - outcomes["duplicate"],
    }


def test_quarantine_names_the_rule_and_keeps_the_body(place: Place, build: Build) -> None:
    rows = place.query(f"select rule_id, body from {place.table('silver.quarantined_order_events')}")
    kept = Counter((rule, bytes(body)) for rule, body in rows)
    for message in build.messages:
        if message.outcome not in ("accepted", "duplicate"):
            assert kept[message.outcome, message.body] > 0, message


def test_the_ledger_balances(place: Place, build: Build) -> None:
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
    assert row[0] == row[1] == _counts(place)["bronze.order_events"]
    assert row[2] is True


def test_orders_carry_status_and_money(place: Place, build: Build) -> None:
    rows = place.query(
        f"""
        select order_id, order_status, total_amount, net_amount, is_price_imputed, is_awaiting_placement
        from {place.table("silver.order_details")}
        where brand = '{build.brand}'
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


def test_gold_has_the_revenue_to_the_cent(place: Place, build: Build) -> None:
    revenue = Decimal("85.96")
    for table in ("sales_by_brand_category", "mv_top_brands"):
        sql = f"select sum(revenue) from {place.table('gold.' + table)} where brand = '{build.brand}'"
        assert place.one(sql) == revenue, table
    city = place.query(
        f"""
        select revenue, customer_count, delivery_rate
        from {place.table("gold.location_performance")}
        where city = '{build.brand}'
        """
    )
    assert [(row[0], row[1], round(row[2], 4)) for row in city] == [(revenue, 1, Decimal("0.3333"))]
    customer = place.query(
        f"""
        select lifetime_value, segment
        from {place.table("gold.customer_insights")}
        where customer_id = 'C-{build.brand}'
        """
    )
    assert customer == [(revenue, "Low")]


def test_every_table_is_what_the_landed_bodies_add_up_to(place: Place, build: Build) -> None:
    assert differences(place, tables(place)) == []


def test_a_second_build_changes_no_row_and_refreshes_the_view(place: Place, build: Build) -> None:
    before = {name: content(place, name) for name in TABLES}
    place.dbt("build", *NO_TESTS, "--select", *(f"+{name.partition('.')[2]}" for name in TABLES))
    assert {name: content(place, name) for name in TABLES} == before
    statements = place.statements_of_last_dbt_run().lower()
    assert "refresh materialized view" in statements
    assert "create or replace materialized view" not in statements
