"""Hostile but legal messages, from a seed: what senders, clocks and networks do to a stream of orders.

`messages` makes what is sent, `arrive` the order in which it lands. What the right answer is, is not known
here: tests.e2e.recount tells.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

from tests.e2e.recount import Message

START = datetime(2026, 2, 26, 22, 0, tzinfo=UTC)
END = START + timedelta(days=4)
"""The latest event time, on a full minute: the latest final minute then ends exactly one allowance before."""

LATER = ("shipped", "delivered", "cancelled", "returned")
STORIES = (
    ((), 4),
    (("shipped",), 2),
    (("shipped", "delivered"), 6),
    (("cancelled",), 3),
    (("shipped", "delivered", "returned"), 4),
    (("shipped", "delivered", "cancelled"), 1),  # cancelled although delivered
    (("cancelled", "returned"), 1),  # returned although cancelled
    (("cancelled", "shipped", "delivered"), 1),  # shipped although cancelled
    (("returned",), 1),
    (("shipped", "shipped", "delivered", "delivered"), 1),
    (("returned", "returned"), 1),
)
"""What may happen to an order after its placement, and how often."""

CITIES = ("Austin", "austin", "Austin ", "San José", 'Winston "Salem"', "O'Fallon", "Back\\slash", None)
STATES = ("TX", "TX", "CA", "NY", "DC", "PR", "AE")
CUSTOMERS = ("C1", "C2", "C3", "c3", "C'4", "C 5", "7", "Ünal", "C9", "C10", "C11", "C12")
CATEGORIES = ("Home", "Garden", "home", None)
BRANDS = ("Dell", "dell", "Unknown", "日本", None)
PRICES = ("0.00", "0.05", "1.05", "19.99", "24.99", "333.33", "999.99", "2450.50")
DISCOUNTS = ("0", "0.01", "5", "5.01", "10", "12.5", "20", "20.01", "33.33", "100", None, None)
ZONES = (timedelta(hours=5, minutes=30), timedelta(hours=-7), timedelta(hours=14), timedelta(0))


class Token(str):
    """JSON that is written as it stands."""

    __slots__ = ()


ABSENT = Token()
"""The field is left out."""

Event = dict[str, Any]

Slot = tuple[int, int, int, str]
"""Micro-batch, partition, offset and hub, by which copies are told apart."""


@dataclass(frozen=True)
class Sent:
    """A body, and, where copies of one event differ, the event they contest and whose turn it is."""

    body: bytes | None
    contest: str | None = None
    turn: int = 0


@dataclass(frozen=True)
class Product:
    """A product, and the list prices it has had, one a day."""

    product_id: str
    name: str | None
    category: str | None
    brand: str | None
    prices: tuple[str | None, ...]


@dataclass
class Adversary:
    """The state of one shop that wishes no good."""

    random: Random
    sent: list[Sent] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def product(self, number: int) -> Product:
        pick = self.random.choice
        first = pick(PRICES)
        prices = [first]
        for _ in range(4):
            prices.append(pick((prices[-1], prices[-1], first, pick(PRICES))))
        return Product(f"P{number:02}", f"Product {number}", pick(CATEGORIES), pick(BRANDS), tuple(prices))

    def moment(self) -> datetime:
        """Some time, often one of a few, so that minutes and even moments are shared."""
        if self.random.random() < 0.5:
            minute = self.random.choice((30, 119, 120, 121, 1500, 1501, 2999, 5600, 5699, 5700, 5701))
            return START + timedelta(minutes=minute, seconds=self.random.choice((0, 0, 30, 59)))
        return START + timedelta(microseconds=self.random.randrange(5_750 * 60_000_000))

    def after(self, moment: datetime) -> datetime:
        """A later time, or the same, or an earlier one by a clock that is wrong; never beyond the end."""
        hours = self.random.choice((0, 0.0001, 1, 7.25, 24, 30, -2, -26))
        return min(max(moment + timedelta(hours=hours), START), END)

    def placement(self, order_id: str, product: Product, moment: datetime) -> Event:
        pick = self.random.choice
        list_price = product.prices[max((moment - START).days, 0)]
        price, discount = pick((list_price, list_price, "18.01", None)), pick(DISCOUNTS)
        quantity = pick((1, 1, 2, 3, 7))
        customer = pick(CUSTOMERS)
        event = {
            "event_id": str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            "event_type": "order_placed",
            "schema_version": 1,
            "occurred_at": moment,
            "order_id": order_id,
            "customer_id": customer,
            "customer_name": pick((f"Ann {customer}", "Zoë O'Hara", 'Tab\t"Quote" \\', None)),
            "customer_email": pick(("ann@example.com", None)),
            "city": pick(CITIES),
            "state": pick(STATES),
            "product_id": product.product_id,
            "product_name": pick((product.name, product.name, product.name, f"New {product.name}", None)),
            "category": product.category,
            "brand": product.brand,
            "base_price": list_price,
            "unit_price": price,
            "quantity": quantity,
            "discount_pct": discount,
            "total_amount": pick(("35.98", "0", "-1.00", list_price, None)),
            "payment_method": pick(("card", "paypal", "cheque", None)),
            "order_status": "placed",
        }
        if price is not None and self.random.random() < 0.1:
            event["base_price"] = None
        if self.random.random() < 0.1:
            event["coupon"] = Token('{"code": "É", "brand": [null, 1e5]}')
        return event

    def later(self, placement: Event, status: str, moment: datetime) -> Event:
        """A later event of the order; what else it says than its status changes nothing."""
        said = {"event_type": f"order_{status}", "order_status": status, "occurred_at": moment}
        said["event_id"] = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        if self.random.random() < 0.3:
            said |= {
                "city": "Elsewhere",
                "state": "WA",
                "unit_price": "1.00",
                "quantity": 9,
                "brand": "Other",
            }
        return placement | said

    def order(self, number: int, products: Sequence[Product]) -> None:
        """Everything that happens to one order."""
        order_id = self.random.choice((f"ORD{number:06}", f"ORD{number:06}", f"ord'{number}", f"Ω{number}"))
        product = self.random.choice(products)
        moment = self.moment()
        placement = self.placement(order_id, product, moment)
        story = self.random.choices([story for story, _ in STORIES], [share for _, share in STORIES])[0]
        chance = self.random.random()
        if chance < 0.1 and story:
            pass  # the placement never comes
        elif chance < 0.2:
            self.send(placement)
            self.send(self.placed_again(placement, products))
        else:
            self.send(placement)
        for status in story:
            moment = self.after(moment)
            self.send(self.later(placement, status, moment))

    def placed_again(self, placement: Event, products: Sequence[Product]) -> Event:
        """A second placement of the order, of something else: later, earlier or at the same moment."""
        moment = self.random.choice((placement["occurred_at"], self.after(placement["occurred_at"])))
        product = self.random.choice(products)
        return self.placement(placement["order_id"], product, min(moment, END))

    def boundary_orders(self, products: Sequence[Product]) -> None:
        """Orders in the minutes around the last final one, and the event that is the latest of all."""
        for seconds in (62 * 60, 61 * 60 + 1, 61 * 60, 61 * 60 - 1, 60 * 60, 59 * 60):
            moment = END - timedelta(seconds=seconds)
            self.send(self.placement(f"ORD-END-{seconds}", products[0], moment))
        self.send(self.placement("ORD-END", products[0], END))

    def lonely_orders(self, products: Sequence[Product]) -> None:
        """Orders alone on their day, of a customer, product, brand and place that nobody else has.

        What comes later takes some of them out of gold again.
        """
        stories = (("cancelled",), ("cancelled",), ("cancelled", "returned"), ("returned",), ("shipped",), ())
        for number, story in enumerate(stories):
            moment = START - timedelta(days=2 + number, hours=self.random.randrange(12))
            own = {
                "customer_id": f"C-LONELY-{number}",
                "product_id": f"P-LONELY-{number}",
                "brand": f"Lonely {number}",
                "category": f"Lonely {number}",
                "city": f"Lonely {number}",
                "state": "HI",
            }
            placement = self.placement(f"ORD-LONELY-{number}", products[0], START) | own
            self.send(placement | {"occurred_at": moment})
            for hours, status in enumerate(story, 30):
                self.send(self.later(placement, status, moment + timedelta(hours=hours)))

    def old_orders(self, products: Sequence[Product]) -> None:
        """Orders of a month before all others, whose events arrive among theirs."""
        for number, (story, _) in enumerate(STORIES):
            moment = START - timedelta(days=31, minutes=self.random.randrange(600))
            placement = self.placement(f"ORD-OLD-{number}", self.random.choice(products), START)
            placement["occurred_at"] = moment
            self.send(placement)
            for status in story:
                moment += timedelta(hours=self.random.choice((1, 7.25, 30)))
                self.send(self.later(placement, status, moment))

    def huge_orders(self, products: Sequence[Product]) -> None:
        """The largest amounts that a price and a quantity can make, by a customer of their own."""
        largest = {"unit_price": "9999999999.99", "quantity": 2**31 - 1, "customer_id": "C-HUGE"}
        for number, discount in enumerate(("0", "33.33", "99.99")):
            event = self.placement(f"ORD-HUGE-{number}", products[1], self.moment())
            self.send(event | largest | {"discount_pct": discount})

    def send(self, event: Event) -> None:
        self.events.append(event)
        self.sent.append(Sent(self.body(event)))

    def copies(self, count: int) -> None:
        """Copies of events: byte for byte, or the same written in another way."""
        for event in self.random.sample(self.events, count):
            self.sent.append(Sent(self.body(event)))

    def contests(self, count: int) -> None:
        """Events of one id that say different things: the one that arrives first is kept."""
        for event in self.random.sample(self.events, count):
            changes: list[Event] = [
                {"quantity": 5},
                {"order_id": self.random.choice(self.events)["order_id"]},
                {"order_id": f"ORD-ONLY-{event['event_id'][:8]}"},
                {"occurred_at": self.moment()},
                {"state": "OH", "brand": "Late"},
                {"event_type": "order_returned", "order_status": "returned"},
            ]
            contest = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
            versions = [event, event | self.random.choice(changes), event | self.random.choice(changes)]
            self.random.shuffle(versions)
            self.sent += [
                Sent(self.body(version | {"event_id": contest}), contest, turn)
                for turn, version in enumerate(versions)
            ]

    def too_late(self) -> None:
        """An event that says two things, of which the one that is not kept would be the latest of all."""
        event = self.events[0] | {"event_id": "too-late", "order_id": "ORD-TOO-LATE"}
        for turn, moment in enumerate((START, END + timedelta(days=1))):
            self.sent.append(Sent(self.body(event | {"occurred_at": moment}), "too-late", turn))

    def poison(self) -> None:
        """Messages that each rule rejects, of orders that exist and under ids that are used."""
        for fields in BROKEN_FIELDS:
            event = self.random.choice(self.events)
            if self.random.random() < 0.5:
                event = event | {"event_id": str(uuid.UUID(int=self.random.getrandbits(128)))}
            self.sent.append(Sent(self.body(event | fields)))
        body = self.body(self.events[0])
        self.sent += [Sent(each) for each in (*BROKEN_BODIES, *_damaged(body))]

    def body(self, event: Event) -> bytes:
        """The event as JSON, its values written in one of the ways that mean the same."""
        members = [(name, self.written(name, value)) for name, value in event.items() if value is not ABSENT]
        if self.random.random() < 0.3:
            self.random.shuffle(members)
        space = self.random.choice((" ", "", "\n"))
        return f"{{{space}{','.join(f'{json.dumps(n)}:{space}{v}' for n, v in members)}}}{space}".encode()

    def written(self, name: str, value: Any) -> str:
        pick = self.random.choice
        if isinstance(value, Token):
            return value
        if isinstance(value, datetime):
            return json.dumps(self.time(value))
        if value is None:
            return pick(("null", '""', '"  "', '"\\t"'))
        if name == "quantity":
            return pick((f"{value}", f'"{value}"', f"{value}.0", f'"{value}.00"', f"{value}e0"))
        if name in ("base_price", "unit_price", "discount_pct", "total_amount"):
            return pick((f'"{value}"', value, f'"{value}"', f'" {value} "', f'"{value}e0"'))
        if name == "customer_id" and value == "7":
            return pick(("7", '"7"'))
        return json.dumps(value, ensure_ascii=self.random.random() < 0.5)

    def time(self, moment: datetime) -> str:
        zone = timezone(self.random.choice(ZONES))
        local = moment.astimezone(zone).isoformat(timespec="microseconds")
        text, offset = local[:26], local[26:]
        if moment.microsecond == 0 and self.random.random() < 0.7:
            text = text[:19]
        else:
            text += self.random.choice(("", "9", "999", "000000000001"))
        if offset == "+00:00":
            offset = self.random.choice(("Z", "Z", "z", "+00:00", "-00:00"))
        return text.replace("T", self.random.choice("TTTt ")) + offset


def _damaged(body: bytes) -> Iterator[bytes]:
    """What networks and senders make of a good body."""
    yield body.rstrip()[:-1]
    yield body + body
    yield body + b"x"
    yield body + b","
    yield b"\xef\xbb\xbf" + body
    yield body.replace(b'"', b"'")
    yield body.decode().encode("utf-16")
    yield body.rstrip()[:-1] + b', "event_id": "again"}'
    yield body.rstrip()[:-1] + b', "note": "\xff\xfe"}'
    yield body.rstrip()[:-1] + b', "note": "\\ud800"}'
    yield body.rstrip()[:-1] + b', "note": NaN}'
    yield body.rstrip()[:-1] + b', "note": "a\tb"}'
    yield body.rstrip()[:-1] + b', "note": 01}'
    yield body.rstrip()[:-1] + b', "note": {"a": 1, "a": 2}}'
    yield body.rstrip()[:-1] + b', "deep": ' + b"[" * 5000 + b"]" * 5000 + b"}"


BROKEN_BODIES: tuple[bytes | None, ...] = (
    None,
    b"",
    b" ",
    b"\xff\xfe{}",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"42",
    b"{}",
)

BROKEN_FIELDS: tuple[Event, ...] = (
    *({name: ABSENT} for name in ("event_id", "order_id", "customer_id", "product_id", "occurred_at")),
    *({name: None} for name in ("event_id", "order_id", "customer_id", "product_id", "occurred_at")),
    {"event_type": "order_lost"},
    {"event_type": "ORDER_PLACED"},
    {"event_type": ABSENT},
    {"event_type": " order_placed"},
    {"schema_version": 2},
    {"schema_version": None},
    {"schema_version": Token("1.5")},
    {"event_type": "order_placed", "order_status": "shipped"},
    {"event_type": "order_placed", "order_status": "Placed"},
    {"occurred_at": Token('"yesterday"')},
    {"occurred_at": Token('"2026-03-01"')},
    {"occurred_at": Token('"2026-03-01T12:00:00Z\\n"')},
    {"occurred_at": Token('"2026-03-01T12:00:00"')},
    {"occurred_at": Token('"2026-02-29T12:00:00Z"')},
    {"occurred_at": Token('"2026-03-01T23:59:60Z"')},
    {"occurred_at": Token("1772366400")},
    {"quantity": Token("2.5")},
    {"quantity": Token('"two"')},
    {"quantity": Token("true")},
    {"quantity": Token("2147483648")},
    {"unit_price": Token('"10.001"')},
    {"unit_price": Token("10000000000")},
    {"unit_price": Token('"NaN"')},
    {"unit_price": Token('"$5"')},
    {"base_price": Token("[1]")},
    {"discount_pct": Token('"5%"')},
    {"discount_pct": Token("1000")},
    {"total_amount": Token('"1,000.00"')},
    {"brand": Token('{"name": "Dell"}')},
    {"state": Token('["TX"]')},
    {"quantity": 0},
    {"quantity": -1},
    {"quantity": None},
    {"quantity": ABSENT},
    {"unit_price": ABSENT, "base_price": ABSENT},
    {"unit_price": None, "base_price": None},
    {"unit_price": "-0.01"},
    {"base_price": "-1"},
    {"discount_pct": "100.01"},
    {"discount_pct": "-0.01"},
    {"state": "ZZ"},
    {"state": "ZZ", "occurred_at": END + timedelta(days=2)},
    {"state": "tx"},
    {"state": None},
    {"state": ABSENT},
    # Two rules at once: the earlier one counts.
    {"order_id": ABSENT, "event_type": "order_lost"},
    {"schema_version": 2, "state": "ZZ"},
    {"quantity": 0, "unit_price": "cheap"},
    {"quantity": 0, "unit_price": "-1"},
    {"discount_pct": "101", "state": "ZZ"},
)


def messages(seed: int, order_count: int = 150) -> list[Sent]:
    """What is sent, in no order that means anything."""
    adversary = Adversary(Random(seed))  # noqa: S311  (nothing secret hangs on it)
    products = [adversary.product(number) for number in range(12)]
    for number in range(order_count):
        adversary.order(number, products)
    adversary.boundary_orders(products)
    adversary.lonely_orders(products)
    adversary.old_orders(products)
    adversary.huge_orders(products)
    adversary.copies(60)
    adversary.contests(15)
    adversary.too_late()
    adversary.poison()
    return adversary.sent


def arrive(sent: Sequence[Sent], seed: int, batch_count: int) -> list[list[Message]]:
    """The messages in an order of arrival made from the seed, by micro-batch.

    They spread over partitions of two hubs, one of which appears only in the last batch. Of a contest, the
    messages arrive in their turns, so that the same one is first in every order of arrival.
    """
    random = Random(seed)  # noqa: S311
    shuffled = random.sample(sent, len(sent))
    next_offset = {("orders", 0): 0, ("orders", 1): 1000, ("orders", 2): 7, ("orders-eu", 0): 3}
    slots: list[Slot] = []
    for number in range(len(shuffled)):
        batch = number * batch_count // len(shuffled)
        if batch == batch_count - 1:
            next_offset.setdefault(("orders", 4), 0)
        hub, partition = random.choice(list(next_offset))
        slots.append((batch, partition, next_offset[hub, partition], hub))
        next_offset[hub, partition] += random.choice((1, 1, 1, 3))
    begin = END + timedelta(hours=seed % 100)
    batches: list[list[Message]] = [[] for _ in range(batch_count)]
    for number, (slot, each) in enumerate(zip(slots, _in_turns(shuffled, slots), strict=True)):
        batch, partition, offset, hub = slot
        enqueued_at = begin + timedelta(seconds=number)
        ingested_at = begin + timedelta(hours=1 + batch)
        batches[batch].append(Message(each.body, hub, partition, offset, enqueued_at, ingested_at, batch))
    return batches


def _in_turns(shuffled: Sequence[Sent], slots: Sequence[Slot]) -> list[Sent]:
    """The messages, those of one contest exchanged so that their slots follow their turns."""
    placed = list(shuffled)
    for contest in {each.contest for each in shuffled} - {None}:
        where = [number for number, each in enumerate(shuffled) if each.contest == contest]
        by_turn = sorted((shuffled[number] for number in where), key=lambda each: each.turn)
        for number, each in zip(sorted(where, key=lambda number: slots[number]), by_turn, strict=True):
            placed[number] = each
    return placed
