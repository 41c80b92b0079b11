"""The simulated shop's standing data: catalogue, prices, flash sales, business hours, cities, customers.

All of it is the same in every run and for every seed: what changes with time is a function of the day.
"""

from __future__ import annotations

import json
import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from ingestion.contract import PaymentMethod

HOURS_OF_DAY = 24

CUSTOMER_BASE = 1000
"""Customers are numbered from C1001."""

NAME_POOL_SIZE = 400
NAME_POOL_SEED = 20260101


OPENING_DAY = date(2026, 1, 1).toordinal() - date(1970, 1, 1).toordinal()
"""The day the shop opens, in days since 1970-01-01."""


class Product(NamedTuple):
    """One product of the catalogue; the list price is in cents, popularity in parts of 100."""

    product_id: str
    name: str
    category: str
    brand: str
    list_price: int
    popularity: int


CATALOGUE = (
    Product("P001", "Laptop", "Electronics", "Dell", 899_99, 12),
    Product("P002", "Smartphone", "Electronics", "Samsung", 699_00, 15),
    Product("P003", "Headphones", "Electronics", "Sony", 149_95, 14),
    Product("P004", "Tablet", "Electronics", "Apple", 499_00, 10),
    Product("P005", "Running Shoes", "Footwear", "Nike", 119_99, 13),
    Product("P006", "Sneakers", "Footwear", "Adidas", 89_99, 10),
    Product("P007", "Coffee Maker", "Home", "Keurig", 79_50, 9),
    Product("P008", "Vacuum Cleaner", "Home", "Dyson", 399_99, 5),
    Product("P009", "Backpack", "Accessories", "Osprey", 65_00, 7),
    Product("P010", "Rain Jacket", "Clothing", "Patagonia", 179_00, 5),
)

CITIES = (
    ("New York", "NY"),
    ("New York", "NY"),
    ("New York", "NY"),
    ("Los Angeles", "CA"),
    ("Los Angeles", "CA"),
    ("Chicago", "IL"),
    ("Chicago", "IL"),
    ("Houston", "TX"),
    ("Houston", "TX"),
    ("Phoenix", "AZ"),
    ("Philadelphia", "PA"),
    ("San Antonio", "TX"),
    ("San Diego", "CA"),
    ("Dallas", "TX"),
    ("Austin", "TX"),
    ("Jacksonville", "FL"),
    ("San Jose", "CA"),
    ("Columbus", "OH"),
    ("Charlotte", "NC"),
    ("Indianapolis", "IN"),
    ("San Francisco", "CA"),
    ("Seattle", "WA"),
    ("Denver", "CO"),
    ("Washington", "DC"),
    ("Boston", "MA"),
    ("Nashville", "TN"),
    ("Detroit", "MI"),
    ("Oklahoma City", "OK"),
    ("Portland", "OR"),
    ("Portland", "ME"),
    ("Las Vegas", "NV"),
    ("Memphis", "TN"),
    ("Louisville", "KY"),
    ("Baltimore", "MD"),
    ("Milwaukee", "WI"),
    ("Albuquerque", "NM"),
    ("Atlanta", "GA"),
    ("Miami", "FL"),
    ("Minneapolis", "MN"),
    ("New Orleans", "LA"),
    ("Kansas City", "MO"),
    ("Kansas City", "KS"),
    ("Salt Lake City", "UT"),
    ("Honolulu", "HI"),
    ("Anchorage", "AK"),
    ("Boise", "ID"),
    ("Burlington", "VT"),
    ("Charleston", "SC"),
    ("Charleston", "WV"),
    ("Omaha", "NE"),
)
"""Real U.S. cities with their states; a city that is listed more often has more customers."""

STATES = tuple(sorted({state for _, state in CITIES}))

HOUR_WEIGHTS = (
    *(150, 160, 150, 125, 95, 70, 45, 30, 22, 20, 22, 32),
    *(52, 80, 105, 120, 130, 135, 135, 130, 130, 130, 135, 145),
)
"""How busy each hour of the day is (UTC): Americans shop from their morning on and most in the evening."""

WEEKDAY_WEIGHTS = (110, 102, 98, 96, 94, 92, 108)
"""How busy each day of the week is, Monday first."""

PRICE_CHANGES = (1000, 950, 1030, 900, 1050, 980, 1080, 925)
"""List prices of one product after another, in thousandths of the catalogue's."""

PRICE_PERIOD_DAYS = (7, 12)
"""A list price stands for 7 to 12 days; each product has its own rhythm."""

SALE_EVERY_DAYS = 4
SALE_FIRST_HOURS = (17, 23)
SALE_HOURS = 2
SALE_PRODUCTS = 3
SALE_PERCENT_OFF = (15, 20, 25, 30)
SALE_RUSH = 4
"""A flash sale comes every fourth day on average, begins between 17:00 and 23:00 UTC, lasts two hours, and
brings four times the orders of these hours."""

_EMAIL_DOMAINS = ("example.com", "example.net", "example.org")  # RFC 2606: nobody's mailbox


class FlashSale(NamedTuple):
    """Some products at a lower price for some hours of one day (UTC)."""

    first_hour: int
    products: tuple[int, ...]
    percent_off: int

    def is_on(self, hour: int) -> bool:
        """Whether it goes on in that hour of the day."""
        return self.first_hour <= hour < self.first_hour + SALE_HOURS


class Day(NamedTuple):
    """What one day is like: how busy its hours are, list prices in cents by product, and a sale if any."""

    hour_rates: tuple[int, ...]
    list_prices: tuple[int, ...]
    sale: FlashSale | None


@lru_cache(maxsize=64)
def day(number: int) -> Day:
    """The day so many days after 1970-01-01.

    The rate of an hour is how many times as many orders it brings as an hour does on average, in
    thousandths; flash sales come on top of that average.
    """
    sale = _sale(number)
    weekday = (number + 3) % 7  # 1970-01-01 was a Thursday.
    total = sum(HOUR_WEIGHTS) * sum(WEEKDAY_WEIGHTS)
    rates = [weight * WEEKDAY_WEIGHTS[weekday] * 1000 * HOURS_OF_DAY * 7 // total for weight in HOUR_WEIGHTS]
    if sale:
        for hour in range(sale.first_hour, min(sale.first_hour + SALE_HOURS, HOURS_OF_DAY)):
            rates[hour] *= SALE_RUSH
    prices = tuple(_list_price(product, number) for product in range(len(CATALOGUE)))
    return Day(tuple(rates), prices, sale)


def _sale(number: int) -> FlashSale | None:
    bits = _scatter(number)
    if bits % SALE_EVERY_DAYS:
        return None
    first, last = SALE_FIRST_HOURS
    start = (bits >> 32) % len(CATALOGUE)
    return FlashSale(
        first + (bits >> 8) % (last - first),
        tuple((start + 3 * step) % len(CATALOGUE) for step in range(SALE_PRODUCTS)),
        SALE_PERCENT_OFF[(bits >> 16) % len(SALE_PERCENT_OFF)],
    )


def _list_price(product: int, number: int) -> int:
    """The list price of a product on a day: the catalogue's until its first change."""
    shortest, longest = PRICE_PERIOD_DAYS
    bits = _scatter(-1 - product & 0xFFFF)
    period = shortest + bits % (longest - shortest + 1)
    # Days since the shop opened, shifted so that some product changes its price on any day.
    change = max(number - OPENING_DAY + (bits >> 16) % period, 0) // period
    step = change and 1 + (change - 1 + (bits >> 32)) % (len(PRICE_CHANGES) - 1)
    return (CATALOGUE[product].list_price * PRICE_CHANGES[step] + 500) // 1000


def _product_fragment(product: Product) -> str:
    """The product's own fields as the inside of a JSON object."""
    return _inside(
        {
            "product_id": product.product_id,
            "product_name": product.name,
            "category": product.category,
            "brand": product.brand,
        }
    )


class Customers:
    """The shop's customers, numbered from 1. A number is the same person in every run and for every seed.

    Names come from pools that Faker fills once: a Faker call per customer would cost more than all the
    rest of an event.
    """

    def __init__(self) -> None:
        # Deferred: loading Faker takes longer than most commands of this package.
        from faker import Faker

        faker = Faker("en_US")
        faker.seed_instance(NAME_POOL_SEED)
        self._first_names = [faker.first_name() for _ in range(NAME_POOL_SIZE)]
        self._last_names = [faker.last_name() for _ in range(NAME_POOL_SIZE)]
        self._fragments: dict[int, str] = {}

    def fragment(self, number: int) -> str:
        """The customer's fields, city and state included, as the inside of a JSON object."""
        fragment = self._fragments.get(number)
        if fragment is None:
            fragment = self._fragments[number] = self._render(number)
        return fragment

    @staticmethod
    @lru_cache(maxsize=100_000)
    def place(number: int) -> tuple[str, str]:
        """City and state where the customer lives."""
        return CITIES[(_scatter(number) >> 32) % len(CITIES)]

    def _render(self, number: int) -> str:
        bits = _scatter(number)
        first = self._first_names[bits % NAME_POOL_SIZE]
        last = self._last_names[(bits >> 16) % NAME_POOL_SIZE]
        city, state = self.place(number)
        mailbox = re.sub(r"[^a-z.]", "", f"{first}.{last}".lower())
        return _inside(
            {
                "customer_id": f"C{CUSTOMER_BASE + number}",
                "customer_name": f"{first} {last}",
                "customer_email": f"{mailbox}{number}@{_EMAIL_DOMAINS[number % len(_EMAIL_DOMAINS)]}",
                "city": city,
                "state": state,
            }
        )


def _scatter(number: int) -> int:
    """Spread consecutive numbers over 64 bits (the finaliser of SplitMix64), alike on every machine."""
    mask = (1 << 64) - 1
    bits = number * 0x9E3779B97F4A7C15 & mask
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 & mask
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB & mask
    return bits ^ bits >> 31


def _inside(fields: dict[str, str]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))[1:-1]


_PRODUCT_FRAGMENTS = [_product_fragment(product) for product in CATALOGUE]
PAYMENT_NAMES = [method.value for method in PaymentMethod]


class Order:
    """One order: what was bought, by whom and for how much, in cents and hundredths of a per cent.

    Attributes:
        number: counted from 1; below 0 for an order from before the shop opened.
        total: what the customer pays, in cents.
        placed: virtual time of the placement, in milliseconds since 1970.
        returned: virtual time of the return; 0 before there is one.
        received: the stages whose events were accepted, one bit each.
        fragment: what every event of the order says, as the inside of a JSON object.
    """

    __slots__ = (
        "base_price",
        "customer",
        "discount",
        "fragment",
        "number",
        "payment",
        "placed",
        "product",
        "quantity",
        "received",
        "returned",
        "total",
        "unit_price",
    )

    def __init__(
        self,
        customers: Customers,
        number: int,
        customer: int,
        product: int,
        base_price: int,
        unit_price: int | None,
        quantity: int,
        discount: int | None,
        payment: int,
        placed: int,
        returned: int = 0,
        received: int = 0,
    ) -> None:
        self.number = number
        self.customer = customer
        self.product = product
        self.base_price = base_price
        self.unit_price = unit_price
        self.quantity = quantity
        self.discount = discount
        self.payment = payment
        self.placed = placed
        self.returned = returned
        self.received = received
        gross = (base_price if unit_price is None else unit_price) * quantity
        # Half up, as the business rule says.
        self.total = gross - (gross * (discount or 0) + 5000) // 10_000
        unit_part = "" if unit_price is None else f'"unit_price":"{cents(unit_price)}",'
        discount_part = "" if discount is None else f'"discount_pct":"{cents(discount)}",'
        order_id = f"ORD{number:06d}" if number > 0 else f"OLD{-number:06d}"
        self.fragment = (
            f'"order_id":"{order_id}",{customers.fragment(customer)},{_PRODUCT_FRAGMENTS[product]},'
            f'"base_price":"{cents(base_price)}",{unit_part}"quantity":{quantity},{discount_part}'
            f'"total_amount":"{cents(self.total)}","payment_method":"{PAYMENT_NAMES[payment]}"'
        )

    def state(self) -> list[int | None]:
        """As plain JSON values: the arguments to make it again."""
        return [
            self.number,
            self.customer,
            self.product,
            self.base_price,
            self.unit_price,
            self.quantity,
            self.discount,
            self.payment,
            self.placed,
            self.returned,
            self.received,
        ]


def cents(amount: int) -> str:
    """An amount in cents as the decimal number of dollars."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d}"
