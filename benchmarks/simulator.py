"""Events per second of the simulator, against the same event made of plain Faker calls, on one core.

With the truth off, on, and on with 5 % of every fault.

python benchmarks/simulator.py [--events N]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer
from faker import Faker

from benchmarks.bars import at_least
from ingestion.contract import EventType, PaymentMethod, parse
from ingestion.sending.simulated import chunk_sizes, simulate
from ingestion.simulation.account import Account
from ingestion.simulation.faults import OVERSIZED_BYTES, Fault, Message, Rates
from ingestion.simulation.shop import CATALOGUE
from ingestion.simulation.simulator import Simulator

PLAIN_SHARE = 20
"""The plain events are so much slower that a twentieth of the number is enough to time them."""

ROUNDS = 3
BAR = 10


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


def plain(events: int, faker: Faker) -> float:
    """Seconds for so many plain events."""
    began = time.perf_counter()
    for _ in range(events):
        plain_event(faker)
    return time.perf_counter() - began


def simulated(events: int, faults: Rates, with_truth: bool) -> float:
    """Seconds for so many messages, body by body as a sender takes them, and for the truth if it is on."""
    simulator = Simulator(1, faults=faults)
    account = Account() if with_truth else None

    def accept(messages: Sequence[Message], refused: set[int]) -> None:
        for position, message in enumerate(messages):
            if len(message.body) > OVERSIZED_BYTES:
                refused.add(position)

    sizes = chunk_sizes(events, None, lambda _: False)
    began = time.perf_counter()
    simulate(simulator, sizes, accept, lambda: None, account)
    if account:
        account.answer(1)
    return time.perf_counter() - began


def main(
    events: Annotated[int, typer.Option(help="How many events each round simulates.")] = 200_000,
    bar: Annotated[float, typer.Option(help="The ratio that it must reach with the truth on.")] = BAR,
) -> None:
    """Print the best rate of each and its ratio to plain Faker."""
    faker = Faker("en_US")
    faker.seed_instance(1)
    parse(plain_event(faker))
    parse(Simulator(1).take(1)[0])
    lanes: dict[str, Callable[[], float]] = {
        "plain Faker": lambda: plain(events // PLAIN_SHARE, faker) * PLAIN_SHARE,
        "truth off": lambda: simulated(events, {}, False),
        "truth on": lambda: simulated(events, {}, True),
        "truth on, all=0.05": lambda: simulated(events, dict.fromkeys(Fault, 0.05), True),
    }
    # In turn, so that whatever else the machine does hits all of them.
    rounds = [[lane() for lane in lanes.values()] for _ in range(ROUNDS)]
    best = [min(seconds) for seconds in zip(*rounds, strict=True)]
    for name, seconds in zip(lanes, best, strict=True):
        typer.echo(f"{name:20} {events / seconds:9,.0f} events/s  ratio: {best[0] / seconds:5.1f}")
    at_least("ratio with the truth on", best[0] / best[2], bar)


if __name__ == "__main__":
    typer.run(main)
