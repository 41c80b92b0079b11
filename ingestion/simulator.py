"""The order simulator: the life of a shop's orders on a virtual clock, deterministic from a seed.

What an event says depends on the seed and on the state the simulator starts from, on nothing else: not on
the wall clock, the machine, the hash seed, or how many events are taken at a time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from heapq import heappop, heappush
from pathlib import Path
from random import Random
from typing import Any

from ingestion.contract import SCHEMA_VERSION, EventType, PaymentMethod
from ingestion.errors import ConfigurationError
from ingestion.shop import CATALOGUE, Customers, product_fragment

STATE_VERSION = 1

EPOCH_MS = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)
"""Where every shop's virtual clock starts."""

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

ORDER_GAP_MS = 20 * MINUTE_MS
"""Mean time between two placements; the gaps are exponential, so that placements are a Poisson process."""

PLACED, SHIPPED, DELIVERED, CANCELLED, RETURNED = range(5)

DELAYS_MS = {
    SHIPPED: (30 * MINUTE_MS, 3 * HOUR_MS),
    DELIVERED: (3 * HOUR_MS, 8 * HOUR_MS),
    CANCELLED: (5 * MINUTE_MS, 1 * HOUR_MS),
    RETURNED: (6 * HOUR_MS, 18 * HOUR_MS),
}
"""Time from the event before to this one: at least, and the mean of the exponential part on top."""

CANCELLED_SHARE = 0.06
RETURNED_SHARE = 0.1
NEW_CUSTOMER_SHARE = 0.25
UNIT_PRICE_MISSING_SHARE = 0.005
DISCOUNT_MISSING_SHARE = 0.02


def _spread(weights: Sequence[tuple[Any, int]]) -> list[Any]:
    """A table in which each value stands as often as its weight: one random index draws from it."""
    return [value for value, weight in weights for _ in range(weight)]


PRODUCTS = _spread([(index, product.popularity) for index, product in enumerate(CATALOGUE)])
QUANTITIES = _spread([(1, 70), (2, 18), (3, 7), (4, 3), (5, 2)])
PRICE_FACTORS = _spread([(100, 84), (95, 9), (90, 5), (80, 2)])
"""Price charged, in per cent of the list price."""
DISCOUNTS = _spread([(0, 62), (500, 13), (1000, 12), (1250, 4), (1500, 5), (2000, 3), (3000, 1)])
"""Discounts in hundredths of a per cent."""
PAYMENTS = _spread([(0, 64), (1, 22), (2, 6), (3, 8)])
PAYMENT_NAMES = [method.value for method in PaymentMethod]


def _exponential_quantiles(steps: int) -> list[float]:
    """Quantiles i/steps of the unit exponential distribution, the last one at half a step from the end.

    Decimal's logarithm is rounded correctly everywhere; that of the C library differs in the last bit from
    one machine to the next, and one bit is enough to change a time stamp.
    """
    inner = [float(-(1 - Decimal(index) / steps).ln()) for index in range(steps)]
    return [*inner, float(-(Decimal(1) / (2 * steps)).ln()) + 1.0]


_STEPS = 512
_QUANTILES = _exponential_quantiles(_STEPS)

_TYPES = list(EventType)
_AFTER_ID = [
    f'","event_type":"{each.value}","schema_version":{SCHEMA_VERSION},"occurred_at":"' for each in _TYPES
]
_AFTER_ORDER = [f',"order_status":"{each.status.value}"}}' for each in _TYPES]
_PRODUCT_FRAGMENTS = [product_fragment(product) for product in CATALOGUE]


class Order:
    """One order: what was bought, by whom and for how much, in cents and hundredths of a per cent."""

    __slots__ = (
        "base_price",
        "customer",
        "discount",
        "fragment",
        "number",
        "payment",
        "product",
        "quantity",
        "unit_price",
    )

    def __init__(
        self,
        number: int,
        customer: int,
        product: int,
        base_price: int,
        unit_price: int | None,
        quantity: int,
        discount: int | None,
        payment: int,
        customer_fragment: str,
    ) -> None:
        self.number = number
        self.customer = customer
        self.product = product
        self.base_price = base_price
        self.unit_price = unit_price
        self.quantity = quantity
        self.discount = discount
        self.payment = payment
        price = base_price if unit_price is None else unit_price
        gross = price * quantity
        total = gross - (gross * (discount or 0) + 5000) // 10_000  # half up, as the business rule says
        unit_part = "" if unit_price is None else f'"unit_price":"{_cents(unit_price)}",'
        discount_part = "" if discount is None else f'"discount_pct":"{_cents(discount)}",'
        self.fragment = (
            f'Z","order_id":"ORD{number:06d}",{customer_fragment},{_PRODUCT_FRAGMENTS[product]},'
            f'"base_price":"{_cents(base_price)}",{unit_part}"quantity":{quantity},{discount_part}'
            f'"total_amount":"{_cents(total)}","payment_method":"{PAYMENT_NAMES[payment]}"'
        )


def _cents(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


class Simulator:
    """A shop whose orders are placed, shipped, delivered, cancelled and returned as virtual time passes.

    Args:
        seed: any integer. A shop that is resumed with the seed it was left with goes on as if it had never
            stopped; with another seed it keeps its ids, customers, clock and open orders, and draws anew.
        state: what `state()` of an earlier simulator returned; a new shop without it.

    Raises:
        ConfigurationError: `state` is not such a state.
    """

    def __init__(self, seed: int, state: dict[str, Any] | None = None) -> None:
        self._seed = seed
        self._customers = Customers()
        self._pending: list[tuple[int, int, int, Order]] = []
        self._orders = 0
        self._known_customers = 0
        self._events = 0
        self._days: dict[int, str] = {}
        if state is None:
            self._rng = Random(seed)  # noqa: S311 - a repeatable shop, not a secret
            self._now = EPOCH_MS
            self._next_placement = EPOCH_MS + self._delay(0, ORDER_GAP_MS)
        else:
            self._rng = Random()  # noqa: S311 - seeded below
            self._resume(state)

    @property
    def events(self) -> int:
        """How many events the shop has produced since it opened."""
        return self._events

    @property
    def now(self) -> datetime:
        """The virtual clock: when the latest event occurred."""
        return datetime.fromtimestamp(self._now / 1000, tz=UTC)

    def take(self, count: int) -> list[bytes]:
        """The next `count` events in the order they occur, each a JSON object in UTF-8."""
        return [self._next() for _ in range(count)]

    def state(self) -> dict[str, Any]:
        """Where the shop stands, as plain JSON values; a simulator made from it continues from here."""
        return {
            "version": STATE_VERSION,
            "seed": self._seed,
            "events": self._events,
            "orders": self._orders,
            "customers": self._known_customers,
            "now_ms": self._now,
            "next_placement_ms": self._next_placement,
            "rng": list(self._rng.getstate()[1]),
            "pending": [
                [
                    at,
                    stage,
                    order.number,
                    order.customer,
                    order.product,
                    order.base_price,
                    order.unit_price,
                    order.quantity,
                    order.discount,
                    order.payment,
                ]
                for at, _, stage, order in sorted(self._pending, key=lambda entry: entry[:2])
            ],
        }

    def _resume(self, state: dict[str, Any]) -> None:
        try:
            if state["version"] != STATE_VERSION:
                raise ValueError(f"version {state['version']!r}, not {STATE_VERSION}")
            self._events = int(state["events"])
            self._orders = int(state["orders"])
            self._known_customers = int(state["customers"])
            self._now = int(state["now_ms"])
            self._next_placement = int(state["next_placement_ms"])
            pending = state["pending"]
            for at, stage, number, customer, product, base, unit, quantity, discount, payment in pending:
                order = Order(
                    number,
                    customer,
                    product,
                    base,
                    unit,
                    quantity,
                    discount,
                    payment,
                    self._customers.fragment(customer),
                )
                heappush(self._pending, (int(at), order.number, int(stage), order))
            if state["seed"] == self._seed:
                self._rng.setstate((3, tuple(state["rng"]), None))
            else:
                # The position is part of the new seed: going back to an earlier seed must not draw the
                # earlier event ids again.
                self._rng.seed(f"{self._seed} after {self._events}")
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ConfigurationError(f"not a simulator state: {error!r}") from error

    def _next(self) -> bytes:
        pending = self._pending
        if pending and pending[0][0] <= self._next_placement:
            at, _, stage, order = heappop(pending)
        else:
            at, stage = self._next_placement, PLACED
            order = self._place()
            self._next_placement = at + self._delay(0, ORDER_GAP_MS)
        self._schedule(at, stage, order)
        self._now = at
        self._events += 1
        bits = f"{self._rng.getrandbits(120):030x}"
        day, in_day = divmod(at, DAY_MS)
        minutes, millis = divmod(in_day, MINUTE_MS)
        return (
            f'{{"event_id":"{bits[:8]}-{bits[8:12]}-4{bits[12:15]}-8{bits[15:18]}-{bits[18:]}'
            f"{_AFTER_ID[stage]}{self._days.get(day) or self._day(day)}"
            f"T{minutes // 60:02d}:{minutes % 60:02d}:{millis // 1000:02d}.{millis % 1000:03d}"
            f"{order.fragment}{_AFTER_ORDER[stage]}"
        ).encode()

    def _place(self) -> Order:
        random = self._rng.random
        if not self._known_customers or random() < NEW_CUSTOMER_SHARE:
            self._known_customers += 1
            customer = self._known_customers
        else:
            # Squared: the earliest customers are the most faithful ones.
            draw = random()
            customer = 1 + int(draw * draw * self._known_customers)
        product = PRODUCTS[int(random() * len(PRODUCTS))]
        base_price = CATALOGUE[product].list_price
        unit_price: int | None = None
        if random() >= UNIT_PRICE_MISSING_SHARE:
            unit_price = (base_price * PRICE_FACTORS[int(random() * len(PRICE_FACTORS))] + 50) // 100
        discount: int | None = DISCOUNTS[int(random() * len(DISCOUNTS))]
        if discount == 0 and random() < DISCOUNT_MISSING_SHARE:
            discount = None
        self._orders += 1
        return Order(
            self._orders,
            customer,
            product,
            base_price,
            unit_price,
            QUANTITIES[int(random() * len(QUANTITIES))],
            discount,
            PAYMENTS[int(random() * len(PAYMENTS))],
            self._customers.fragment(customer),
        )

    def _schedule(self, at: int, stage: int, order: Order) -> None:
        """Draw what happens next to an order, and when."""
        if stage == PLACED:
            following = CANCELLED if self._rng.random() < CANCELLED_SHARE else SHIPPED
        elif stage == SHIPPED:
            following = DELIVERED
        elif stage == DELIVERED and self._rng.random() < RETURNED_SHARE:
            following = RETURNED
        else:
            return
        heappush(self._pending, (at + self._delay(*DELAYS_MS[following]), order.number, following, order))

    def _delay(self, least: int, mean: int) -> int:
        """Milliseconds: at least `least`, plus an exponential time (the inverse of its distribution)."""
        position = self._rng.random() * _STEPS
        step = int(position)
        low = _QUANTILES[step]
        return least + int(mean * (low + (_QUANTILES[step + 1] - low) * (position - step)))

    def _day(self, day: int) -> str:
        text = self._days[day] = date.fromordinal(date(1970, 1, 1).toordinal() + day).isoformat()
        return text


def load_state(file: Path) -> dict[str, Any] | None:
    """Read a state file; None when there is none, for a new shop.

    Raises:
        ConfigurationError: the file is not readable JSON.
    """
    try:
        state = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{file} is not a simulator state ({error}): delete it to open a new shop, or name another."
        ) from error
    if not isinstance(state, dict):
        raise ConfigurationError(f"{file} is not a simulator state: delete it to open a new shop.")
    return state


def save_state(file: Path, state: dict[str, Any]) -> None:
    """Write a state file such that a crash at any moment leaves the old one or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as stream:
        json.dump(state, stream)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)
