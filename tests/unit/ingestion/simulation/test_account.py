"""The truth against a recomputation of the pipeline from the bodies, which knows nothing of the simulator."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from ingestion.contract import columns, not_json
from ingestion.errors import ConfigurationError, SendError
from ingestion.sending.simulated import simulate
from ingestion.simulation.account import Account, open_account
from ingestion.simulation.faults import NEW_NAME, OLD_NAME, OVERSIZED_BYTES, RULES, Fault
from ingestion.simulation.faults import Message as Made
from ingestion.simulation.simulator import Simulator
from ingestion.simulation.state_file import load_state, save_state
from tests.unit.ingestion.answers import check

ALL_FAULTS = dict.fromkeys(Fault, 0.05)


class Sink:
    """Takes what is not too large, and can break off after so many messages of all."""

    def __init__(self, breaks_after: int | None = None) -> None:
        self.taken: list[bytes] = []
        self.breaks_after = breaks_after

    def accept(self, messages: Sequence[Made], refused: set[int]) -> None:
        for position, message in enumerate(messages):
            if len(self.taken) == self.breaks_after:
                raise SendError("gone", len(self.taken))
            if len(message.body) > OVERSIZED_BYTES:
                refused.add(position)
            else:
                self.taken.append(message.body)


def run(
    simulator: Simulator, account: Account, sizes: Iterable[int], until: datetime | None = None
) -> list[bytes]:
    """Simulate into a sink; returns what it took."""
    sink = Sink()
    simulate(simulator, sizes, sink.accept, lambda: None, account, until)
    return sink.taken


def kept_run(file: Path, seed: int, sizes: Iterable[int], sink: Sink, is_kept: bool = True) -> Account:
    """Go on with the shop that is kept in the file, and keep it after each chunk; returns its account."""
    state = load_state(file)
    account = open_account(file, state, is_wanted=True)
    assert account
    simulator = Simulator(seed, state, ALL_FAULTS)

    def keep() -> None:
        kept = account.keep()
        if is_kept:
            save_state(file, simulator.state() | kept)

    simulate(simulator, sizes, sink.accept, keep, account)
    return account


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_truth_is_what_the_bodies_add_up_to(seed: int) -> None:
    account = Account()
    bodies = run(Simulator(seed, faults=ALL_FAULTS), account, [4000])
    answer = account.answer(seed)
    check(answer, bodies)
    assert all(answer["faults"].values())
    assert all(answer["orders"]["by_status"].values())


def test_without_faults_every_order_is_told_whole() -> None:
    account = Account()
    bodies = run(Simulator(5), account, [3000])
    check(account.answer(5), bodies)
    answer = account.answer(5)
    assert answer["outcomes"] == {"accepted": 3000, "duplicate": 0, "quarantined": 0}
    assert answer["orders"]["held"] == 0
    assert not any(answer["faults"].values())


def test_a_month_of_a_busy_shop_is_booked_to_the_cent() -> None:
    account = Account()
    simulator = Simulator(6, faults=ALL_FAULTS, orders_per_day=60)
    until = datetime(2026, 1, 31, tzinfo=UTC)
    bodies = run(simulator, account, repeat(700), until)
    check(account.answer(6), bodies)
    assert simulator.now == until
    assert len(account.answer(6)["revenue"]["by_day"]) == 30


@pytest.mark.parametrize("rate", [0.4, 1.0])
@pytest.mark.parametrize("fault", Fault)
def test_one_kind_of_fault_at_a_high_rate(fault: Fault, rate: float) -> None:
    account = Account()
    bodies = run(Simulator(7, faults={fault: rate}), account, [300, 100])
    answer = account.answer(7)
    check(answer, bodies)
    assert {kind for kind, count in answer["faults"].items() if count} == {fault.value}


def test_faults_that_meet_in_one_message_have_one_outcome() -> None:
    rates = dict.fromkeys(Fault, 0.35) | {Fault.OVERSIZED: 0.1}
    account = Account()
    bodies = run(Simulator(8, faults=rates), account, [1500])
    check(account.answer(8), bodies)
    assert len(account.answer(8)["quarantine"]) == len(set(RULES.values()))


def test_drift_is_what_the_bodies_show() -> None:
    account = Account()
    bodies = run(Simulator(9, faults=ALL_FAULTS), account, [5000])
    found: dict[str, Counter[str]] = {"added": Counter(), "renamed": Counter(), "retyped": Counter()}
    names = {column.name for column in columns()}
    for body in bodies:
        try:
            fields = parse_json(body)
        except ValueError:
            continue
        strange = set(fields) - names
        if NEW_NAME in strange:
            assert OLD_NAME not in fields
            found["renamed"][f"{OLD_NAME} -> {NEW_NAME}"] += 1
        found["added"].update(strange - {NEW_NAME})
        found["retyped"].update(
            name for name in ("quantity", "schema_version") if isinstance(fields.get(name), str)
        )
    assert account.answer(9)["drift"] == {kind: dict(counts) for kind, counts in found.items()}


def parse_json(body: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(body.decode("utf-8"), parse_constant=not_json)
    return fields


def test_a_shop_that_was_left_and_resumed_has_the_truth_of_one_run(tmp_path: Path) -> None:
    whole = Account()
    expected = run(Simulator(42, faults=ALL_FAULTS), whole, [2500])
    sink = Sink()
    for sizes in ([1], [0], [499, 500], [1, 1499]):
        account = kept_run(tmp_path / "state.json", 42, sizes, sink)
    assert sink.taken == expected
    assert account.answer(42) == whole.answer(42)
    check(account.answer(42), sink.taken)


def test_other_seeds_go_on_with_the_same_account(tmp_path: Path) -> None:
    sink = Sink()
    for seed in (1, 2, 1, 3):
        account = kept_run(tmp_path / "state.json", seed, [600], sink)
    check(account.answer(3), sink.taken)


def test_a_crash_before_the_state_was_kept_books_nothing_twice(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    sink, lost = Sink(), Sink()
    kept_run(file, 42, [500], sink)
    kept_run(file, 42, [700], lost, is_kept=False)
    account = kept_run(file, 42, [700], sink)
    assert sink.taken[-len(lost.taken) :] == lost.taken
    check(account.answer(42), sink.taken)
    check(kept_run(file, 42, [], sink).answer(42), sink.taken)


def test_what_was_accepted_before_sending_failed_is_in_it_and_not_sent_again(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    taken: list[bytes] = []
    for accepted in (0, 1, 480, 777, 3):
        sink = Sink(breaks_after=accepted)
        with pytest.raises(SendError):
            kept_run(file, 42, repeat(500), sink)
        taken += sink.taken
        check(kept_run(file, 42, [], sink).answer(42), taken)
    sink = Sink()
    account = kept_run(file, 42, [700, 100], sink)
    check(account.answer(42), taken + sink.taken)
    generated = account.answer(42)["messages"]["generated"]
    assert taken + sink.taken == run(Simulator(42, faults=ALL_FAULTS), Account(), [generated])


def test_messages_that_are_given_back_come_again_in_their_order() -> None:
    simulator = Simulator(42, faults=ALL_FAULTS)
    first = simulator.messages(400)
    simulator.give_back(first[100:])
    again = simulator.messages(250)
    simulator.give_back(again[50:])
    bodies = [message.body for message in first[:100] + again[:50]]
    assert simulator.events == 150
    assert bodies + simulator.take(1000) == Simulator(42, faults=ALL_FAULTS).take(1150)


def test_a_truth_that_cannot_be_known_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    kept_run(file, 42, [300], Sink())
    state = load_state(file)
    assert state
    (tmp_path / "state.json.bookings").write_bytes(b"short")
    with pytest.raises(ConfigurationError, match=r"state\.json\.bookings does not hold"):
        open_account(file, state, is_wanted=False)
    del state["truth"]
    assert open_account(file, state, is_wanted=False) is None
    with pytest.raises(ConfigurationError, match="without an account"):
        open_account(file, state, is_wanted=True)


def test_the_file_has_the_answer_with_sorted_keys(tmp_path: Path) -> None:
    account = Account()
    run(Simulator(1), account, [50])
    file = tmp_path / "truth.json"
    account.write(file, 1)
    text = file.read_text()
    assert json.loads(text) == account.answer(1)
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"
    with pytest.raises(ConfigurationError, match="cannot write"):
        account.write(tmp_path / "nowhere" / "truth.json", 1)
