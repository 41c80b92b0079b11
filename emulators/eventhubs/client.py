"""One connected client: what its tokens allow, and which node each of its links attaches to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from emulators.eventhubs.amqp.errors import ARGUMENT_ERROR, NOT_FOUND, SHUTTING_DOWN, AmqpError
from emulators.eventhubs.amqp.interfaces import Inbox, IncomingLink, LinkEnd, Outbox, OutgoingLink
from emulators.eventhubs.authorization import Authorization
from emulators.eventhubs.kafka_log import KafkaLog
from emulators.eventhubs.namespace import Namespace
from emulators.eventhubs.nodes.hubs import HubInbox, HubOutbox
from emulators.eventhubs.nodes.positions import Position
from emulators.eventhubs.nodes.responders import Authenticator, Management
from emulators.eventhubs.seats import Seats
from emulators.hubs import CONFIG_VARIABLE, HUBS_VARIABLE
from emulators.settings import LOOPBACK, Settings

EPOCH = "com.microsoft:epoch"
"""Link property with the owner level of a receiver that wants a partition for itself."""
SECONDS_WITHOUT_TOKEN = 60.0
"""How long a connection may stay without a token that holds."""


class _Answers:
    """The other half of a node that answers: a link on which nothing leaves unasked."""

    def attached(self) -> None:
        """Nothing to begin with."""

    def detached(self) -> None:
        """Nothing to let go of."""


class Client:
    """The container of one connection.

    Args:
        settings: the key that tokens are signed with, and where the broker keeps its topics.
        namespace: the declared hubs and consumer groups.
        kafka: the hubs.
        seats: who receives from which partition, of all clients.
        close: closes the connection.
        gone: called when the connection is gone.
    """

    def __init__(
        self,
        settings: Settings,
        namespace: Namespace,
        kafka: KafkaLog,
        seats: Seats,
        close: Callable[[AmqpError], None],
        gone: Callable[[Client], object],
    ) -> None:
        self._settings = settings
        self._namespace = namespace
        self._kafka = kafka
        self._seats = seats
        self._close = close
        self._disconnected = gone
        self._authorization = Authorization(settings.sas_key)
        self._links: dict[LinkEnd, str] = {}
        self._timer = self._after(SECONDS_WITHOUT_TOKEN, self._close_without_token)

    @property
    def is_authorized(self) -> bool:
        """Whether the peer has shown a token that holds."""
        return self._authorization.holds

    async def open_inbox(self, link: IncomingLink) -> Inbox:
        """Find what takes the peer's messages: a responder, a hub, or a partition."""
        path = _path(link.address)
        match path.split("/"):
            case ["$cbs"]:
                return Authenticator(link, self._put_token)
            case ["$management"]:
                return Management(
                    link, self._settings, self._namespace, self._kafka, self._authorization.check_request
                )
            case [name] if name:
                self._authorization.check(path)
                hub = self._namespace.spelled(name)
                await self._kafka.partition_count(hub)
                number = None
            case [name, partitions, partition] if partitions.lower() == "partitions":
                self._authorization.check(path)
                hub = self._namespace.spelled(name)
                number = await self._kafka.check_partition(hub, partition)
            case _:
                raise _not_found(path)
        self._links[link] = path
        return HubInbox(self._kafka, hub, number, lambda: self._gone(link))

    async def open_outbox(self, link: OutgoingLink) -> Outbox:
        """Find what sends to the peer: the answers of a responder, or a partition."""
        path = _path(link.address)
        match path.split("/"):
            case ["$cbs"] | ["$management"]:
                return _Answers()
            case [name, groups, group, partitions, partition] if (groups + partitions).lower() == (
                "consumergroupspartitions"
            ):
                self._authorization.check(path)
                hub = self._namespace.spelled(name)
                await self._kafka.partition_count(hub)
                self._check_group(hub, group, path)
                number = await self._kafka.check_partition(hub, partition)
                position = Position.of(link.peer.source.filters if link.peer.source else None)
                start = await position.resolve(self._kafka, hub, number)
            case _:
                raise _not_found(path)
        seat = (hub, group.lower(), number)
        self._seats.take(seat, link, _owner_level(link))
        self._links[link] = path

        def gone() -> None:
            self._seats.leave(seat, link)
            self._gone(link)

        return HubOutbox(link, self._kafka, hub, number, start, gone)

    def disconnected(self) -> None:
        """The connection is gone."""
        self._timer.cancel()
        self._disconnected(self)

    def _check_group(self, hub: str, group: str, path: str) -> None:
        if not self._namespace.has_group(hub, group):
            address = f"sb://{LOOPBACK}:{self._settings.amqp_port}/{path.lower()}"
            groups = ", ".join(self._namespace.groups(hub))
            raise AmqpError(
                NOT_FOUND,
                f"The messaging entity '{address}' could not be found. Consumer groups of {hub!r}: {groups}; "
                f"{CONFIG_VARIABLE} or {HUBS_VARIABLE} declare more.",
            )

    def _gone(self, link: LinkEnd) -> None:
        self._links.pop(link, None)

    def _put_token(self, token: str) -> None:
        self._authorization.put(token)
        self._look_again()

    def _look_again(self) -> None:
        """Look again when the next token expires, or when the time without one is over."""
        self._timer.cancel()
        seconds = self._authorization.seconds_left
        if seconds is None:
            self._timer = self._after(SECONDS_WITHOUT_TOKEN, self._close_without_token)
        else:
            self._timer = self._after(seconds, self._drop_expired)

    def _drop_expired(self) -> None:
        """Detach the links that no token covers any more."""
        self._authorization.drop_expired()
        for link, path in list(self._links.items()):
            try:
                self._authorization.check(path)
            except AmqpError as error:
                link.detach(error)
        self._look_again()

    def _close_without_token(self) -> None:
        self._close(
            AmqpError(
                SHUTTING_DOWN, f"The connection had no valid token for {SECONDS_WITHOUT_TOKEN:.0f} seconds."
            )
        )

    @staticmethod
    def _after(seconds: float, act: Callable[[], None]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, act)


def _owner_level(link: LinkEnd) -> int | None:
    level = (link.peer.properties or {}).get(EPOCH)
    if level is not None and type(level) is not int:
        raise AmqpError(ARGUMENT_ERROR, f"the property {EPOCH} is a whole number, not {level!r:.100}")
    return level


def _not_found(path: str) -> AmqpError:
    return AmqpError(NOT_FOUND, f"The messaging entity {path!r} could not be found.")


def _path(address: str) -> str:
    """The path of an address, which may be a complete URL."""
    try:
        return unquote(urlsplit(address).path if "://" in address else address).strip("/")
    except ValueError:
        raise _not_found(address) from None
