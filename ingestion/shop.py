"""The simulated shop's standing data: its catalogue, its cities and its customers."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

CUSTOMER_BASE = 1000
"""Customers are numbered from C1001."""

NAME_POOL_SIZE = 400
NAME_POOL_SEED = 20260101


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

_EMAIL_DOMAINS = ("example.com", "example.net", "example.org")  # RFC 2606: nobody's mailbox


def product_fragment(product: Product) -> str:
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

    def _render(self, number: int) -> str:
        bits = _scatter(number)
        first = self._first_names[bits % NAME_POOL_SIZE]
        last = self._last_names[(bits >> 16) % NAME_POOL_SIZE]
        city, state = CITIES[(bits >> 32) % len(CITIES)]
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
