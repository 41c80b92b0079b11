"""The life of a shop's orders on a virtual clock: what happens next, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from heapq import heappop, heappush
from random import Random
from typing import Any

from ingestion.contract import SCHEMA_VERSION, EventType
from ingestion.simulation.faults import HOUR_MS, MINUTE_MS, Fault, Message
from ingestion.simulation.shop import CATALOGUE, OPENING_DAY, Customers, Order, day

DAY_MS = 24 * HOUR_MS

EPOCH_MS = OPENING_DAY * DAY_MS
"""Where every shop's virtual clock starts: 2026-01-01."""

PLACED, SHIPPED, DELIVERED, CANCELLED, RETURNED = range(5)

EXPRESS_SHARE = 0.45
DELAYS_MS = {
    # (express, standard)
    SHIPPED: ((20 * MINUTE_MS, 100 * MINUTE_MS), (4 * HOUR_MS, 14 * HOUR_MS)),
    DELIVERED: ((90 * MINUTE_MS, 4 * HOUR_MS), (20 * HOUR_MS, 28 * HOUR_MS)),
    CANCELLED: ((2 * MINUTE_MS, 20 * MINUTE_MS), (10 * MINUTE_MS, 8 * HOUR_MS)),
    RETURNED: ((15 * MINUTE_MS, 3 * HOUR_MS), (2 * DAY_MS, 6 * DAY_MS)),
}
"""Time from the event before to this one: at least, and the mean of the exponential part on top. Express is
the courier's parcel of the same day, the cancellation at once and the refusal at the door."""

CANCELLED_SHARE = 0.06
RETURNED_SHARE = 0.14
NEW_CUSTOMER_SHARE = 0.25
UNIT_PRICE_MISSING_SHARE = 0.005
DISCOUNT_MISSING_SHARE = 0.02
SALE_SHARE = 0.6
"""Orders of a flash sale's hours that are of a product on sale."""


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


class Life:
    """Orders that are placed, shipped, delivered, cancelled and returned as virtual time passes.

    Placements are a nonhomogeneous Poisson process whose rate is constant within an hour and follows the time
    of day, the day of the week and flash sales: unit-rate arrivals are mapped through the inverse of the
    cumulated rate (E. Çinlar, Introduction to Stochastic Processes, 1975; L. Devroye, Non-Uniform Random
    Variate Generation, 1986, chapter VI.1).

    Either `open` or `resume` it before anything happens.

    Args:
        rng: what happens is drawn from it, and from nothing else.
        orders_per_day: how many orders an average day brings.
    """

    def __init__(self, rng: Random, orders_per_day: float) -> None:
        self.customers = Customers()
        self.happened = 0
        """How many events have happened."""
        self.has_successor = False
        """Whether the order of the event that happened last has more to come."""
        self._rng = rng
        self._gap_ms = DAY_MS / orders_per_day
        # What will happen, with the virtual time first.
        self._pending: list[tuple[int, int, int, Order]] = []
        self._next_placement = EPOCH_MS
        self._orders = 0
        self._orphans = 0
        self._known_customers = 0
        self._days: dict[int, str] = {}

    def open(self) -> None:
        """Begin a new shop."""
        self._next_placement = self._arrival_after(EPOCH_MS)

    def resume(self, state: Mapping[str, Any], orders: Mapping[int, Order]) -> None:
        """Go on from what `state` returned, with the open orders by number.

        Raises:
            KeyError, TypeError, ValueError: it is not such a state.
        """
        self.happened = int(state["happened"])
        self._orders = int(state["orders"])
        self._orphans = int(state["orphans"])
        self._known_customers = int(state["customers"])
        self._next_placement = int(state["next_placement_ms"])
        for at, stage, number in state["pending"]:
            heappush(self._pending, (int(at), number, int(stage), orders[number]))

    def state(self) -> dict[str, Any]:
        """Where the life stands, as plain JSON values; orders by their numbers."""
        pending = sorted(self._pending, key=lambda entry: entry[:2])
        return {
            "happened": self.happened,
            "orders": self._orders,
            "orphans": self._orphans,
            "customers": self._known_customers,
            "next_placement_ms": self._next_placement,
            "pending": [[at, stage, order.number] for at, _, stage, order in pending],
        }

    def open_orders(self) -> Iterator[Order]:
        """The orders to which something will happen, in the order in which it will."""
        for *_, order in sorted(self._pending, key=lambda entry: entry[:2]):
            yield order

    @property
    def due(self) -> int:
        """When the next event happens, in milliseconds since 1970."""
        if self._pending:
            return min(self._pending[0][0], self._next_placement)
        return self._next_placement

    def happen(self) -> Message:
        """The next event in the life of the shop."""
        pending = self._pending
        if pending and pending[0][0] <= self._next_placement:
            at, _, stage, order = heappop(pending)
            if stage == RETURNED:
                order.returned = at
        else:
            at, stage = self._next_placement, PLACED
            order = self._place(at)
            self._next_placement = self._arrival_after(at)
        self.has_successor = self._schedule(at, stage, order)
        self.happened += 1
        return Message(order, stage, at, self._render(order, stage, at, self._rng.getrandbits(120)))

    def orphan(self, at: int, rng: Random) -> Message:
        """A status of an order from before the shop opened, whose placement is never sent."""
        random = rng.random
        self._orphans += 1
        product = PRODUCTS[int(random() * len(PRODUCTS))]
        price = CATALOGUE[product].list_price
        order = Order(
            self.customers,
            -self._orphans,
            self._known_customer(random()),
            product,
            price,
            price,
            QUANTITIES[int(random() * len(QUANTITIES))],
            DISCOUNTS[int(random() * len(DISCOUNTS))],
            PAYMENTS[int(random() * len(PAYMENTS))],
            placed=0,
        )
        stage = SHIPPED + int(random() * (RETURNED - SHIPPED + 1))
        message = Message(order, stage, at, self._render(order, stage, at, rng.getrandbits(120)))
        message.faults = (Fault.ORPHAN_STATUS,)
        return message

    def _render(self, order: Order, stage: int, at: int, event_id: int) -> bytes:
        """The body of an event."""
        bits = f"{event_id:030x}"
        day_number, in_day = divmod(at, DAY_MS)
        minutes, millis = divmod(in_day, MINUTE_MS)
        return (
            f'{{"event_id":"{bits[:8]}-{bits[8:12]}-4{bits[12:15]}-8{bits[15:18]}-{bits[18:]}'
            f"{_AFTER_ID[stage]}{self._days.get(day_number) or self._day(day_number)}"
            f"T{minutes // 60:02d}:{minutes % 60:02d}:{millis // 1000:02d}.{millis % 1000:03d}"
            f'Z",{order.fragment}{_AFTER_ORDER[stage]}'
        ).encode()

    def _place(self, at: int) -> Order:
        random = self._rng.random
        if not self._known_customers or random() < NEW_CUSTOMER_SHARE:
            self._known_customers += 1
            customer = self._known_customers
        else:
            customer = self._known_customer(random())
        today = day(at // DAY_MS)
        sale = today.sale
        on_sale = sale is not None and sale.is_on(at // HOUR_MS % 24)
        if sale is not None and on_sale and random() < SALE_SHARE:
            product = sale.products[int(random() * len(sale.products))]
        else:
            product = PRODUCTS[int(random() * len(PRODUCTS))]
        base_price = today.list_prices[product]
        unit_price: int | None = None
        if sale is not None and on_sale and product in sale.products:
            unit_price = (base_price * (100 - sale.percent_off) + 50) // 100
        elif random() >= UNIT_PRICE_MISSING_SHARE:
            unit_price = (base_price * PRICE_FACTORS[int(random() * len(PRICE_FACTORS))] + 50) // 100
        discount: int | None = DISCOUNTS[int(random() * len(DISCOUNTS))]
        if discount == 0 and random() < DISCOUNT_MISSING_SHARE:
            discount = None
        self._orders += 1
        return Order(
            self.customers,
            self._orders,
            customer,
            product,
            base_price,
            unit_price,
            QUANTITIES[int(random() * len(QUANTITIES))],
            discount,
            PAYMENTS[int(random() * len(PAYMENTS))],
            at,
        )

    def _known_customer(self, draw: float) -> int:
        # Squared: the earliest customers are the most faithful ones.
        return 1 + int(draw * draw * self._known_customers)

    def _schedule(self, at: int, stage: int, order: Order) -> bool:
        """Draw what happens next to an order, and when; returns whether anything does."""
        random = self._rng.random
        if stage == PLACED:
            following = CANCELLED if random() < CANCELLED_SHARE else SHIPPED
        elif stage == SHIPPED:
            following = DELIVERED
        elif stage == DELIVERED and random() < RETURNED_SHARE:
            following = RETURNED
        else:
            return False
        least, mean = DELAYS_MS[following][random() >= EXPRESS_SHARE]
        heappush(
            self._pending, (at + least + int(mean * self._exponential()), order.number, following, order)
        )
        return True

    def _arrival_after(self, at: int) -> int:
        """When the next order is placed: at least a millisecond later, so that no two are at once."""
        # In integers: thousandths of a millisecond of an average hour.
        work = int(self._gap_ms * 1000 * self._exponential())
        hour, within = divmod(at, HOUR_MS)
        while True:
            rate = day(hour // 24).hour_rates[hour % 24]
            left = (HOUR_MS - within) * rate
            if work < left:
                return max(hour * HOUR_MS + within + work // rate, at + 1)
            work -= left
            hour, within = hour + 1, 0

    def _exponential(self) -> float:
        """An exponential time of mean 1: the inverse of its distribution, linear between its quantiles."""
        position = self._rng.random() * _STEPS
        step = int(position)
        low = _QUANTILES[step]
        return low + (_QUANTILES[step + 1] - low) * (position - step)

    def _day(self, number: int) -> str:
        text = self._days[number] = date.fromordinal(date(1970, 1, 1).toordinal() + number).isoformat()
        return text
