from __future__ import annotations

from collections.abc import Sequence

import pytest

from ingestion.sending.simulated import CHUNK_EVENTS, chunk_sizes, simulate
from ingestion.simulation.faults import Message
from ingestion.simulation.simulator import Simulator


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self, stop_at: float = float("inf")) -> None:
        self.now = 100.0
        self.stop_at = self.now + stop_at

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        return self.now >= self.stop_at


def test_unpaced_events_come_in_whole_chunks_and_a_rest() -> None:
    clock = Clock()
    assert list(chunk_sizes(2 * CHUNK_EVENTS + 7, None, clock.wait, clock)) == [CHUNK_EVENTS, CHUNK_EVENTS, 7]
    assert clock.now == 100.0


@pytest.mark.parametrize("rate", [0.5, 10, 333.3, 40_000])
def test_a_rate_is_kept_by_the_wall_clock(rate: float) -> None:
    clock = Clock()
    count = max(3, int(rate * 10))
    assert sum(chunk_sizes(count, rate, clock.wait, clock)) == count
    assert clock.now - 100 == pytest.approx(count / rate, rel=0.1, abs=1 / rate + 0.21)


def test_continuous_work_ends_when_asked_to() -> None:
    clock = Clock(stop_at=10.0)
    assert sum(chunk_sizes(None, 100.0, clock.wait, clock)) == pytest.approx(1000, abs=21)


def test_a_request_to_stop_ends_unpaced_work_after_the_chunk() -> None:
    assert list(chunk_sizes(None, None, lambda _: True)) == [CHUNK_EVENTS]


def test_the_position_is_kept_only_after_events_were_accepted() -> None:
    simulator = Simulator(5)
    accepted: list[bytes] = []
    positions: list[int] = []

    def accept(messages: Sequence[Message], refused: set[int]) -> None:
        if len(accepted) >= 20:
            raise ConnectionError
        accepted.extend(message.body for message in messages)

    with pytest.raises(ConnectionError):
        simulate(simulator, [10, 10, 10], accept, lambda: positions.append(simulator.events))
    assert positions == [10, 20]
    assert accepted == Simulator(5).take(20)
