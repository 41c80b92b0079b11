"""Broker and front can each be killed, and nothing that was acknowledged is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from azure.eventhub import EventData
from azure.eventhub.exceptions import EventHubError

from emulators.eventhubs.amqp.performatives import Accepted, Disposition, Rejected
from emulators.eventhubs.kafka_log import ACKNOWLEDGE_TIMEOUT
from tests.integration.eventhubs.conftest import EventHubs
from tests.integration.eventhubs.peer import Peer, data


class Sending:
    """Sends small batches until told to stop; notes what was acknowledged, and retries what was not."""

    def __init__(self, eventhubs: EventHubs, hub: str) -> None:
        self.acknowledged: list[str] = []
        self.failures: list[str] = []
        self._eventhubs = eventhubs
        self._hub = hub
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Sending:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=60)
        assert not self._thread.is_alive(), "sending hangs"

    def _run(self) -> None:
        number = 0
        producer = self._eventhubs.producer(self._hub)
        while not self._stop.is_set():
            batch = [f"{number + index}" for index in range(10)]
            try:
                producer.send_batch([EventData(body) for body in batch])
            except EventHubError as error:
                self.failures.append(str(error))
                producer.close()
                producer = self._eventhubs.producer(self._hub)
                time.sleep(0.2)
            else:
                self.acknowledged += batch
                number += 10
        producer.close()


@pytest.fixture
def hub(eventhubs: EventHubs) -> Iterator[str]:
    yield eventhubs.new_hub()
    for name in ("broker", "front"):
        if name not in eventhubs.processes:
            eventhubs.start(name)


def values(eventhubs: EventHubs, hub: str) -> set[str]:
    return {(message.value() or b"").decode() for message in eventhubs.kafka_receive(hub)}


def test_killing_the_broker_loses_nothing_and_receivers_only_wait(eventhubs: EventHubs, hub: str) -> None:
    received: list[str] = []
    errors: list[Exception] = []
    consumer = eventhubs.consumer(hub)

    def on_event(context: Any, event: EventData | None) -> None:
        if event:
            received.append(event.body_as_str())

    def on_error(context: Any, error: Exception) -> None:
        errors.append(error)

    receiving = threading.Thread(
        target=lambda: consumer.receive(on_event, on_error=on_error, partition_id="0", starting_position="-1")
    )
    receiving.start()
    try:
        with Sending(eventhubs, hub) as sending:
            eventhubs.wait_until(lambda: len(received) > 100, "the first events")
            eventhubs.kill("broker")
            eventhubs.start("broker")
            before = len(sending.acknowledged)
            eventhubs.wait_until(lambda: len(sending.acknowledged) > before + 100, "events after the crash")
        expected = [(message.value() or b"").decode() for message in eventhubs.kafka_receive(hub)]
        eventhubs.wait_until(lambda: len(received) >= len(expected), "every event")
    finally:
        consumer.close()
        receiving.join(timeout=20)
    assert all("com.microsoft:timeout" in failure for failure in sending.failures)
    assert errors == []
    assert set(expected) >= set(sending.acknowledged)
    # A batch that its sender had no answer for may be there twice; a receiver gets what is there, once.
    assert received == expected


def test_killing_the_front_loses_nothing(eventhubs: EventHubs, hub: str) -> None:
    with Sending(eventhubs, hub) as sending:
        eventhubs.wait_until(lambda: len(sending.acknowledged) > 100, "the first events")
        eventhubs.kill("front")
        eventhubs.start("front")
        before = len(sending.acknowledged)
        eventhubs.wait_until(lambda: len(sending.acknowledged) > before + 100, "events after the crash")
    assert values(eventhubs, hub) >= set(sending.acknowledged)


def test_without_a_broker_senders_are_told_to_try_again(eventhubs: EventHubs, hub: str) -> None:
    with Peer(eventhubs.settings) as peer:
        peer.authorize(hub)
        peer.attach_sender(hub, 2)
        peer.transfer(2, data(b"before"))
        assert isinstance(peer.expect(Disposition).state, Accepted)
        eventhubs.kill("broker")
        peer.transfer(2, data(b"lost"))
        peer.socket.settimeout(ACKNOWLEDGE_TIMEOUT + 5)
        state = peer.expect(Disposition).state
        assert isinstance(state, Rejected)
        assert state.error is not None
        assert state.error.condition == "com.microsoft:timeout"
        eventhubs.start("broker")
        peer.transfer(2, data(b"after"))
        assert isinstance(peer.expect(Disposition).state, Accepted)
    assert values(eventhubs, hub) == {"before", "after"}


def test_the_front_waits_for_the_broker_and_stops_when_told(eventhubs: EventHubs, hub: str) -> None:
    assert eventhubs.stop("front") == 0
    eventhubs.kill("broker")
    starting = threading.Thread(target=lambda: eventhubs.start("front"))
    starting.start()
    time.sleep(1.5)
    eventhubs.start("broker")
    starting.join(timeout=30)
    eventhubs.send(hub, "served")
    assert values(eventhubs, hub) == {"served"}
