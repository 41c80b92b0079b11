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
from ingestion.faults import OVERSIZED_BYTES, Fault, Rates
from ingestion.shop import CATALOGUE
from ingestion.simulator import Simulator
from ingestion.transfer import CHUNK_EVENTS
from ingestion.truth import Account

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


def simulated(faults: Rates | None, account: Account | None) -> Callable[[int], list[bytes]]:
    """What makes events in the chunks in which they are sent, and accounts for them if it is asked to."""
    simulator = Simulator(1, faults=faults)

    def make(count: int) -> list[bytes]:
        bodies: list[bytes] = []
        for _ in range(0, count, CHUNK_EVENTS):
            messages = simulator.messages(CHUNK_EVENTS)
            # A body is rendered once it is handed over; those too large for the hub are not kept.
            chunk = [message.body for message in messages]
            bodies += [body for body in chunk if len(body) < OVERSIZED_BYTES]
            if account:
                refused = {place for place, body in enumerate(chunk) if len(body) >= OVERSIZED_BYTES}
                account.add(messages, refused)
        return bodies

    return make


def main(
    events: Annotated[
        int, typer.Option(min=CHUNK_EVENTS, help="How many events to simulate, in whole chunks.")
    ] = 200_000,
) -> None:
    """Print the rates and their ratios, measured in turn."""
    events = events // CHUNK_EVENTS * CHUNK_EVENTS
    faker = Faker("en_US")
    faker.seed_instance(1)
    plain_event(faker)
    lanes: dict[str, tuple[Rates | None, Account | None]] = {
        "simulator, truth off": (None, None),
        "simulator, truth on": (None, Account()),
        "simulator, truth on, all faults at 5 %": (
            {fault: 0.05 for fault in Fault if fault is not Fault.OVERSIZED},
            Account(),
        ),
    }
    plain = rate(lambda count: [plain_event(faker) for _ in range(count)], events // PLAIN_SHARE)
    typer.echo(f"{'plain Faker':40} {plain:9,.0f} events/s")
    for name, (faults, account) in lanes.items():
        found = rate(simulated(faults, account), events)
        typer.echo(f"{name:40} {found:9,.0f} events/s  {found / plain:5.1f} x plain Faker")


if __name__ == "__main__":
    typer.run(main)
