"""Where receivers begin, as the SDK asks for it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from azure.eventhub._utils import event_position_selector

from emulators.eventhubs.amqp.decoding import Described, Symbol
from emulators.eventhubs.amqp.errors import AmqpError
from emulators.eventhubs.nodes.positions import SELECTOR, Position


def position(selector: object) -> Position:
    return Position.of({SELECTOR: Described(Symbol(SELECTOR), selector)})


@pytest.mark.parametrize(
    ("value", "inclusive", "expected"),
    [
        ("-1", False, Position("offset", "-1", is_inclusive=False)),
        ("@latest", False, Position("offset", "@latest", is_inclusive=False)),
        ("42", True, Position("offset", "42", is_inclusive=True)),
        (42, False, Position("sequence-number", "42", is_inclusive=False)),
        (
            datetime(1970, 1, 1, 0, 0, 1, 500_000, UTC),
            True,
            Position("enqueued-time", "1500", is_inclusive=True),
        ),
    ],
)
def test_every_selector_of_the_sdk_is_understood(
    value: str | int | datetime, inclusive: bool, expected: Position
) -> None:
    assert position(event_position_selector(value, inclusive).decode()) == expected


@pytest.mark.parametrize("filters", [None, {}, {"another": "filter"}])
def test_without_a_selector_a_receiver_begins_at_the_beginning(filters: dict[str, str] | None) -> None:
    assert Position.of(filters) == Position("offset", "-1", is_inclusive=False)


@pytest.mark.parametrize(
    "selector",
    [
        "",
        "amqp.annotation.x-opt-offset > 7",
        "amqp.annotation.x-opt-offset < '7'",
        "amqp.annotation.x-opt-offset > 'seven'",
        "amqp.annotation.x-opt-offset > '99999999999999999999'",
        "amqp.annotation.x-opt-publisher > '7'",
        7,
    ],
)
def test_any_other_selector_is_refused(selector: object) -> None:
    with pytest.raises(AmqpError, match=r"com\.microsoft:argument-error"):
        position(selector)
