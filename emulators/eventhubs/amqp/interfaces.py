"""What the parts of the AMQP server need of one another.

A connection holds sessions, a session holds links, and a link ends at a node: an inbox for what the peer
sends, an outbox for what it receives. Each part knows the one below it by class, and the one above it by what
stands here.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import Any, Protocol

from emulators.eventhubs.amqp.composite import Composite
from emulators.eventhubs.amqp.errors import AmqpError
from emulators.eventhubs.amqp.performatives import Attach


class Connection(Protocol):
    """A connection, for its sessions and links."""

    peer_max_frame_size: int

    @property
    def container(self) -> Container:
        """What the links attach to."""

    @property
    def has_room_for_a_link(self) -> bool:
        """Whether one more link may attach."""

    def write(self, data: bytes) -> None:
        """Send bytes: one or more complete frames."""

    async def drained(self) -> None:
        """Wait until the socket takes more."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine for this connection; it is to end by itself when its link is gone."""

    def hold(self, size: int) -> None:
        """So many bytes more of unsettled messages are held: beyond a limit, nothing more is read."""

    def release(self, size: int) -> None:
        """So many bytes are held no longer."""


class Session(Protocol):
    """A session, for its links."""

    @property
    def connection(self) -> Connection:
        """The connection it is on."""

    @property
    def channel(self) -> int:
        """The number of its channel."""

    @property
    def has_window(self) -> bool:
        """Whether the peer takes another transfer frame."""

    def send(self, performative: Composite) -> None:
        """Send one frame of this session."""

    def send_flow(
        self,
        *,
        handle: int | None = None,
        delivery_count: int | None = None,
        link_credit: int | None = None,
        drain: bool | None = None,
    ) -> None:
        """Tell the state of this session and, with a handle, of a link."""

    def next_delivery_id(self, frames: int) -> int:
        """Number a delivery we send, and count its frames against the peer's window."""

    def link_ended(self, link: LinkEnd, handle: int) -> None:
        """A link has ended, whoever ended it."""

    def sender_from(self, address: str) -> OutgoingLink | None:
        """The link on which the peer receives from an address."""


class LinkEnd(Protocol):
    """Our end of a link, for the container and the node."""

    peer: Attach
    is_gone: bool

    @property
    def address(self) -> str:
        """Address of the node at our end."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine for the node; it is to end by itself when the link is gone."""

    def detach(self, error: AmqpError | None = None) -> None:
        """Detach for good; the peer is told why."""


class IncomingLink(LinkEnd, Protocol):
    """A link on which the peer sends."""

    @property
    def way_back(self) -> OutgoingLink | None:
        """The link on which the peer receives from the same address: where answers go."""


class OutgoingLink(LinkEnd, Protocol):
    """A link on which the peer receives."""

    async def send(self, messages: Iterable[bytes]) -> None:
        """Send encoded messages as credit, window and socket allow; stop when the link ends."""


class Delivery(Protocol):
    """One message from the peer, to be accepted or rejected, once."""

    format: int
    message: bytes

    def accept(self) -> None:
        """Tell the peer that the message is safe."""

    def reject(self, error: AmqpError) -> None:
        """Tell the peer that the message was not taken, and why."""


class Inbox(Protocol):
    """What takes the messages of a link on which the peer sends."""

    @property
    def max_message_size(self) -> int:
        """Largest message in bytes."""

    def deliver(self, delivery: Delivery) -> None:
        """Take one complete message; accept or reject it, now or later."""

    def detached(self) -> None:
        """The link is gone."""


class Outbox(Protocol):
    """What produces the messages of a link on which the peer receives."""

    def attached(self) -> None:
        """The link is up: begin to send."""

    def detached(self) -> None:
        """The link is gone."""


class Container(Protocol):
    """What the links of one connection attach to."""

    @property
    def is_authorized(self) -> bool:
        """Whether the peer has shown a token that holds; before, a connection gets little."""

    async def open_inbox(self, link: IncomingLink) -> Inbox:
        """Find what takes the peer's messages, or raise an AmqpError."""

    async def open_outbox(self, link: OutgoingLink) -> Outbox:
        """Find what sends messages to the peer, or raise an AmqpError."""

    def disconnected(self) -> None:
        """The connection is gone."""
