"""What the front asks of Kafka, without a Kafka."""

from __future__ import annotations

import asyncio
import itertools
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from emulators.errors import EmulatorError
from emulators.eventhubs.amqp.errors import AmqpError
from emulators.eventhubs.kafka_log import KafkaLog
from emulators.eventhubs.messages import Event
from emulators.eventhubs.partitions import partition_of
from emulators.hubs import Hub


class Admin:
    """An AdminClient that knows some topics, and what it was told to create."""

    def __init__(self, error: KafkaError | None = None, **topics: int) -> None:
        self.topics = topics
        self.error = error
        self.created: dict[str, int] = {}
        self.is_down = 0

    def list_topics(self, timeout: float) -> Any:
        if self.is_down:
            self.is_down -= 1
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        known = {name: SimpleNamespace(partitions=range(count)) for name, count in self.topics.items()}
        return SimpleNamespace(topics=known)

    def create_topics(self, new: list[Any]) -> dict[str, Future[None]]:
        futures: dict[str, Future[None]] = {}
        for each in new:
            self.created[each.topic] = each.num_partitions
            futures[each.topic] = Future()
            if self.error:
                futures[each.topic].set_exception(KafkaException(self.error))
            else:
                futures[each.topic].set_result(None)
        return futures


class Producer:
    def __init__(self) -> None:
        self.partitions: list[int] = []

    def produce(self, hub: str, value: bytes, *, partition: int, **options: Any) -> None:
        assert "key" not in options
        self.partitions.append(partition)


def log(admin: Admin | None = None) -> tuple[KafkaLog, Producer]:
    kafka, producer = object.__new__(KafkaLog), Producer()
    vars(kafka).update(
        _admin=admin, _producer=producer, _partitions={"orders": (0.0, 4)}, _turn=itertools.count()
    )
    return kafka, producer


def create(admin: Admin, *hubs: Hub) -> None:
    asyncio.run(log(admin)[0].create_hubs(hubs))


def test_the_hubs_that_are_missing_are_created() -> None:
    admin = Admin(orders=4)
    create(admin, Hub("orders", 4), Hub("returns", 2), Hub("audit", 32))
    assert admin.created == {"returns": 2, "audit": 32}


def test_the_broker_is_waited_for() -> None:
    admin = Admin()
    admin.is_down = 3
    create(admin, Hub("orders", 4))
    assert admin.created == {"orders": 4}


@pytest.mark.parametrize("declared", [2, 8])
def test_a_hub_keeps_its_partitions(declared: int) -> None:
    admin = Admin(orders=4)
    with pytest.raises(EmulatorError, match=f"Hub 'orders' has 4 partitions.*{declared} are declared"):
        create(admin, Hub("new", 1), Hub("orders", declared))
    assert admin.created == {}


def test_somebody_else_may_be_first() -> None:
    create(Admin(KafkaError(KafkaError.TOPIC_ALREADY_EXISTS)), Hub("orders", 4))
    with pytest.raises(EmulatorError, match="could not be created"):
        create(Admin(KafkaError(KafkaError.POLICY_VIOLATION)), Hub("orders", 4))


def sent(*events: Event, partition: int | None = None, times: int = 1, hub: str = "orders") -> list[int]:
    kafka, producer = log()
    told: list[AmqpError | None] = []
    for _ in range(times):
        kafka.send(hub, partition, events, told.append)
    return producer.partitions


def test_a_partition_key_decides_and_never_becomes_the_key() -> None:
    keys = [b"customer-1", b"customer-2", b"\xff\x00"]
    assert sent(*(Event(key, b"", []) for key in keys)) == [partition_of(key, 4) for key in keys]
    assert sent(Event(b"customer-1", b"", []), times=3) == [partition_of(b"customer-1", 4)] * 3


def test_a_partition_that_was_named_is_obeyed() -> None:
    assert sent(Event(b"customer-1", b"", []), Event(None, b"", []), partition=3) == [3, 3]


def test_batches_without_a_key_take_turns_and_stay_together() -> None:
    pair = (Event(None, b"1", []), Event(None, b"2", []))
    assert sent(*pair, times=5) == [0, 0, 1, 1, 2, 2, 3, 3, 0, 0]


def test_a_hub_that_has_gone_is_left_to_kafka() -> None:
    assert sent(Event(b"key", b"", []), Event(None, b"", []), hub="gone") == [-1, -1]
