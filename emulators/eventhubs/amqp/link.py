"""What the two ends of a link share: identity and life cycle."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

from emulators.eventhubs.amqp.errors import AmqpError
from emulators.eventhubs.amqp.interfaces import Inbox, Outbox, Session
from emulators.eventhubs.amqp.performatives import Attach, Detach, Error, Flow

MAX_MESSAGE_SIZE = 1024 * 1024
"""Largest message in bytes, batches included: the limit of Event Hubs' Standard tier."""
SERIAL = 0xFFFFFFFF
"""Delivery counts and ids are 32-bit serial numbers, which wrap."""
SETTLED, FIRST = 1, 0
"""Settle modes: we send settled; a receiver settles first, without waiting for the sender."""

Node = TypeVar("Node", Inbox, Outbox)
"""What a link ends at on our side."""


class Link(ABC, Generic[Node]):
    """Our end of a link."""

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
        self.session.send(self.terms(node))
        self.begin(node)

    @abstractmethod
    async def find_node(self) -> Node:
        """Ask the container for the node at our end.

        Raises:
            AmqpError: there is none for this peer.
        """

    @abstractmethod
    def terms(self, node: Node) -> Attach:
        """Our attach, once the node is found."""

    @abstractmethod
    def begin(self, node: Node) -> None:
        """The link is up: let messages come or go."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine for the node; it is to end by itself when the link is gone."""
        self.session.connection.spawn(work)

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
            self.session.link_ended(self, self.handle)
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
