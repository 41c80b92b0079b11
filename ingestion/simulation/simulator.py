"""The order simulator: the life of a shop's orders on a virtual clock, deterministic from a seed.

What a message says depends on the seed, the state the simulator starts from and its options, on nothing else:
not on the wall clock, the machine, the hash seed, or how many messages are taken at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from heapq import heappop, heappush
from random import Random
from typing import Any

from ingestion.contract import SCHEMA_VERSION, EventType
from ingestion.errors import ConfigurationError
from ingestion.settings import DEFAULT_ORDERS_PER_DAY
from ingestion.simulation.faults import HOUR_MS, MINUTE_MS, Fault, Injector, Message, Rates
from ingestion.simulation.shop import CATALOGUE, OPENING_DAY, Customers, Order, day

STATE_VERSION = 2

SECOND_MS = 1000
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


class Simulator:
    """A shop whose orders are placed, shipped, delivered, cancelled and returned as virtual time passes.

    Placements are a nonhomogeneous Poisson process whose rate is constant within an hour and follows the time
    of day, the day of the week and flash sales: unit-rate arrivals are mapped through the inverse of the
    cumulated rate (E. Çinlar, Introduction to Stochastic Processes, 1975; L. Devroye, Non-Uniform Random
    Variate Generation, 1986, chapter VI.1).

    Args:
        seed: any integer. A shop that is resumed with the seed it was left with goes on as if it had never
            stopped; with another seed it keeps its ids, customers, clock and open orders, and draws anew.
        state: what `state()` of an earlier simulator returned; a new shop without it.
        faults: probability of each kind of fault. They do not change what happens in the shop, only what is
            sent of it, and when.
        orders_per_day: how many orders an average day brings.

    Raises:
        ConfigurationError: `state` is not such a state.
    """

    def __init__(
        self,
        seed: int,
        state: dict[str, Any] | None = None,
        faults: Rates | None = None,
        orders_per_day: float = DEFAULT_ORDERS_PER_DAY,
    ) -> None:
        self._seed = seed
        self._gap_ms = DAY_MS / orders_per_day
        self._customers = Customers()
        # What will happen, and messages that wait to be sent; both with the virtual time first.
        self._pending: list[tuple[int, int, int, Order]] = []
        self._outbox: list[tuple[int, int, Message]] = []
        self._overtaken: dict[int, Message] = {}
        self._orders = 0
        self._orphans = 0
        self._known_customers = 0
        self._happened = 0
        self._messages = 0
        self._queued = 0
        self._given_back = 0
        self._days: dict[int, str] = {}
        self._has_successor = False  # the event that happened last
        self._rng = Random(seed)  # noqa: S311 - a repeatable shop, not a secret
        self._fault_rng = Random(f"faults of {seed}")  # noqa: S311
        if state is None:
            self._now = EPOCH_MS
            self._next_placement = self._arrival_after(EPOCH_MS)
        else:
            self._resume(state)
        self._injector = Injector(faults, self._fault_rng) if faults else None

    @property
    def events(self) -> int:
        """How many messages the shop has made since it opened, copies included."""
        return self._messages

    @property
    def now(self) -> datetime:
        """The virtual clock: up to when everything has happened and been sent."""
        return datetime.fromtimestamp(self._now / 1000, tz=UTC)

    @property
    def _sends_at_once(self) -> bool:
        """Whether each event is one message, sent as it happens."""
        return self._injector is None and not self._outbox and not self._overtaken

    def take(self, count: int) -> list[bytes]:
        """The bodies of the next `count` messages."""
        return [message.body for message in self.messages(count)]

    def messages(self, count: int, until: datetime | None = None) -> list[Message]:
        """The next messages in the order they are sent.

        Without faults that is the order in which their events occur.

        Args:
            count: how many at most.
            until: virtual time; what is to be sent then or later stays. With fewer than `count` messages the
                clock has reached it.
        """
        made: list[Message] = []
        end = None if until is None else int(until.timestamp() * 1000)
        if self._sends_at_once and end is None:
            for _ in range(count):
                made.append(self._happen())
            self._messages += count
            return made
        while len(made) < count:
            message = self._next(end)
            if message is None:
                break
            made.append(message)
        self._messages += len(made)
        return made

    def give_back(self, messages: Sequence[Message]) -> None:
        """Take back the last messages that were made, in their order: they are the next to be made again."""
        self._messages -= len(messages)
        for message in reversed(messages):
            self._given_back += 1
            heappush(self._outbox, (self._now, -self._given_back, message))

    def state(self) -> dict[str, Any]:
        """Where the shop stands, as plain JSON values; a simulator made from it continues from here."""
        pending = sorted(self._pending, key=lambda entry: entry[:2])
        outbox = sorted(self._outbox, key=lambda entry: entry[:2])
        overtaken = list(self._overtaken.values())
        orders = {order.number: order for *_, order in pending}
        orders |= {message.order.number: message.order for *_, message in outbox}
        return {
            "version": STATE_VERSION,
            "seed": self._seed,
            "events": self._messages,
            "happened": self._happened,
            "orders": self._orders,
            "orphans": self._orphans,
            "customers": self._known_customers,
            "now_ms": self._now,
            "next_placement_ms": self._next_placement,
            "rng": list(self._rng.getstate()[1]),
            "fault_rng": list(self._fault_rng.getstate()[1]),
            "open_orders": [order.state() for order in orders.values()],
            "pending": [[at, stage, order.number] for at, _, stage, order in pending],
            "outbox": [[at, message.state()] for at, _, message in outbox],
            "overtaken": [message.state() for message in overtaken],
        }

    def _resume(self, state: dict[str, Any]) -> None:
        try:
            if state["version"] != STATE_VERSION:
                raise ValueError(f"version {state['version']!r}, not {STATE_VERSION}")
            self._messages = int(state["events"])
            self._happened = int(state["happened"])
            self._orders = int(state["orders"])
            self._orphans = int(state["orphans"])
            self._known_customers = int(state["customers"])
            self._now = int(state["now_ms"])
            self._next_placement = int(state["next_placement_ms"])
            orders = {values[0]: Order(self._customers, *values) for values in state["open_orders"]}
            for at, stage, number in state["pending"]:
                heappush(self._pending, (int(at), number, int(stage), orders[number]))
            for at, values in state["outbox"]:
                self._queue(int(at), Message.from_state(values, orders))
            for values in state["overtaken"]:
                message = Message.from_state(values, orders)
                self._overtaken[message.order.number] = message
            if state["seed"] == self._seed:
                self._rng.setstate((3, tuple(state["rng"]), None))
                self._fault_rng.setstate((3, tuple(state["fault_rng"]), None))
            else:
                # The position is part of the new seed: going back to an earlier seed must not draw the
                # earlier event ids again.
                self._rng.seed(f"{self._seed} after {self._happened}")
                self._fault_rng.seed(f"faults of {self._seed} after {self._happened}")
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ConfigurationError(f"not a simulator state: {error!r}") from error

    def _next(self, end: int | None) -> Message | None:
        """The next message; None when there is none before `end`, which the clock then shows."""
        outbox, pending = self._outbox, self._pending
        while True:
            due = self._next_placement
            if pending and pending[0][0] < due:
                due = pending[0][0]
            from_outbox = bool(outbox) and outbox[0][0] <= due
            if from_outbox:
                due = outbox[0][0]
            if end is not None and due >= end:
                self._now = max(self._now, end)
                return None
            if from_outbox:
                self._now = due
                return self._sent(heappop(outbox)[2])
            message = self._happen()
            overtaken = self._overtaken.pop(message.order.number, None)
            if overtaken:
                message.releases = overtaken
                message.faults += (Fault.OUT_OF_ORDER,)
            if self._injector is None or not self._afflicted(self._injector, message):
                return self._sent(message)

    def _afflicted(self, injector: Injector, message: Message) -> bool:
        """Let faults befall an event that just happened; returns whether its message is held back."""
        order, at = message.order, message.occurred
        injector.afflict(message)
        if injector.adds_orphan():
            orphan = self._orphan(at)
            injector.afflict(orphan)
            self._queue(orphan.due, orphan)
        if self._has_successor and injector.overtakes():
            self._overtaken[order.number] = message
        elif message.due > at:
            self._queue(message.due, message)
        else:
            return False
        return True

    def _sent(self, message: Message) -> Message:
        """See to what follows from a message that leaves now: a copy of it, the one it overtook."""
        if message.copy_after is not None:
            self._queue(self._now + message.copy_after, message.copy())
            message.copy_after = None  # It may be given back, and sent again.
        if message.releases:
            self._queue(max(self._now, message.releases.due), message.releases)
            message.releases = None
        return message

    def _queue(self, at: int, message: Message) -> None:
        self._queued += 1
        heappush(self._outbox, (at, self._queued, message))

    def _happen(self) -> Message:
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
        self._has_successor = self._schedule(at, stage, order)
        self._now = at
        self._happened += 1
        return Message(order, stage, at, self._render(order, stage, at, self._rng.getrandbits(120)))

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
            self._customers,
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

    def _orphan(self, at: int) -> Message:
        """A status of an order from before the shop opened, whose placement is never sent."""
        random = self._fault_rng.random
        self._orphans += 1
        product = PRODUCTS[int(random() * len(PRODUCTS))]
        price = CATALOGUE[product].list_price
        order = Order(
            self._customers,
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
        message = Message(order, stage, at, self._render(order, stage, at, self._fault_rng.getrandbits(120)))
        message.faults = (Fault.ORPHAN_STATUS,)
        return message

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
