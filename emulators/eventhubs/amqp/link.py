"""The two ends of a link: one that receives the peer's messages, and one that sends messages to it."""

from __future__ import annotations

import asyncio
import struct
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from emulators.eventhubs.amqp.errors import MESSAGE_TOO_LARGE, AmqpError
from emulators.eventhubs.amqp.performatives import (
    Accepted,
    Attach,
    Detach,
    Disposition,
    Error,
    Flow,
    Rejected,
    Source,
    Target,
    Transfer,
    frame,
)

if TYPE_CHECKING:
    from emulators.eventhubs.amqp.session import Session

MAX_MESSAGE_SIZE = 1024 * 1024
"""Largest message in bytes, batches included: the limit of Event Hubs' Standard tier."""
CREDIT = 1000
"""Deliveries a peer may have under way; it is topped up when half is used."""
SERIAL = 0xFFFFFFFF
"""Delivery counts and ids are 32-bit serial numbers, which wrap."""

_SETTLED, _FIRST = 1, 0
"""Settle modes: we send settled; a receiver settles first, without waiting for the sender."""


class Inbox(Protocol):
    """What takes the messages of a link on which the peer sends."""

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


Node = TypeVar("Node", Inbox, Outbox)
"""What a link ends at on our side."""


class Link(ABC, Generic[Node]):
    """What both ends share: identity and life cycle."""

    def __init__(self, session: Session, attach: Attach) -> None:
        self.session = session
        self.peer = attach
        self.handle = attach.handle
        self.is_open = False
        self.is_gone = False
        self._node: Node | None = None

    @property
    @abstractmethod
    def address(self) -> str:
        """Address of the node at our end."""

    async def open(self) -> None:
        """Ask the container for the node, then answer the peer's attach: with no, or with our terms."""
        try:
            node = self._node = await self.find_node()
        except AmqpError as error:
            self.refuse(error)
            return
        if self.is_gone:
            node.detached()
            return
        self.is_open = True
        self.session.send(self.terms())
        self.begin(node)

    @abstractmethod
    async def find_node(self) -> Node:
        """Ask the container for the node at our end.

        Raises:
            AmqpError: there is none for this peer.
        """

    @abstractmethod
    def terms(self) -> Attach:
        """Our attach, once the node is found."""

    @abstractmethod
    def begin(self, node: Node) -> None:
        """The link is up: let messages come or go."""

    def on_gone(self) -> None:
        """Tell the node that the link is gone."""
        if self._node:
            self._node.detached()

    def on_flow(self, flow: Flow) -> None:
        """Take note of the peer's state."""
        if flow.echo:
            self.send_flow()

    @abstractmethod
    def send_flow(self) -> None:
        """Tell the peer our state."""

    def detach(self, error: AmqpError | None = None) -> None:
        """Detach for good; the peer is told why."""
        if not self.is_gone:
            answer = Error.of(error) if error else None
            self.session.send(Detach(handle=self.handle, closed=True, error=answer))
            self.gone()

    def gone(self) -> None:
        """The link has ended, whoever ended it: let the node know, once."""
        if not self.is_gone:
            self.is_gone = True
            self.on_gone()

    def refuse(self, error: AmqpError) -> None:
        """Answer an attach with no: an attach without a terminus, then the reason (specification, 2.6.3)."""
        if not self.is_gone:
            self.session.send(
                Attach(
                    name=self.peer.name,
                    handle=self.handle,
                    role=not self.peer.role,
                    initial_delivery_count=0,
                )
            )
            self.detach(error)


class Receiver(Link[Inbox]):
    """Our end of a link on which the peer sends."""

    def __init__(self, session: Session, attach: Attach) -> None:
        super().__init__(session, attach)
        self._delivery_count = attach.initial_delivery_count or 0
        self._credit = 0
        self._unsettled = 0
        self._first: Transfer | None = None
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def address(self) -> str:
        """Address of the target."""
        return (self.peer.target and self.peer.target.address) or ""

    async def find_node(self) -> Inbox:
        """Ask the container for what takes the peer's messages."""
        return await self.session.container.open_inbox(self)

    def terms(self) -> Attach:
        """Take messages, each settled by us."""
        return Attach(
            name=self.peer.name,
            handle=self.handle,
            role=True,
            snd_settle_mode=self.peer.snd_settle_mode,
            rcv_settle_mode=_FIRST,
            source=Source(address=self.peer.source.address) if self.peer.source else Source(),
            target=Target(address=self.address),
            max_message_size=MAX_MESSAGE_SIZE,
        )

    def begin(self, node: Inbox) -> None:
        """Grant credit."""
        self._top_up()

    def on_transfer(self, transfer: Transfer, payload: bytes) -> None:
        """Collect the frames of a message; hand it over when it is complete."""
        first = self._first = self._first or transfer
        if transfer.aborted:
            self._forget()
            return
        self._size += len(payload)
        if self._size <= MAX_MESSAGE_SIZE:
            self._parts.append(payload)
        if transfer.more:
            return
        self._delivery_count = (self._delivery_count + 1) & SERIAL
        self._credit -= 1
        delivery = Delivery(
            link=self,
            id=first.delivery_id or 0,
            format=first.message_format or 0,
            # The flag may be left out of all frames but one.
            is_settled=bool(first.settled or transfer.settled),
            message=b"".join(self._parts),
        )
        size = self._size
        self._unsettled += 1
        self._forget()
        if size > MAX_MESSAGE_SIZE:
            delivery.reject(AmqpError(MESSAGE_TOO_LARGE, f"{size} bytes are more than {MAX_MESSAGE_SIZE}"))
        elif self._node and self.is_open:
            self._node.deliver(delivery)

    def send_flow(self) -> None:
        """Tell the peer how much it may send."""
        self.session.send_flow(
            handle=self.handle, delivery_count=self._delivery_count, link_credit=max(self._credit, 0)
        )

    def on_gone(self) -> None:
        """Let the inbox know."""
        self._forget()
        super().on_gone()

    def settled(self) -> None:
        """One of the deliveries has come to its end."""
        self._unsettled -= 1
        # What was granted and what is under way make up the whole. The SDK sends without credit, too: it is
        # topped up, never enforced.
        if self._credit + self._unsettled < CREDIT // 2:
            self._top_up()

    def _top_up(self) -> None:
        self._credit = CREDIT - self._unsettled
        self.send_flow()

    def _forget(self) -> None:
        self._first, self._parts, self._size = None, [], 0


@dataclass(slots=True)
class Delivery:
    """One message from the peer, to be accepted or rejected, once."""

    link: Receiver
    id: int
    format: int
    is_settled: bool
    message: bytes

    def accept(self) -> None:
        """Tell the peer that the message is safe."""
        self._settle(Accepted())

    def reject(self, error: AmqpError) -> None:
        """Tell the peer that the message was not taken, and why."""
        self._settle(Rejected(error=Error.of(error)))

    def _settle(self, state: Accepted | Rejected) -> None:
        if self.link.is_gone:
            return
        if not self.is_settled:
            self.link.session.send(
                Disposition(role=True, first=self.id, last=self.id, settled=True, state=state)
            )
        self.link.settled()


class Sender(Link[Outbox]):
    """Our end of a link on which the peer receives. Messages leave settled: nothing is ever sent twice."""

    def __init__(self, session: Session, attach: Attach) -> None:
        super().__init__(session, attach)
        self._delivery_count = 0
        self._credit = 0
        self._drain = False
        self._wake = asyncio.Event()

    @property
    def address(self) -> str:
        """Address of the source."""
        return (self.peer.source and self.peer.source.address) or ""

    async def find_node(self) -> Outbox:
        """Ask the container for what sends messages to the peer."""
        return await self.session.container.open_outbox(self)

    def terms(self) -> Attach:
        """Send messages that are settled already."""
        return Attach(
            name=self.peer.name,
            handle=self.handle,
            role=False,
            snd_settle_mode=_SETTLED,
            rcv_settle_mode=_FIRST,
            source=Source(address=self.address),
            target=Target(address=self.peer.target.address) if self.peer.target else Target(),
            initial_delivery_count=self._delivery_count,
            max_message_size=MAX_MESSAGE_SIZE,
        )

    def begin(self, node: Outbox) -> None:
        """Let the outbox send."""
        node.attached()

    async def send(self, messages: Iterable[bytes]) -> None:
        """Send encoded messages as credit, window and socket allow; stop when the link ends."""
        buffer: list[bytes] = []
        for message in messages:
            if self._credit <= 0 or not self.session.has_window:
                self._write(buffer)
                await self._until_sendable()
            if self.is_gone:
                return
            self._credit -= 1
            self._delivery_count = (self._delivery_count + 1) & SERIAL
            buffer.extend(self._frames(message))
        self._write(buffer)
        await self.session.connection.drained()

    def on_flow(self, flow: Flow) -> None:
        """Take the peer's credit: what it counts from its own delivery count, less what is under way."""
        if flow.link_credit is not None:
            peer_count = flow.delivery_count or 0
            under_way = (self._delivery_count - peer_count) & SERIAL
            self._credit = flow.link_credit - under_way
            self._drain = bool(flow.drain)
        self.wake()
        if self._drain and self._credit > 0:
            # Whoever waits for credit goes first; what is left then is given up.
            asyncio.get_running_loop().call_soon(self._give_up_credit)
        super().on_flow(flow)

    def wake(self) -> None:
        """Something has changed that a waiting `send` may be waiting for."""
        self._wake.set()

    def send_flow(self) -> None:
        """Tell the peer how far we are."""
        self.session.send_flow(
            handle=self.handle,
            delivery_count=self._delivery_count,
            link_credit=max(self._credit, 0),
            drain=self._drain or None,
        )

    def on_gone(self) -> None:
        """Let the outbox know, and whoever waits for credit."""
        self.wake()
        super().on_gone()

    async def _until_sendable(self) -> None:
        while not self.is_gone and (self._credit <= 0 or not self.session.has_window):
            self._wake.clear()
            await self._wake.wait()

    def _give_up_credit(self) -> None:
        if self._drain and self._credit > 0 and not self.is_gone:
            self._delivery_count = (self._delivery_count + self._credit) & SERIAL
            self._credit = 0
            self.send_flow()

    def _write(self, buffer: list[bytes]) -> None:
        if buffer and not self.is_gone:
            self.session.connection.write(b"".join(buffer))
        buffer.clear()

    def _frames(self, message: bytes) -> list[bytes]:
        """One message in as many frames as the peer's frame size asks for."""
        room = self.session.connection.peer_max_frame_size - _TRANSFER_OVERHEAD
        pieces = [message[at : at + room] for at in range(0, len(message), room)]
        delivery_id = self.session.next_delivery_id(len(pieces))
        return [
            frame(
                Transfer(
                    handle=self.handle,
                    delivery_id=delivery_id,
                    delivery_tag=struct.pack(">I", delivery_id),
                    message_format=0,
                    settled=True,
                    more=index < len(pieces) - 1,
                ),
                self.session.channel,
                piece,
            )
            for index, piece in enumerate(pieces)
        ]


_TRANSFER_OVERHEAD = 64
"""More than the header and the performative of a transfer take."""
