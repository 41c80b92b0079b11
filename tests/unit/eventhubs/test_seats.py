"""Who may receive, by owner level."""

from __future__ import annotations

import pytest

from emulators.eventhubs import seats as module
from emulators.eventhubs.amqp.errors import RESOURCE_LIMIT, STOLEN, AmqpError
from emulators.eventhubs.seats import Seats

SEAT = ("orders", "$default", 0)


class Receiver:
    def __init__(self, seats: Seats, level: int | None, seat: tuple[str, str, int] = SEAT) -> None:
        self.seats = seats
        self.seat = seat
        self.told: AmqpError | None = None
        seats.take(seat, self, level)

    def detach(self, error: AmqpError) -> None:
        self.told = error
        self.seats.leave(self.seat, self)


def test_receivers_without_a_level_share() -> None:
    seats = Seats()
    first, second = Receiver(seats, None), Receiver(seats, None)
    assert (first.told, second.told) == (None, None)


def test_five_share_a_partition_and_no_more() -> None:
    seats = Seats()
    first, *_ = [Receiver(seats, None) for _ in range(5)]
    with pytest.raises(AmqpError, match=f"{RESOURCE_LIMIT}.*allowed receivers per partition.*which is 5"):
        Receiver(seats, None)
    Receiver(seats, None, ("orders", "audit", 0))
    seats.leave(SEAT, first)
    Receiver(seats, None)


def test_an_owner_drives_out_five() -> None:
    seats = Seats()
    shared = [Receiver(seats, None) for _ in range(5)]
    Receiver(seats, 1)
    assert all(each.told for each in shared)


def test_receivers_are_bounded_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_RECEIVERS", 3)
    seats = Seats()
    for partition in range(3):
        Receiver(seats, 1, ("orders", "$default", partition))
    with pytest.raises(AmqpError, match=f"{RESOURCE_LIMIT}.*3 receivers"):
        Receiver(seats, 1, ("orders", "$default", 3))


@pytest.mark.parametrize("before", [None, 0, 1, 2])
def test_a_level_drives_out_no_level_a_lower_and_the_same(before: int | None) -> None:
    seats = Seats()
    first = Receiver(seats, before)
    Receiver(seats, 2)
    assert first.told is not None
    assert first.told.condition == STOLEN


@pytest.mark.parametrize("late", [None, 0, 1])
def test_a_lower_level_or_none_is_not_let_in(late: int | None) -> None:
    seats = Seats()
    owner = Receiver(seats, 2)
    with pytest.raises(AmqpError, match=r"amqp:link:stolen.*'2'"):
        Receiver(seats, late)
    assert owner.told is None


def test_an_owner_that_has_left_owns_nothing() -> None:
    seats = Seats()
    owner = Receiver(seats, 2)
    seats.leave(SEAT, owner)
    assert Receiver(seats, None).told is None


@pytest.mark.parametrize(
    "other", [("orders", "$default", 1), ("orders", "audit", 0), ("returns", "$default", 0)]
)
def test_other_partitions_groups_and_hubs_are_not_concerned(other: tuple[str, str, int]) -> None:
    seats = Seats()
    owner = Receiver(seats, 2)
    Receiver(seats, 1, other)
    assert owner.told is None
