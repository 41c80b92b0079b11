"""The Kafka side of the front: topics, offsets, and one producer for all senders.

librdkafka blocks and calls back on threads of its own; nothing here blocks the event loop.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # re-exported, without saying so
    AdminClient,
    ListOffsetsResultInfo,
    NewTopic,
    OffsetSpec,
)

from emulators.errors import EmulatorError
from emulators.eventhubs.acknowledgements import Acknowledgements, amqp_error
from emulators.eventhubs.amqp.errors import (
    ARGUMENT_OUT_OF_RANGE,
    NOT_FOUND,
    SERVER_BUSY,
    AmqpError,
)
from emulators.eventhubs.broker import MAX_RECORD_BATCH_BYTES
from emulators.eventhubs.kafka_client import client_config
from emulators.eventhubs.messages import Event
from emulators.eventhubs.partition_reader import PartitionReader
from emulators.eventhubs.partitions import partition_of
from emulators.eventhubs.seats import MAX_RECEIVERS
from emulators.hubs import Hub
from emulators.settings import Settings

ACKNOWLEDGE_TIMEOUT = 3.0
"""Seconds the broker has to acknowledge an event; librdkafka looks once a second. Then the sender is told to
try again, before it takes our silence for a dead line."""
REQUEST_TIMEOUT = 5.0
"""Seconds for a question about topics or offsets."""

_TOPICS_KEPT = 10.0
"""Seconds for which the partition count of a hub is not asked for again."""
_OFFSETS: Any = OffsetSpec
"""`OffsetSpec`, whose factories are not typed."""
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class PartitionState:
    """What a partition holds: its offsets, and the time of the last event if there is one."""

    first_offset: int
    next_offset: int
    last_enqueued_at: int | None
    """Milliseconds since the epoch."""


class KafkaLog:
    """The broker, as the front uses it. To be made and used on the event loop's thread."""

    def __init__(self, settings: Settings) -> None:
        self._config = client_config(settings)
        self._loop = asyncio.get_running_loop()
        self._admin = AdminClient(self._config)
        self._generation = 0
        self._producer = self._new_producer()
        # Each receiver waits for Kafka on a thread of its own.
        self._threads = ThreadPoolExecutor(MAX_RECEIVERS, thread_name_prefix="kafka")
        self._partitions: dict[str, tuple[float, int]] = {}
        self._turn = itertools.count()
        self._is_closing = False
        self._poller = threading.Thread(target=self._poll, name="kafka-acknowledgements", daemon=True)
        self._poller.start()

    async def create_hubs(self, hubs: Sequence[Hub]) -> None:
        """Create the topics that are missing; waits for the broker as long as it takes.

        Raises:
            EmulatorError: a hub is there with another number of partitions, or could not be created.
        """
        while True:
            try:
                topics = (await self._in_thread(self._admin.list_topics, timeout=REQUEST_TIMEOUT)).topics
                break
            except KafkaException as error:
                _LOGGER.info("The broker does not answer yet: %s", error)
        for hub in hubs:
            if (topic := topics.get(hub.name)) and len(topic.partitions) != hub.partitions:
                count = len(topic.partitions)
                raise EmulatorError(
                    f"Hub {hub.name!r} has {count} partitions, and they stay; {hub.partitions} are "
                    f"declared: declare {count}, or another name."
                )
        missing = [NewTopic(hub.name, hub.partitions, 1) for hub in hubs if hub.name not in topics]
        for created in self._admin.create_topics(missing).values() if missing else ():
            try:
                await asyncio.wrap_future(created)
            except KafkaException as error:
                # Whoever else made it meanwhile is welcome.
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise EmulatorError(f"The hubs could not be created: {error.args[0].str()}.") from None

    async def partition_count(self, hub: str) -> int:
        """Number of partitions of a hub.

        While the broker is down, what was known of the hub still holds: senders may attach and wait.

        Raises:
            AmqpError: amqp:not-found, if there is no such hub; server-busy, if the broker does not answer.
        """
        if not hub or hub.startswith("__"):
            raise _not_found(hub)  # Kafka's own topics are none of a client's business.
        known_at, count = self._partitions.get(hub, (0.0, 0))
        if time.monotonic() - known_at < _TOPICS_KEPT:
            return count
        try:
            metadata = await self._in_thread(self._admin.list_topics, hub, timeout=REQUEST_TIMEOUT)
        except KafkaException as error:
            if count:
                return count
            raise _busy(error.args[0]) from None
        topic = metadata.topics[hub]
        if topic.error is not None or not topic.partitions:
            self._partitions.pop(hub, None)
            raise _not_found(hub)
        self._partitions[hub] = (time.monotonic(), len(topic.partitions))
        return len(topic.partitions)

    async def check_partition(self, hub: str, partition: str) -> int:
        """The number of a partition, given by its id.

        Raises:
            AmqpError: the hub has no such partition.
        """
        count = await self.partition_count(hub)
        if not partition.isdecimal() or int(partition) >= count:
            raise AmqpError(
                ARGUMENT_OUT_OF_RANGE,
                f"The partition {partition!r} is invalid for the hub {hub!r}: "
                f"it should be between 0 and {count - 1}.",
            )
        return int(partition)

    def send(
        self,
        hub: str,
        partition: int | None,
        events: Sequence[Event],
        done: Callable[[AmqpError | None], None],
    ) -> None:
        """Write events to one partition; `done` is called on the event loop when all have been answered for.

        Without a partition the partition key decides, and without a key every call goes to the next one.
        There is no all or nothing: of a batch that failed, a part may be there.
        """
        _, count = self._partitions.get(hub, (0.0, 0))
        turn = next(self._turn) if partition is None and events[0].partition_key is None else 0
        pending = Acknowledgements(len(events), lambda error: self._acknowledged(error, done))
        for event in events:
            chosen = self._choose(partition, event.partition_key, turn, count)
            try:
                self._producer.produce(
                    hub,
                    event.value,
                    partition=chosen,
                    on_delivery=pending,
                    headers=list(event.headers) or None,
                )
            except KafkaException as error:
                pending(error.args[0], None)
            except BufferError:
                pending(KafkaError(KafkaError._QUEUE_FULL), None)

    def _choose(self, partition: int | None, key: bytes | None, turn: int, count: int) -> int:
        """The partition of an event; -1, which leaves it to librdkafka, for a hub that has gone meanwhile."""
        if partition is not None or not count:
            return -1 if partition is None else partition
        return turn % count if key is None else partition_of(key, count)

    async def partition_state(self, hub: str, partition: int) -> PartitionState:
        """What a partition holds now.

        Raises:
            AmqpError: server-busy, if the broker does not answer.
        """
        # The end first: whatever arrives meanwhile can only make the other answers larger.
        end = await self._offset(hub, partition, _OFFSETS.latest())
        first = await self._offset(hub, partition, _OFFSETS.earliest())
        last = await self._offset(hub, partition, _OFFSETS.max_timestamp())
        return PartitionState(
            first_offset=first.offset,
            next_offset=end.offset,
            last_enqueued_at=last.timestamp if end.offset > first.offset else None,
        )

    async def offset_at(self, hub: str, partition: int, milliseconds: int) -> int | None:
        """Offset of the first event that was enqueued at a time or later; None if there is none yet.

        Raises:
            AmqpError: server-busy, if the broker does not answer.
        """
        found = await self._offset(hub, partition, _OFFSETS.for_timestamp(milliseconds))
        return found.offset if found.offset >= 0 else None

    def reader(self, hub: str, partition: int, offset: int) -> PartitionReader:
        """Begin to read a partition from an offset on."""
        return PartitionReader(self._config, TopicPartition(hub, partition, offset), self._threads)

    async def close(self) -> None:
        """Let go of the broker, after the events under way have been acknowledged or given up."""
        await self._in_thread(self._producer.flush, REQUEST_TIMEOUT)
        self._is_closing = True
        await self._in_thread(self._poller.join)
        await self._in_thread(self._threads.shutdown)

    def _new_producer(self) -> Producer:
        generation = self._generation = self._generation + 1

        def on_error(error: KafkaError) -> None:
            if error.fatal():
                self._loop.call_soon_threadsafe(self._replace_producer, generation, error)

        return Producer(
            self._config
            | {
                "error_cb": on_error,
                "enable.idempotence": True,
                "acks": "all",
                # A sender waits for each of its batches: lingering would add to every one of them.
                "linger.ms": 0,
                "message.timeout.ms": int(ACKNOWLEDGE_TIMEOUT * 1000),
                "message.max.bytes": MAX_RECORD_BATCH_BYTES,
                "queue.buffering.max.messages": 10_000_000,
                "queue.buffering.max.kbytes": 1024 * 1024,
            }
        )

    def _acknowledged(self, error: KafkaError | None, done: Callable[[AmqpError | None], None]) -> None:
        """Called on a thread: hand the outcome to the event loop."""
        self._loop.call_soon_threadsafe(done, amqp_error(error) if error is not None else None)

    def _replace_producer(self, generation: int, error: KafkaError) -> None:
        """Replace an idempotent producer that has lost its place; its events are answered for."""
        if generation == self._generation:
            _LOGGER.warning("The producer can go on no more and is replaced: %s", error.str())
            broken, self._producer = self._producer, self._new_producer()
            broken.purge()
            self._threads.submit(broken.flush, REQUEST_TIMEOUT)

    def _poll(self) -> None:
        while not self._is_closing:
            self._producer.poll(0.1)

    async def _offset(self, hub: str, partition: int, spec: OffsetSpec) -> ListOffsetsResultInfo:
        wanted = TopicPartition(hub, partition)
        answers: dict[TopicPartition, Future[ListOffsetsResultInfo]] = self._admin.list_offsets(
            {wanted: spec}, request_timeout=REQUEST_TIMEOUT
        )
        try:
            return await asyncio.wrap_future(answers[wanted])
        except KafkaException as error:
            raise _busy(error.args[0]) from None

    async def _in_thread(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await asyncio.to_thread(call, *args, **kwargs)


def _not_found(hub: str) -> AmqpError:
    return AmqpError(NOT_FOUND, f"The messaging entity {hub!r} could not be found.")


def _busy(error: KafkaError) -> AmqpError:
    return AmqpError(SERVER_BUSY, f"The broker did not answer ({error.str()}): try again.")
