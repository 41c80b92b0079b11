"""Hubs and their partitions, as the ends of links."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from emulators.eventhubs.amqp.errors import AmqpError
from emulators.eventhubs.amqp.interfaces import Delivery, OutgoingLink
from emulators.eventhubs.amqp.link import MAX_MESSAGE_SIZE
from emulators.eventhubs.kafka_log import KafkaLog
from emulators.eventhubs.messages import LastEnqueued, events_of, message_of

RUNTIME_METRIC = "com.microsoft:enable-receiver-runtime-metric"
"""Capability of a receiver that wants to be told the state of the partition with every event."""

_READ_AT_ONCE = 300
_READ_WAIT = 0.5
_LOGGER = logging.getLogger(__name__)


class HubInbox:
    """A hub, or one partition of it, that a peer sends to."""

    max_message_size = MAX_MESSAGE_SIZE

    def __init__(self, kafka: KafkaLog, hub: str, partition: int | None, gone: Callable[[], None]) -> None:
        self._kafka = kafka
        self._hub = hub
        self._partition = partition
        self._gone = gone

    def deliver(self, delivery: Delivery) -> None:
        """Write the events of a message; it is accepted when Kafka has acknowledged every one of them."""
        try:
            events = events_of(delivery.message, delivery.format)
        except AmqpError as error:
            delivery.reject(error)
            return

        def done(error: AmqpError | None) -> None:
            if error is None:
                delivery.accept()
            else:
                _LOGGER.warning("Events for %s were not taken: %s", self._hub, error)
                delivery.reject(error)

        self._kafka.send(self._hub, self._partition, events, done)

    def detached(self) -> None:
        """Nobody sends on this link any more."""
        self._gone()


class HubOutbox:
    """One partition of a hub that a peer receives from."""

    def __init__(
        self,
        link: OutgoingLink,
        kafka: KafkaLog,
        hub: str,
        partition: int,
        start: int,
        gone: Callable[[], None],
    ) -> None:
        self._link = link
        self._kafka = kafka
        self._from = (hub, partition, start)
        self._gone = gone

    def attached(self) -> None:
        """Begin to read."""
        self._link.spawn(self._run())

    def detached(self) -> None:
        """Nobody receives on this link any more; the reader notices by itself."""
        self._gone()

    async def _run(self) -> None:
        reader = self._kafka.reader(*self._from)
        wants_last = RUNTIME_METRIC in (self._link.peer.desired_capabilities or [])
        try:
            while not self._link.is_gone:
                if records := await reader.read(_READ_AT_ONCE, _READ_WAIT):
                    last = await self._last_enqueued() if wants_last else None
                    await self._link.send(message_of(record, last) for record in records)
        finally:
            await reader.close()

    async def _last_enqueued(self) -> LastEnqueued:
        hub, partition, _ = self._from
        state = await self._kafka.partition_state(hub, partition)
        return LastEnqueued(state.next_offset - 1, state.last_enqueued_at or 0, int(time.time() * 1000))
