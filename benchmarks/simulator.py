"""Events per second of the simulator, against the same event made of plain Faker calls, on one core.

python benchmarks/simulator.py [--events N]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer
from faker import Faker

from ingestion.contract import EventType, PaymentMethod, parse
from ingestion.shop import CATALOGUE
from ingestion.simulator import Simulator

PLAIN_SHARE = 20
"""The plain events are so much slower that a twentieth of the number is enough to time them."""


def plain_event(faker: Faker) -> bytes:
    """One order event, every value of it asked of Faker."""
    event_type = faker.random_element(list(EventType))
    product = faker.random_element(CATALOGUE)
    price = Decimal(product.list_price) / 100
    quantity = faker.random_int(1, 5)
    discount_pct = Decimal(faker.random_int(0, 30))
    gross = price * quantity
    discount = (gross * discount_pct / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    event = {
        "event_id": faker.uuid4(),
        "event_type": event_type,
        "schema_version": 1,
        "occurred_at": faker.date_time_this_year().isoformat(timespec="milliseconds") + "Z",
        "order_id": faker.numerify("ORD######"),
        "customer_id": faker.numerify("C####"),
        "customer_name": faker.name(),
        "customer_email": faker.safe_email(),
        "city": faker.city(),
        "state": faker.state_abbr(),
        "product_id": product.product_id,
        "product_name": product.name,
        "category": product.category,
        "brand": product.brand,
        "base_price": str(price),
        "unit_price": str(price),
        "quantity": quantity,
        "discount_pct": str(discount_pct),
        "total_amount": str(gross - discount),
        "payment_method": faker.random_element(list(PaymentMethod)),
        "order_status": event_type.status,
    }
    return json.dumps(event).encode()


def rate(make: Callable[[int], list[bytes]], count: int) -> float:
    """Events per second; the first one is checked against the contract."""
    began = time.perf_counter()
    events = make(count)
    seconds = time.perf_counter() - began
    parse(events[0])
    return count / seconds


def main(events: Annotated[int, typer.Option(help="How many events to simulate.")] = 200_000) -> None:
    """Print both rates and their ratio."""
    faker = Faker("en_US")
    faker.seed_instance(1)
    simulator = Simulator(1)
    plain_event(faker)
    plain = rate(lambda count: [plain_event(faker) for _ in range(count)], events // PLAIN_SHARE)
    simulated = rate(simulator.take, events)
    typer.echo(
        f"simulator: {simulated:,.0f} events/s  plain Faker: {plain:,.0f} events/s  "
        f"ratio: {simulated / plain:.1f}"
    )


if __name__ == "__main__":
    typer.run(main)
