"""One connected client: what its tokens allow, and which node each of its links attaches to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from emulators.eventhubs.amqp.errors import NOT_FOUND, UNAUTHORIZED, AmqpError
from emulators.eventhubs.amqp.link import Inbox, Outbox, Receiver, Sender
from emulators.eventhubs.nodes import Authenticator, HubInbox, HubOutbox, Management, Position
from emulators.eventhubs.sas import Grant

if TYPE_CHECKING:
    from emulators.eventhubs.front import Front

EPOCH = "com.microsoft:epoch"
"""Link property with the owner level of a receiver that wants a partition for itself."""


class _Answers:
    """The other half of a node that answers: a link on which nothing leaves unasked."""

    def attached(self) -> None:
        """Nothing to begin with."""

    def detached(self) -> None:
        """Nothing to let go of."""


class Client:
    """The container of one connection."""

    def __init__(self, front: Front, gone: Callable[[], object]) -> None:
        self._front = front
        self._disconnected = gone
        self._grants: dict[str, Grant] = {}
        self._links: dict[Receiver | Sender, str] = {}
        self._expiry: asyncio.TimerHandle | None = None

    async def open_inbox(self, link: Receiver) -> Inbox:
        """Find what takes the peer's messages: a responder, a hub, or a partition."""
        front, path = self._front, _path(link.address)
        match path.split("/"):
            case ["$cbs"]:
                return Authenticator(link, front.settings, self._granted)
            case ["$management"]:
                return Management(link, front.settings, front.kafka, self.authorize)
            case [hub] if hub:
                self._admit(link, path)
                await front.kafka.partition_count(hub)
                return HubInbox(front.kafka, hub, None, lambda: self._gone(link))
            case [hub, partitions, partition] if partitions.lower() == "partitions":
                self._admit(link, path)
                number = await front.kafka.check_partition(hub, partition)
                return HubInbox(front.kafka, hub, number, lambda: self._gone(link))
        raise AmqpError(NOT_FOUND, f"The messaging entity {path!r} could not be found.")

    async def open_outbox(self, link: Sender) -> Outbox:
        """Find what sends to the peer: the answers of a responder, or a partition."""
        front, path = self._front, _path(link.address)
        match path.split("/"):
            case ["$cbs"] | ["$management"]:
                return _Answers()
            case [hub, groups, group, partitions, partition] if (groups + partitions).lower() == (
                "consumergroupspartitions"
            ):
                self._admit(link, path)
                number = await front.kafka.check_partition(hub, partition)
                position = Position.of(link.peer.source.filters if link.peer.source else None)
                start = await position.resolve(front.kafka, hub, number)
                seat = (hub, group.lower(), number)
                front.seats.take(seat, link, (link.peer.properties or {}).get(EPOCH))

                def gone() -> None:
                    front.seats.leave(seat, link)
                    self._gone(link)

                return HubOutbox(link, front.kafka, hub, number, start, gone)
        raise AmqpError(NOT_FOUND, f"The messaging entity {path!r} could not be found.")

    def disconnected(self) -> None:
        """The connection is gone."""
        if self._expiry:
            self._expiry.cancel()
        self._disconnected()

    def authorize(self, path: str) -> None:
        """Do nothing if a token that has not expired covers a path.

        Raises:
            AmqpError: amqp:unauthorized-access, if none does.
        """
        now = time.time()
        if not any(grant.covers(path) and grant.expires_at > now for grant in self._grants.values()):
            raise AmqpError(UNAUTHORIZED, f"Unauthorized access. No valid token for {path!r}.")

    def _admit(self, link: Receiver | Sender, path: str) -> None:
        self.authorize(path)
        self._links[link] = path

    def _gone(self, link: Receiver | Sender) -> None:
        self._links.pop(link, None)

    def _granted(self, grant: Grant) -> None:
        self._grants[grant.path] = grant
        self._check_again()

    def _check_again(self) -> None:
        """Look again when the next token expires."""
        if self._expiry:
            self._expiry.cancel()
        soonest = min(grant.expires_at for grant in self._grants.values())
        self._expiry = asyncio.get_running_loop().call_later(
            max(0.0, soonest - time.time()), self._drop_expired
        )

    def _drop_expired(self) -> None:
        """Detach the links that no token covers any more."""
        now = time.time()
        self._grants = {path: grant for path, grant in self._grants.items() if grant.expires_at > now}
        for link, path in list(self._links.items()):
            try:
                self.authorize(path)
            except AmqpError as error:
                link.detach(error)
        if self._grants:
            self._check_again()


def _path(address: str) -> str:
    """The path of an address, which may be a complete URL."""
    return unquote(urlsplit(address).path if "://" in address else address).strip("/")
