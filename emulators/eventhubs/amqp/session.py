"""A session: the links on one channel of a connection and the windows they share."""

from __future__ import annotations

from emulators.eventhubs.amqp.composite import Composite
from emulators.eventhubs.amqp.errors import (
    FRAMING_ERROR,
    HANDLE_IN_USE,
    RESOURCE_LIMIT,
    UNATTACHED_HANDLE,
    AmqpError,
    SessionError,
)
from emulators.eventhubs.amqp.interfaces import Connection, LinkEnd
from emulators.eventhubs.amqp.link import SERIAL
from emulators.eventhubs.amqp.performatives import (
    Attach,
    Begin,
    Detach,
    End,
    Error,
    Flow,
    Transfer,
    frame,
)
from emulators.eventhubs.amqp.receiver import Receiver
from emulators.eventhubs.amqp.sender import Sender

WINDOW = 65536
"""Transfer frames a peer may have under way."""
HANDLE_MAX = 255
"""Highest handle of a link, as the service has it."""


class Session:
    """Our end of a session; it answers on the channel number the peer chose."""

    def __init__(self, connection: Connection, channel: int, begin: Begin) -> None:
        self.connection = connection
        self.channel = channel
        self._links: dict[int, Receiver | Sender] = {}
        self._detached: set[int] = set()
        """Handles of links that we have detached and the peer has not."""
        self._next_incoming_id = begin.next_outgoing_id
        self._incoming_window = WINDOW
        self._next_outgoing_id = 0
        self._peer_incoming_window = begin.incoming_window
        self._deliveries = 0
        self.send(
            Begin(
                remote_channel=channel,
                next_outgoing_id=self._next_outgoing_id,
                incoming_window=WINDOW,
                outgoing_window=WINDOW,
                handle_max=HANDLE_MAX,
            )
        )

    @property
    def link_count(self) -> int:
        """How many links are attached."""
        return len(self._links)

    @property
    def has_window(self) -> bool:
        """Whether the peer takes another transfer frame."""
        return self._peer_incoming_window > 0

    def handle(self, performative: Composite, payload: bytes) -> None:
        """Take one frame of this session.

        Raises:
            SessionError: the frame is not allowed here; the session is to end.
            AmqpError: the frame is not allowed at all; the connection is to end.
        """
        match performative:
            case Transfer():
                self._on_transfer(performative, payload)
            case Flow():
                self._on_flow(performative)
            case Attach():
                self._on_attach(performative)
            case Detach():
                self._on_detach(performative)
            case _:
                pass  # A disposition: what we send is settled already.

    def send(self, performative: Composite) -> None:
        """Send one frame of this session."""
        self.connection.write(frame(performative, self.channel))

    def send_flow(
        self,
        *,
        handle: int | None = None,
        delivery_count: int | None = None,
        link_credit: int | None = None,
        drain: bool | None = None,
    ) -> None:
        """Tell the state of this session and, with a handle, of a link; this renews the peer's window."""
        self._incoming_window = WINDOW
        self.send(
            Flow(
                next_incoming_id=self._next_incoming_id,
                incoming_window=WINDOW,
                next_outgoing_id=self._next_outgoing_id,
                outgoing_window=WINDOW,
                handle=handle,
                delivery_count=delivery_count,
                link_credit=link_credit,
                drain=drain,
            )
        )

    def next_delivery_id(self, frames: int) -> int:
        """Number a delivery we send, and count its frames against the peer's window."""
        delivery_id = self._deliveries
        self._deliveries = (self._deliveries + 1) & SERIAL
        self._next_outgoing_id = (self._next_outgoing_id + frames) & SERIAL
        self._peer_incoming_window -= frames
        return delivery_id

    def sender_from(self, address: str) -> Sender | None:
        """The link on which the peer receives from an address."""
        senders = (link for link in self._links.values() if isinstance(link, Sender))
        return next((link for link in senders if link.address == address), None)

    def link_ended(self, link: LinkEnd, handle: int) -> None:
        """A link has ended; if it was not the peer who ended it, frames for it may still be on their way."""
        if self._links.get(handle) is link:
            del self._links[handle]
            self._detached.add(handle)

    def end(self, error: SessionError | None = None) -> None:
        """End the session from our side."""
        self.gone()
        self.send(End(error=Error.of(error) if error else None))

    def gone(self) -> None:
        """The session has ended: so have its links."""
        links = list(self._links.values())
        self._links.clear()
        for link in links:
            link.gone()

    def _on_attach(self, attach: Attach) -> None:
        if attach.handle > HANDLE_MAX:
            raise AmqpError(FRAMING_ERROR, f"handle {attach.handle}; {HANDLE_MAX} is the highest")
        if attach.handle in self._links:
            raise SessionError(HANDLE_IN_USE, f"handle {attach.handle} is attached")
        link = Sender(self, attach) if attach.role else Receiver(self, attach)
        has_room = self.connection.has_room_for_a_link
        self._detached.discard(attach.handle)
        self._links[attach.handle] = link
        if has_room:
            self.connection.spawn(link.open())
        else:
            link.refuse(AmqpError(RESOURCE_LIMIT, "There are too many links on this connection."))

    def _on_detach(self, detach: Detach) -> None:
        self._detached.discard(detach.handle)
        if link := self._links.pop(detach.handle, None):
            link.gone()
            self.send(Detach(handle=detach.handle, closed=detach.closed))

    def _on_transfer(self, transfer: Transfer, payload: bytes) -> None:
        self._next_incoming_id = (self._next_incoming_id + 1) & SERIAL
        self._incoming_window -= 1
        if self._incoming_window < WINDOW // 2:
            self.send_flow()
        if transfer.handle in self._detached:
            return
        link = self._links.get(transfer.handle)
        if not isinstance(link, Receiver):
            raise SessionError(UNATTACHED_HANDLE, f"no link receives on handle {transfer.handle}")
        link.on_transfer(transfer, payload)

    def _on_flow(self, flow: Flow) -> None:
        # The peer's window counts from the first frame it has not seen; before it saw any, from our first.
        seen = flow.next_incoming_id or 0
        under_way = (self._next_outgoing_id - seen) & SERIAL
        self._peer_incoming_window = flow.incoming_window - under_way
        if flow.handle is None:
            for link in self._links.values():
                if isinstance(link, Sender):
                    link.wake()
            if flow.echo:
                self.send_flow()
            return
        if flow.handle in self._detached:
            return
        link_of_flow = self._links.get(flow.handle)
        if link_of_flow is None:
            raise SessionError(UNATTACHED_HANDLE, f"no link on handle {flow.handle}")
        link_of_flow.on_flow(flow)
