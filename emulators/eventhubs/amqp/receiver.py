"""Our end of a link on which the peer sends."""

from __future__ import annotations

from dataclasses import dataclass

from emulators.eventhubs.amqp.composite import Composite
from emulators.eventhubs.amqp.errors import MESSAGE_TOO_LARGE, TRANSFER_LIMIT, AmqpError
from emulators.eventhubs.amqp.interfaces import Inbox, OutgoingLink, Session
from emulators.eventhubs.amqp.link import FIRST, MAX_MESSAGE_SIZE, SERIAL, Link
from emulators.eventhubs.amqp.performatives import (
    Accepted,
    Attach,
    Disposition,
    Error,
    Rejected,
    Source,
    Target,
    Transfer,
)

CREDIT = 1000
"""Deliveries a peer may have under way; it is topped up when half is used."""
MAX_UNSETTLED = 2 * CREDIT
"""Deliveries at which a link ends: credit is not enforced, as the SDK sends its first batch without any."""


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
        self._max_size = MAX_MESSAGE_SIZE

    @property
    def address(self) -> str:
        """Address of the target."""
        return (self.peer.target and self.peer.target.address) or ""

    @property
    def way_back(self) -> OutgoingLink | None:
        """The link on which the peer receives from the same address: where answers go."""
        return self.session.sender_from(self.address)

    async def find_node(self) -> Inbox:
        """Ask the container for what takes the peer's messages."""
        return await self.session.connection.container.open_inbox(self)

    def terms(self, node: Inbox) -> Attach:
        """Take messages, each settled by us."""
        return Attach(
            name=self.peer.name,
            handle=self.handle,
            role=True,
            snd_settle_mode=self.peer.snd_settle_mode,
            rcv_settle_mode=FIRST,
            source=Source(address=self.peer.source.address) if self.peer.source else Source(),
            target=Target(address=self.address),
            max_message_size=node.max_message_size,
        )

    def begin(self, node: Inbox) -> None:
        """Grant credit."""
        self._max_size = node.max_message_size
        self._top_up()

    def on_transfer(self, transfer: Transfer, payload: bytes) -> None:
        """Collect the frames of a message; hand it over when it is complete."""
        first = self._first = self._first or transfer
        if transfer.aborted:
            self._forget()
            return
        self._size += len(payload)
        if self._size > self._max_size:
            self._parts.clear()
        elif payload:
            self._parts.append(payload)
        if transfer.more:
            return
        self._delivery_count = (self._delivery_count + 1) & SERIAL
        self._credit -= 1
        if not self._node or not self.is_open:
            self._forget()  # Sent before we have answered the attach: nobody is there to take it.
            return
        delivery = Delivery(
            link=self,
            id=first.delivery_id or 0,
            format=first.message_format or 0,
            # The flag may be left out of all frames but one.
            is_settled=bool(first.settled or transfer.settled),
            message=b"".join(self._parts),
        )
        size = self._size
        self._forget()
        self._unsettled += 1
        self.session.connection.hold(len(delivery.message))
        if self._unsettled > MAX_UNSETTLED:
            self.session.connection.release(len(delivery.message))
            self.detach(AmqpError(TRANSFER_LIMIT, f"more than {MAX_UNSETTLED} deliveries are unsettled"))
        elif size > self._max_size:
            delivery.reject(AmqpError(MESSAGE_TOO_LARGE, f"{size} bytes are more than {self._max_size}"))
        else:
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

    def settled(self, delivery: Delivery) -> None:
        """One of the deliveries has come to its end."""
        self._unsettled -= 1
        self.session.connection.release(len(delivery.message))
        if self.is_gone:
            return
        # What was granted and what is under way make up the whole.
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
        self.settle(Accepted())

    def reject(self, error: AmqpError) -> None:
        """Tell the peer that the message was not taken, and why."""
        self.settle(Rejected(error=Error.of(error)))

    def settle(self, outcome: Composite) -> None:
        """Tell the peer an outcome, unless it sent the message as settled or is gone."""
        if not self.is_settled and not self.link.is_gone:
            self.link.session.send(
                Disposition(role=True, first=self.id, last=self.id, settled=True, state=outcome)
            )
        self.link.settled(self)
