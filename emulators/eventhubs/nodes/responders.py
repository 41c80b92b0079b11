"""Nodes that answer requests: `$cbs`, which takes tokens, and `$management`, which tells about hubs."""

from __future__ import annotations

from collections.abc import Callable

from emulators.eventhubs import broker
from emulators.eventhubs.amqp import encoding
from emulators.eventhubs.amqp.errors import (
    NOT_ALLOWED,
    NOT_FOUND,
    RESOURCE_LIMIT,
    SERVER_BUSY,
    UNAUTHORIZED,
    AmqpError,
)
from emulators.eventhubs.amqp.interfaces import Delivery, IncomingLink
from emulators.eventhubs.kafka_log import KafkaLog
from emulators.eventhubs.namespace import Namespace
from emulators.eventhubs.nodes.requests import Request, response
from emulators.settings import Settings

SAS_TOKEN_TYPE = "servicebus.windows.net:sastoken"  # noqa: S105  # a type, not a token
"""The one type of token a laptop can check; Entra ID's need Entra ID."""
MAX_REQUEST_SIZE = 64 * 1024
"""Largest request in bytes; the largest thing in one is a token."""
MAX_REQUESTS = 100
"""Requests of one link that wait: a peer may ask without ever reading the answers."""

_STATUS = {NOT_FOUND: 404, UNAUTHORIZED: 401, SERVER_BUSY: 503}


class Responder:
    """A node that answers requests: the answers leave by the link on which the peer receives from it."""

    max_message_size = MAX_REQUEST_SIZE

    def __init__(self, link: IncomingLink) -> None:
        self._link = link
        self._under_way = 0

    def deliver(self, delivery: Delivery) -> None:
        """Take a request and answer it."""
        try:
            if self._under_way >= MAX_REQUESTS:
                raise AmqpError(
                    RESOURCE_LIMIT, f"{MAX_REQUESTS} requests wait to be answered, or to be read."
                )
            request = Request.of(delivery.message)
        except AmqpError as error:
            delivery.reject(error)
            return
        delivery.accept()
        self._under_way += 1
        self._link.spawn(self._respond(request))

    def detached(self) -> None:
        """Nothing to let go of."""

    async def answer(self, request: Request) -> tuple[str, bytes]:
        """Description and encoded body of the answer to a request that succeeded."""
        raise NotImplementedError

    async def _respond(self, request: Request) -> None:
        try:
            try:
                status, (description, body) = 200, await self.answer(request)
            except AmqpError as error:
                status, description, body = (
                    _STATUS.get(error.condition, 400),
                    error.description,
                    encoding.NULL,
                )
            if way_back := self._link.way_back:
                await way_back.send([response(request, status, description, body)])
        finally:
            self._under_way -= 1


class Authenticator(Responder):
    """`$cbs`, claims-based security: takes the tokens of a connection."""

    def __init__(self, link: IncomingLink, put: Callable[[str], None]) -> None:
        super().__init__(link)
        self._put = put

    async def answer(self, request: Request) -> tuple[str, bytes]:
        """Check a token; what it allows is allowed from here on."""
        if request.get("operation") != "put-token":
            raise AmqpError(NOT_ALLOWED, "the one operation of $cbs is put-token")
        if request.get("type") != SAS_TOKEN_TYPE:
            raise AmqpError(UNAUTHORIZED, f"tokens are of type {SAS_TOKEN_TYPE} here")
        self._put(str(request.body))
        return "OK", encoding.NULL


class Management(Responder):
    """`$management`: tells about hubs and their partitions.

    Args:
        link: the link on which the peer asks.
        settings: says where the broker keeps its topics.
        namespace: knows how hubs are spelled.
        kafka: knows the hubs.
        authorize: raises an AmqpError unless a hub and the token of a request, or no token, go together.
    """

    def __init__(
        self,
        link: IncomingLink,
        settings: Settings,
        namespace: Namespace,
        kafka: KafkaLog,
        authorize: Callable[[str, object], None],
    ) -> None:
        super().__init__(link)
        self._settings = settings
        self._namespace = namespace
        self._kafka = kafka
        self._authorize = authorize

    async def answer(self, request: Request) -> tuple[str, bytes]:
        """Read the properties of a hub or of a partition."""
        kind, hub = request.get("type"), str(request.get("name"))
        if request.get("operation") != "READ":
            raise AmqpError(NOT_ALLOWED, "the one operation of $management is READ")
        self._authorize(hub, request.get("security_token"))
        hub = self._namespace.spelled(hub)
        if kind == "com.microsoft:eventhub":
            return "OK", await self._hub(hub)
        if kind == "com.microsoft:partition":
            return "OK", await self._partition(hub, str(request.get("partition")))
        raise AmqpError(NOT_ALLOWED, f"nothing is known of type {kind!r}")

    async def _hub(self, hub: str) -> bytes:
        count = await self._kafka.partition_count(hub)
        return _text_map(
            name=encoding.string(hub),
            type=encoding.string("com.microsoft:eventhub"),
            created_at=encoding.timestamp(broker.created_at(self._settings, hub)),
            partition_count=encoding.int32(count),
            partition_ids=encoding.string_array(map(str, range(count))),
        )

    async def _partition(self, hub: str, partition: str) -> bytes:
        state = await self._kafka.partition_state(hub, await self._kafka.check_partition(hub, partition))
        last = state.next_offset - 1
        return _text_map(
            name=encoding.string(hub),
            type=encoding.string("com.microsoft:partition"),
            partition=encoding.string(partition),
            begin_sequence_number=encoding.int64(state.first_offset),
            last_enqueued_sequence_number=encoding.int64(last),
            last_enqueued_offset=encoding.string(str(last)),
            last_enqueued_time_utc=encoding.timestamp(state.last_enqueued_at or 0),
            is_partition_empty=encoding.boolean(state.last_enqueued_at is None),
        )


def _text_map(**values: bytes) -> bytes:
    return encoding.map_of((encoding.string(name), value) for name, value in values.items())
