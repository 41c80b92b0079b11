from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from math import exp
from pathlib import Path
from typing import Any

import pytest

from emulators.settings import REPOSITORY
from ingestion.contract import OrderStatus, columns, parse
from ingestion.errors import ConfigurationError
from ingestion.simulation.shop import CATALOGUE, CITIES, HOUR_WEIGHTS, OPENING_DAY, WEEKDAY_WEIGHTS, day
from ingestion.simulation.simulator import Simulator
from ingestion.simulation.state_file import load_state, save_state

GOLDEN_SEED_42 = "18ac2c7c11c6af5c2990ed8599d7af2bed00aee73ef1a60f2e1ef5ecb8a83031"
"""Digest of the first 5,000 events of seed 42: changes only when what it says does."""

FOLLOWS = {
    "placed": {"shipped", "cancelled"},
    "shipped": {"delivered"},
    "delivered": {"returned"},
    "cancelled": set(),
    "returned": set(),
}


@pytest.fixture(scope="module")
def bodies() -> list[bytes]:
    return Simulator(42).take(5000)


@pytest.fixture(scope="module")
def events(bodies: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(body) for body in bodies]


def digest(bodies: list[bytes]) -> str:
    return hashlib.sha256(b"\n".join(bodies)).hexdigest()


def test_a_seed_always_gives_the_same_bytes(bodies: list[bytes]) -> None:
    assert digest(bodies) == GOLDEN_SEED_42
    assert digest(Simulator(43).take(5000)) != GOLDEN_SEED_42


@pytest.mark.parametrize(
    "surroundings",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "2", "TZ": "America/Los_Angeles", "LC_ALL": "C.UTF-8"},
    ],
)
def test_surroundings_change_nothing(surroundings: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "orders.jsonl"
    command = [
        sys.executable,
        "-m",
        "ingestion",
        "simulate",
        "--events",
        "5000",
        "--seed",
        "42",
        "--out",
        str(out),
    ]
    subprocess.run(command, cwd=REPOSITORY, env=os.environ | surroundings, check=True, capture_output=True)
    assert digest(out.read_bytes().splitlines()) == GOLDEN_SEED_42


def test_resumed_runs_give_the_bytes_of_one_run(bodies: list[bytes], tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    pieces: list[bytes] = []
    for count in (1, 0, 299, 2700, 2000):
        simulator = Simulator(42, load_state(file))
        pieces += simulator.take(count)
        save_state(file, simulator.state())
    assert pieces == bodies


def test_another_seed_goes_on_with_ids_clock_and_open_orders(events: list[dict[str, Any]]) -> None:
    first = Simulator(42)
    first.take(5000)
    later = [json.loads(body) for body in Simulator(7, first.state()).take(3000)]
    assert later[0]["occurred_at"] >= events[-1]["occurred_at"]
    placed = [event["order_id"] for event in events + later if event["event_type"] == "order_placed"]
    assert placed == [f"ORD{number:06d}" for number in range(1, len(placed) + 1)]
    orders_of_first_run = {event["order_id"] for event in events}
    assert any(event["order_id"] in orders_of_first_run for event in later)
    customers = {event["customer_id"]: event["customer_email"] for event in events}
    assert any(event["customer_id"] in customers for event in later)
    for event in later:
        assert customers.get(event["customer_id"], event["customer_email"]) == event["customer_email"]


def test_going_back_to_an_earlier_seed_repeats_no_event_id(events: list[dict[str, Any]]) -> None:
    ids = {event["event_id"] for event in events}
    state: dict[str, Any] | None = None
    total = 0
    seen: set[str] = set()
    for seed in (1, 2, 1, 2, 1):
        simulator = Simulator(seed, state)
        seen |= {json.loads(body)["event_id"] for body in simulator.take(500)}
        state = simulator.state()
        total += 500
    assert len(ids) == len(events)
    assert len(seen) == total
    assert not ids & seen


def test_every_event_keeps_the_contract(bodies: list[bytes]) -> None:
    order = [column.name for column in columns()]
    for body in bodies:
        event = parse(body)
        price = event.base_price if event.unit_price is None else event.unit_price
        assert event.quantity is not None
        gross = price * event.quantity
        discount = gross * (event.discount_pct or Decimal(0)) / 100
        assert event.total_amount == gross - discount.quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert not event.model_extra
        names = list(json.loads(body))
        assert names == [name for name in order if name in names]


def test_events_come_in_the_order_they_occur(events: list[dict[str, Any]]) -> None:
    times = [event["occurred_at"] for event in events]
    assert times == sorted(times)
    assert times[0] >= "2026-01-01T00:00:00.000Z"


def test_orders_live_as_orders_do(events: list[dict[str, Any]]) -> None:
    lives: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        lives[event["order_id"]].append(event)
    own = {"event_id", "event_type", "occurred_at", "order_status"}
    for life in lives.values():
        assert life[0]["order_status"] == "placed"
        for before, after in pairwise(life):
            assert after["order_status"] in FOLLOWS[before["order_status"]]
            assert after["occurred_at"] > before["occurred_at"]
            assert {key: after[key] for key in after.keys() - own} == {
                key: before[key] for key in before.keys() - own
            }
    assert {event["order_status"] for event in events} == {status.value for status in OrderStatus}


def test_customers_come_back_some_more_than_others(events: list[dict[str, Any]]) -> None:
    placed = [event for event in events if event["event_type"] == "order_placed"]
    orders = Counter(event["customer_id"] for event in placed)
    assert len(orders) < len(placed) / 2
    tenth = len(orders) // 10
    assert sum(count for _, count in orders.most_common(tenth)) > 0.25 * len(placed)
    emails = {event["customer_id"]: event["customer_email"] for event in placed}
    assert len(set(emails.values())) == len(emails)


def test_prices_and_discounts_are_missing_now_and_then(events: list[dict[str, Any]]) -> None:
    assert 0 < sum("unit_price" not in event for event in events) < 0.03 * len(events)
    assert 0 < sum("discount_pct" not in event for event in events) < 0.05 * len(events)
    assert len({event["product_id"] for event in events}) == 10


def placements(bodies: list[bytes]) -> list[tuple[datetime, dict[str, Any]]]:
    """The placements with their time."""
    events = map(json.loads, bodies)
    return [
        (datetime.fromisoformat(event["occurred_at"]), event)
        for event in events
        if event["event_type"] == "order_placed"
    ]


@pytest.fixture(scope="module")
def busy() -> list[tuple[datetime, dict[str, Any]]]:
    """Eight weeks of a busier shop."""
    simulator = Simulator(11, orders_per_day=200)
    messages = simulator.messages(10**9, datetime(2026, 2, 26, tzinfo=UTC))
    return placements([message.body for message in messages])


def day_number(moment: datetime) -> int:
    """The day's number, as the calendar counts it."""
    return moment.toordinal() - datetime(1970, 1, 1).toordinal()


def test_orders_arrive_as_often_as_asked(busy: list[tuple[datetime, dict[str, Any]]]) -> None:
    calm = [moment for moment, _ in busy if day(day_number(moment)).sale is None]
    days = {moment.date() for moment in calm}
    assert len(calm) / len(days) == pytest.approx(200, rel=0.03)


def test_hours_and_weekdays_have_their_own_rates(busy: list[tuple[datetime, dict[str, Any]]]) -> None:
    calm = [moment for moment, _ in busy if day(day_number(moment)).sale is None]
    days = Counter(moment.weekday() for moment in {moment.date() for moment in calm})
    hours = Counter(moment.hour for moment in calm)
    weekdays = Counter(moment.weekday() for moment in calm)
    total = sum(HOUR_WEIGHTS)
    for hour, weight in enumerate(HOUR_WEIGHTS):
        expected = len(calm) * weight / total
        assert abs(hours[hour] - expected) < 5 * expected**0.5
    for weekday, weight in enumerate(WEEKDAY_WEIGHTS):
        expected = 200 * days[weekday] * weight * 7 / sum(WEEKDAY_WEIGHTS)
        assert abs(weekdays[weekday] - expected) < 5 * expected**0.5
    assert hours[1] > 5 * hours[9]


def test_arrivals_are_a_poisson_process(busy: list[tuple[datetime, dict[str, Any]]]) -> None:
    """In time that runs as fast as orders arrive, gaps are exponential: their mean is their deviation."""
    times = [_operational(moment) for moment, _ in busy]
    gaps = sorted(after - before for before, after in pairwise(times))
    mean = sum(gaps) / len(gaps)
    assert mean == pytest.approx(24 / 200, rel=0.03)
    # Kolmogorov's distance to the exponential distribution; its 0.1 % quantile is 1.95 / sqrt(n).
    distance = max(
        abs((rank + 0.5) / len(gaps) - (1 - exp(-gap * 200 / 24))) for rank, gap in enumerate(gaps)
    )
    assert distance < 1.95 / len(gaps) ** 0.5


def _operational(moment: datetime) -> float:
    """Hours of average business since the opening."""
    number = day_number(moment)
    before = sum(sum(day(each).hour_rates) for each in range(OPENING_DAY, number))
    rates = day(number).hour_rates
    within = moment.minute / 60 + moment.second / 3600 + moment.microsecond / 3.6e9
    return (before + sum(rates[: moment.hour]) + rates[moment.hour] * within) / 1000


def test_flash_sales_bring_orders_at_lower_prices(busy: list[tuple[datetime, dict[str, Any]]]) -> None:
    sales = Counter[bool]()
    for moment, event in busy:
        sale = day(day_number(moment)).sale
        on_sale = sale is not None and sale.is_on(moment.hour)
        if sale is None or not on_sale:
            continue
        index = [product.product_id for product in CATALOGUE].index(event["product_id"])
        is_reduced = index in sale.products
        sales[is_reduced] += 1
        if is_reduced:
            charged = Decimal(event["base_price"]) * (100 - sale.percent_off) / 100
            assert Decimal(event["unit_price"]) == charged.quantize(Decimal("0.01"), ROUND_HALF_UP)
    hours = 2 * sum(day(OPENING_DAY + number).sale is not None for number in range(56))
    assert hours >= 10
    assert sales[True] > sales[False] > 0
    assert sales.total() / hours > 2.5 * len(busy) / (56 * 24)


def test_list_prices_change_in_intervals(busy: list[tuple[datetime, dict[str, Any]]]) -> None:
    history: dict[str, list[str]] = defaultdict(list)
    for _, event in busy:
        prices = history[event["product_id"]]
        if not prices or prices[-1] != event["base_price"]:
            prices.append(event["base_price"])
    assert len(history) == len(CATALOGUE)
    assert all(4 <= len(prices) <= 9 for prices in history.values())
    assert all(
        max(map(Decimal, prices)) < min(map(Decimal, prices)) * Decimal("1.25") for prices in history.values()
    )


def test_some_orders_take_hours_and_some_take_weeks(events: list[dict[str, Any]]) -> None:
    times: dict[str, dict[str, datetime]] = defaultdict(dict)
    for event in events:
        times[event["order_id"]][event["order_status"]] = datetime.fromisoformat(event["occurred_at"])
    to_delivery = [life["delivered"] - life["placed"] for life in times.values() if "delivered" in life]
    to_return = [life["returned"] - life["delivered"] for life in times.values() if "returned" in life]
    assert min(to_delivery) < timedelta(hours=6)
    assert sum(delay > timedelta(days=2) for delay in to_delivery) > 0.2 * len(to_delivery)
    assert min(to_return) < timedelta(hours=6)
    assert max(to_return) > timedelta(days=10)


@pytest.mark.parametrize("seed", [42, 1, 2, 3])
def test_a_short_demo_shows_every_status(seed: int) -> None:
    statuses = {json.loads(body)["order_status"] for body in Simulator(seed).take(300)}
    assert statuses == {status.value for status in OrderStatus}


def test_days_end_when_the_clock_says_so() -> None:
    simulator = Simulator(42)
    end = datetime(2026, 1, 8, tzinfo=UTC)
    week = simulator.messages(10**9, end)
    assert simulator.now == end
    assert simulator.messages(10, end) == []
    later = simulator.take(100)
    assert [message.body for message in week] + later == Simulator(42).take(len(week) + 100)
    assert json.loads(later[0])["occurred_at"] >= "2026-01-08"


def test_cities_are_in_states_that_the_seed_knows() -> None:
    with (REPOSITORY / "seeds" / "us_states.csv").open() as stream:
        known = {row["state"] for row in csv.DictReader(stream)}
    assert {state for _, state in CITIES} <= known


def test_a_file_that_is_no_state_is_named(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    assert load_state(file) is None
    for text in ("{", "[]"):
        file.write_text(text)
        with pytest.raises(ConfigurationError, match=r"state\.json"):
            load_state(file)
    file.write_text('{"version": 1}')
    with pytest.raises(ConfigurationError, match=r"state\.json was kept by another version .* delete it"):
        load_state(file)
    with pytest.raises(ConfigurationError, match="version"):
        Simulator(1, {"version": 99})
    with pytest.raises(ConfigurationError, match="not a simulator state"):
        Simulator(1, Simulator(1).state() | {"pending": [[1, 2]]})
