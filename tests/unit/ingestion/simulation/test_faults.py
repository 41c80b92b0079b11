from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from emulators.settings import REPOSITORY
from ingestion.contract import not_json
from ingestion.errors import ConfigurationError
from ingestion.simulation.faults import LATE_HOURS, OVERSIZED_BYTES, Fault, Message, parse_rates
from ingestion.simulation.simulator import Simulator
from ingestion.simulation.state_file import load_state, save_state

ALL_FAULTS = dict.fromkeys(Fault, 0.05)
STATUSES = ("placed", "shipped", "delivered", "cancelled", "returned")

GOLDEN_FAULTS_OF_SEED_42 = "6c4b89c3611b6faa905e9c6d64d4979aff83c627862e7d2778f6f32f4c5a492b"
"""Digest of the first 3,000 messages of seed 42 with 5 % of every fault but oversized bodies."""


def made(faults: dict[Fault, float], count: int = 3000, seed: int = 42) -> list[Message]:
    return Simulator(seed, faults=faults).messages(count)


def fields(message: Message) -> dict[str, Any]:
    """What a body says.

    Raises:
        ValueError: it is not JSON in UTF-8.
    """
    found: dict[str, Any] = json.loads(message.body.decode("utf-8"), parse_constant=not_json)
    return found


def ids(messages: list[Message]) -> list[str]:
    return [fields(message)["event_id"] for message in messages]


def digest(bodies: list[bytes]) -> str:
    return hashlib.sha256(b"\n".join(bodies)).hexdigest()


def test_no_rate_is_no_fault() -> None:
    assert Simulator(42, faults=parse_rates([])).take(500) == Simulator(42).take(500)
    assert parse_rates(["all=0"]) == {}


def test_all_is_every_kind_that_is_not_named_itself() -> None:
    assert parse_rates(["all=0.05"]) == ALL_FAULTS
    assert parse_rates(["late=0.5", "all=0.1", "oversized=0"]) == {
        fault: 0.5 if fault is Fault.LATE else 0.1 for fault in Fault if fault is not Fault.OVERSIZED
    }


@pytest.mark.parametrize(
    "option",
    ["late", "late=", "late=x", "late=nan", "late=-0.1", "late=1.01", "lates=0.1", "=0.1", "ALL=0.1"],
)
def test_a_bad_kind_or_rate_is_named_and_the_kinds_are_listed(option: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_rates([option])
    assert repr(option) in str(error.value)
    assert all(fault.value in str(error.value) for fault in Fault)


def test_a_kind_given_twice_and_rates_that_contradict_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="late is given twice"):
        parse_rates(["late=0.1", "late=0.2"])
    with pytest.raises(ConfigurationError, match=r"add up to 1, not 1\.1"):
        parse_rates(["missing_quantity=0.6", "negative_quantity=0.5"])


def test_the_help_of_simulate_lists_the_kinds() -> None:
    command = [sys.executable, "-m", "ingestion", "simulate", "--help"]
    answer = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(fault.value in answer.stdout for fault in Fault)


def test_the_shop_lives_the_same_life_with_faults_and_without() -> None:
    keep = [fault for fault in Fault if fault not in (Fault.DUPLICATE, Fault.ORPHAN_STATUS)]
    faults = dict.fromkeys(keep, 0.2)
    until = datetime(2026, 1, 20, tzinfo=UTC)
    originals = {
        (message.order.number, message.stage, message.occurred, message.order.total)
        for message in Simulator(42, faults=faults).messages(100_000, until)
    }
    told = {
        (message.order.number, message.stage, message.occurred, message.order.total)
        for message in Simulator(42).messages(100_000, until)
    }
    assert len(told) > 1500
    assert originals < told  # Those that are missing are held back until later.
    assert len(originals) > 0.7 * len(told)


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("together", [False, True])
def test_each_kind_keeps_its_rate_alone_and_among_others(fault: Fault, together: bool) -> None:
    rate = 0.08
    others = dict.fromkeys(Fault, 0.04) if together else {}
    messages = made(others | {fault: rate}, 4000, seed=5)
    originals = [message for message in messages if not message.is_copy]
    events = [message for message in originals if Fault.ORPHAN_STATUS not in message.faults]
    chances = {
        Fault.DUPLICATE: len(originals),
        Fault.ORPHAN_STATUS: len(events),
        Fault.OUT_OF_ORDER: sum(message.stage > 0 for message in events),
    }.get(fault, len(originals))
    hits = [message for message in messages if fault in message.faults]
    if fault is not Fault.DUPLICATE:
        hits = [message for message in hits if not message.is_copy]
    # Five standard deviations; messages that still wait were drawn and are not in it.
    bound = 5 * (chances * rate * (1 - rate)) ** 0.5
    waiting = 0.03 * chances * rate + 3
    assert abs(len(hits) - chances * rate) < bound + waiting


def test_copies_are_exact_and_follow() -> None:
    messages = made({Fault.DUPLICATE: 0.3, Fault.MALFORMED_JSON: 0.1})
    seen: set[bytes] = set()
    gaps = set()
    for before, message in zip([None, *messages], messages, strict=False):
        assert message.is_copy == (message.body in seen)
        assert message.is_copy == (Fault.DUPLICATE in message.faults)
        if message.is_copy:
            gaps.add(before is not None and before.body == message.body)
        seen.add(message.body)
    assert gaps == {True, False}


def test_late_messages_are_sent_after_newer_ones_within_a_month() -> None:
    messages = made({Fault.LATE: 0.1}, 6000)
    newest = 0
    lags = []
    for message in messages:
        if Fault.LATE in message.faults:
            lags.append((newest - message.occurred) / 3_600_000)
        else:
            assert message.occurred >= newest
            newest = message.occurred
    # At night an hour can pass without an event.
    assert sum(lag > 0 for lag in lags) > 0.98 * len(lags)
    assert sum(lag < 24 for lag in lags) > 0.2 * len(lags)
    assert sum(lag > 24 * 7 for lag in lags) > 0.2 * len(lags)
    assert max(lags) <= LATE_HOURS[-1]


def test_a_status_can_come_before_the_one_it_follows() -> None:
    place: dict[tuple[int, int], int] = {}
    messages = made({Fault.OUT_OF_ORDER: 0.2, Fault.LATE: 0.1, Fault.OVERSIZED: 0.1})
    for position, message in enumerate(messages):
        place[message.order.number, message.stage] = position
    life = defaultdict(list)
    for number, stage in place:
        life[number].append(stage)
    checked = 0
    for message in messages:
        if Fault.OUT_OF_ORDER not in message.faults:
            continue
        number, stage = message.order.number, message.stage
        before = {1: 0, 2: 1, 3: 0, 4: 2}[stage]
        assert place.get((number, before), len(messages)) > place[number, stage]
        checked += 1
    assert checked > 100


def test_orphans_are_of_orders_that_nobody_placed() -> None:
    messages = made({Fault.ORPHAN_STATUS: 0.1})
    placed = {fields(message)["order_id"] for message in messages if message.stage == 0}
    orphans = [fields(message) for message in messages if Fault.ORPHAN_STATUS in message.faults]
    assert not {event["order_id"] for event in orphans} & placed
    assert {event["order_status"] for event in orphans} == set(STATUSES[1:])
    assert len(set(ids(messages))) == len(messages)


@pytest.mark.parametrize("fault", [Fault.MALFORMED_JSON, Fault.INVALID_UTF8])
def test_unreadable_bodies_are_that(fault: Fault) -> None:
    for message in made({fault: 0.5}):
        if fault in message.faults:
            with pytest.raises(UnicodeDecodeError if fault is Fault.INVALID_UTF8 else ValueError):
                fields(message)
            assert b"\n" not in message.body
        else:
            fields(message)


def test_fields_are_missing_or_odd_as_their_fault_says() -> None:
    kinds = (
        Fault.MISSING_PRICE,
        Fault.MISSING_QUANTITY,
        Fault.NEGATIVE_QUANTITY,
        Fault.UNKNOWN_STATE,
        Fault.RENAMED_FIELD,
        Fault.RETYPED_FIELD,
    )
    for message in made(dict.fromkeys(kinds, 0.2)):
        event = fields(message)
        found = {
            Fault.MISSING_PRICE: not {"unit_price", "base_price"} & set(event),
            Fault.MISSING_QUANTITY: "quantity" not in event,
            Fault.NEGATIVE_QUANTITY: int(event.get("quantity", 1)) < 0,
            Fault.UNKNOWN_STATE: event["state"] in ("XX", "ZZ", "tx", "Ontario"),
            Fault.RENAMED_FIELD: "payment_method" not in event and "payment_type" in event,
            Fault.RETYPED_FIELD: str in (type(event.get("quantity")), type(event["schema_version"])),
        }
        assert {kind for kind, is_there in found.items() if is_there} == set(message.faults)


def test_oversized_bodies_are_made_when_they_are_sent() -> None:
    (first, *others) = made({Fault.OVERSIZED: 1.0}, 5000)
    assert all(len(message._body) < 1500 for message in others)
    assert OVERSIZED_BYTES < len(first.body) < OVERSIZED_BYTES + 1500
    assert set(fields(first)) > {"note", "event_id", "order_status"}


def test_chunks_and_resumed_runs_give_the_bytes_of_one_run(tmp_path: Path) -> None:
    faults: dict[Fault, float] = {fault: 0.05 for fault in Fault if fault is not Fault.OVERSIZED}
    whole = Simulator(42, faults=faults).take(3000)
    assert digest(whole) == GOLDEN_FAULTS_OF_SEED_42
    file = tmp_path / "state.json"
    pieces: list[bytes] = []
    for count in (1, 0, 29, 470, 1000, 1500):
        simulator = Simulator(42, load_state(file), faults)
        pieces += simulator.take(count // 2) + simulator.take(count - count // 2)
        save_state(file, simulator.state())
    assert pieces == whole


@pytest.mark.parametrize(
    "surroundings", [{"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"}, {"PYTHONHASHSEED": "77"}]
)
def test_surroundings_change_nothing(surroundings: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "orders.jsonl"
    faults = ["--fault", "all=0.05", "--fault", "oversized=0"]
    command = [sys.executable, "-m", "ingestion", "simulate", "--events", "3000", *faults, "--out", str(out)]
    subprocess.run(command, cwd=REPOSITORY, env=os.environ | surroundings, check=True, capture_output=True)
    assert digest(out.read_bytes().removesuffix(b"\n").split(b"\n")) == GOLDEN_FAULTS_OF_SEED_42


def test_faults_that_end_leave_nothing_behind() -> None:
    faulty = Simulator(42, faults={Fault.OUT_OF_ORDER: 1.0, Fault.LATE: 0.3})
    first = faulty.messages(500)
    calm = Simulator(42, faulty.state())
    messages = first + calm.messages(20_000)
    assert calm.state()["outbox"] == []
    assert calm.state()["overtaken"] == []
    told = {(message.order.number, message.stage) for message in messages}
    oldest = {message.order.number for message in first}
    assert all((number, 0) in told for number in oldest)
