"""Our end of a link on which the peer receives."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterable

from emulators.eventhubs.amqp.interfaces import Outbox, Session
from emulators.eventhubs.amqp.link import FIRST, MAX_MESSAGE_SIZE, SERIAL, SETTLED, Link
from emulators.eventhubs.amqp.performatives import Attach, Flow, Source, Target, Transfer, frame

WRITE_AT_ONCE = 256 * 1024
"""Bytes of messages after which a sender waits until the socket takes more."""
_TRANSFER_OVERHEAD = 64
"""More than the header and the performative of a transfer take."""


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
        return await self.session.connection.container.open_outbox(self)

    def terms(self, node: Outbox) -> Attach:
        """Send messages that are settled already."""
        return Attach(
            name=self.peer.name,
            handle=self.handle,
            role=False,
            snd_settle_mode=SETTLED,
            rcv_settle_mode=FIRST,
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
        size = 0
        for message in messages:
            if self._credit <= 0 or not self.session.has_window:
                self._write(buffer)
                await self._until_sendable()
            if self.is_gone:
                return
            self._credit -= 1
            self._delivery_count = (self._delivery_count + 1) & SERIAL
            buffer.extend(self._frames(message))
            size += len(message)
            if size >= WRITE_AT_ONCE:
                self._write(buffer)
                size = 0
                await self.session.connection.drained()
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
