"""The nodes a link can attach to: `$cbs`, `$management`, and the hubs themselves."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emulators.eventhubs import broker
from emulators.eventhubs.amqp import codec
from emulators.eventhubs.amqp.errors import (
    ARGUMENT_ERROR,
    NOT_ALLOWED,
    NOT_FOUND,
    SERVER_BUSY,
    UNAUTHORIZED,
    AmqpError,
)
from emulators.eventhubs.amqp.link import Delivery, Receiver, Sender
from emulators.eventhubs.kafka import Kafka
from emulators.eventhubs.messages import LastEnqueued, Request, events_of, message_of, response
from emulators.eventhubs.sas import Grant, InvalidTokenError, verify
from emulators.settings import SAS_KEY_NAME, Settings

SAS_TOKEN_TYPE = "servicebus.windows.net:sastoken"  # noqa: S105  # a type, not a token
"""The one type of token a laptop can check; Entra ID's need Entra ID."""
SELECTOR = "apache.org:selector-filter:string"
"""Key of the filter that says where a receiver begins."""
RUNTIME_METRIC = "com.microsoft:enable-receiver-runtime-metric"
"""Capability of a receiver that wants to be told the state of the partition with every event."""

_READ_AT_ONCE = 300
_READ_WAIT = 0.5
_STATUS = {NOT_FOUND: 404, UNAUTHORIZED: 401, SERVER_BUSY: 503}
_LOGGER = logging.getLogger(__name__)


class Responder:
    """A node that answers requests: the answers leave by the link on which the peer receives from it."""

    def __init__(self, link: Receiver) -> None:
        self._link = link

    def deliver(self, delivery: Delivery) -> None:
        """Take a request and answer it."""
        try:
            request = Request.of(delivery.message)
        except AmqpError as error:
            delivery.reject(error)
            return
        delivery.accept()
        self._link.session.connection.spawn(self._respond(request))

    def detached(self) -> None:
        """Nothing to let go of."""

    async def answer(self, request: Request) -> tuple[str, bytes]:
        """Description and encoded body of the answer to a request that succeeded."""
        raise NotImplementedError

    async def _respond(self, request: Request) -> None:
        try:
            status, (description, body) = 200, await self.answer(request)
        except AmqpError as error:
            status, description, body = _STATUS.get(error.condition, 400), error.description, codec.NULL
        if sender := self._link.session.sender_from(self._link.address):
            await sender.send([response(request, status, description, body)])


class Authenticator(Responder):
    """`$cbs`, claims-based security: takes the tokens of a connection."""

    def __init__(self, link: Receiver, settings: Settings, granted: Callable[[Grant], None]) -> None:
        super().__init__(link)
        self._settings = settings
        self._granted = granted

    async def answer(self, request: Request) -> tuple[str, bytes]:
        """Check a token; what it allows is allowed from here on."""
        if request.get("operation") != "put-token":
            raise AmqpError(NOT_ALLOWED, "the one operation of $cbs is put-token")
        if request.get("type") != SAS_TOKEN_TYPE:
            raise AmqpError(UNAUTHORIZED, f"tokens are of type {SAS_TOKEN_TYPE} here")
        try:
            grant = verify(
                str(request.body), key_name=SAS_KEY_NAME, key=self._settings.sas_key, now=time.time()
            )
        except InvalidTokenError as error:
            raise AmqpError(UNAUTHORIZED, f"InvalidSignature: {error}") from None
        self._granted(grant)
        return "OK", codec.NULL


class Management(Responder):
    """`$management`: tells about hubs and their partitions."""

    def __init__(
        self, link: Receiver, settings: Settings, kafka: Kafka, authorize: Callable[[str], None]
    ) -> None:
        super().__init__(link)
        self._settings = settings
        self._kafka = kafka
        self._authorize = authorize

    async def answer(self, request: Request) -> tuple[str, bytes]:
        """Read the properties of a hub or of a partition."""
        kind, hub = request.get("type"), str(request.get("name"))
        if request.get("operation") != "READ":
            raise AmqpError(NOT_ALLOWED, "the one operation of $management is READ")
        self._authorize(hub)
        if kind == "com.microsoft:eventhub":
            return "OK", await self._hub(hub)
        if kind == "com.microsoft:partition":
            return "OK", await self._partition(hub, str(request.get("partition")))
        raise AmqpError(NOT_ALLOWED, f"nothing is known of type {kind!r}")

    async def _hub(self, hub: str) -> bytes:
        count = await self._kafka.partition_count(hub)
        return _text_map(
            name=codec.string(hub),
            type=codec.string("com.microsoft:eventhub"),
            created_at=codec.timestamp(broker.created_at(self._settings, hub)),
            partition_count=codec.int32(count),
            partition_ids=codec.string_array(map(str, range(count))),
        )

    async def _partition(self, hub: str, partition: str) -> bytes:
        state = await self._kafka.partition_state(hub, await self._kafka.check_partition(hub, partition))
        last = state.next_offset - 1
        return _text_map(
            name=codec.string(hub),
            type=codec.string("com.microsoft:partition"),
            partition=codec.string(partition),
            begin_sequence_number=codec.int64(state.first_offset),
            last_enqueued_sequence_number=codec.int64(last),
            last_enqueued_offset=codec.string(str(last)),
            last_enqueued_time_utc=codec.timestamp(state.last_enqueued_at or 0),
            is_partition_empty=codec.boolean(state.last_enqueued_at is None),
        )


class HubInbox:
    """A hub, or one partition of it, that a peer sends to."""

    def __init__(self, kafka: Kafka, hub: str, partition: int | None, gone: Callable[[], None]) -> None:
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
        self, link: Sender, kafka: Kafka, hub: str, partition: int, start: int, gone: Callable[[], None]
    ) -> None:
        self._link = link
        self._kafka = kafka
        self._from = (hub, partition, start)
        self._gone = gone

    def attached(self) -> None:
        """Begin to read."""
        self._link.session.connection.spawn(self._run())

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


@dataclass(frozen=True)
class Position:
    """Where a receiver begins: at or behind an offset (equal to the sequence number) or a time."""

    annotation: str
    value: str
    is_inclusive: bool

    @classmethod
    def of(cls, filters: dict[str, Any] | None) -> Position:
        """Read the selector of a source; without one, a receiver begins at the beginning.

        Raises:
            AmqpError: the selector is not one of those the SDKs send.
        """
        selector = (filters or {}).get(SELECTOR)
        if selector is None:
            return cls("offset", "-1", is_inclusive=False)
        text = selector.value if isinstance(selector, codec.Described) else selector
        match = _SELECTOR.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise AmqpError(ARGUMENT_ERROR, f"not a selector: {text!r}")
        return cls(match[1], match[3], is_inclusive=match[2] == ">=")

    async def resolve(self, kafka: Kafka, hub: str, partition: int) -> int:
        """The offset to begin with.

        Raises:
            AmqpError: the position is behind the end of the partition.
        """
        state = await kafka.partition_state(hub, partition)
        if self.value == "@latest":
            return state.next_offset
        start = int(self.value) + (0 if self.is_inclusive else 1)
        if self.annotation == "enqueued-time":
            found = await kafka.offset_at(hub, partition, max(0, start))
            return state.next_offset if found is None else found
        if start > state.next_offset:
            raise AmqpError(
                ARGUMENT_ERROR,
                f"The supplied {self.annotation} '{self.value}' is invalid. "
                f"The last one in the system is '{state.next_offset - 1}'.",
            )
        return max(start, state.first_offset)


_SELECTOR = re.compile(
    r"amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*'(-?\d{1,18}|@latest)'"
)


def _text_map(**values: bytes) -> bytes:
    return codec.map_of((codec.string(name), value) for name, value in values.items())
