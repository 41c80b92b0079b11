"""A user's own events, by SDK and by Kafka client, good and bad, from the hub to gold."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from azure.eventhub import EventData, EventHubProducerClient
from confluent_kafka import Producer

from tests.e2e.place import Place

NO_TESTS = ("--exclude-resource-types", "test", "unit_test")


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


def messages(brand: str) -> list[Message]:
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


def send_by_amqp(place: Place, bodies: Iterable[bytes]) -> None:
    client = EventHubProducerClient.from_connection_string(
        place.environment["EVENTHUBS_CONNECTION_STRING"],
        eventhub_name=place.environment.get("EVENTHUBS_HUB", "orders"),
    )
    with client:
        batch = client.create_batch()
        for body in bodies:
            batch.add(EventData(body))
        client.send_batch(batch)


def send_by_kafka(place: Place, bodies: Iterable[bytes]) -> None:
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


@dataclass(frozen=True)
class OwnEvents:
    """What was sent under a brand of its own, and the counts before it.

    On the emulators a second demo landed and built it, with events of the shop: `demo` are the counts that it
    printed, `asked` the statements that were sent for each model, and how often.
    """

    brand: str
    messages: list[Message]
    before: dict[str, int]
    demo: dict[str, int]
    asked: Counter[tuple[str, str]]


def counts(place: Place) -> dict[str, int]:
    """Messages landed, accepted and rejected so far."""
    tables = ("bronze.order_events", "silver.order_events", "silver.quarantined_order_events")
    return {name: int(place.one(f"select count(*) from {place.table(name)}")) for name in tables}
