"""Hubs that misbehave: an AMQP server that does what a test says with each batch, and a line that goes dead.

Both run in this process on threads of their own, so that every test has its own and many run side by side.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from emulators.eventhubs.amqp import encoding
from emulators.eventhubs.amqp.composite import Composite
from emulators.eventhubs.amqp.connection import Connection
from emulators.eventhubs.amqp.interfaces import Delivery as AnyDelivery
from emulators.eventhubs.amqp.interfaces import Inbox, IncomingLink, Outbox, OutgoingLink
from emulators.eventhubs.amqp.link import MAX_MESSAGE_SIZE
from emulators.eventhubs.amqp.receiver import Delivery
from emulators.eventhubs.messages import events_of
from emulators.eventhubs.nodes.requests import Request
from emulators.eventhubs.nodes.responders import Responder
from emulators.settings import LOOPBACK

HUB = "orders"


class Released(Composite, code=0x26):
    """The outcome of a delivery that was not taken and may be sent again (AMQP 1.0, 3.4.4)."""


class Batch:
    """One batch that a sender waits for an answer to; `number` counts the batches of a hub from 1."""

    def __init__(self, hub: FaultyHub, delivery: Delivery, number: int) -> None:
        self.hub = hub
        self.delivery = delivery
        self.number = number
        self.link = delivery.link

    def take(self) -> None:
        """Write the events, without a word to the sender."""
        self.hub.taken += [event.value for event in events_of(self.delivery.message, self.delivery.format)]

    def accept(self) -> None:
        """Write the events and say so."""
        self.take()
        self.delivery.accept()

    def release(self) -> None:
        """Answer with the outcome `released`."""
        self.delivery.settle(Released())

    def drop(self) -> None:
        """End the connection as a process does that dies: without a word of AMQP."""
        transport = self.connection._transport
        assert transport is not None
        transport.abort()

    @property
    def connection(self) -> Connection:
        connection = self.link.session.connection
        assert isinstance(connection, Connection)
        return connection

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, act)


class Loop:
    """A server on an event loop in a thread of its own; `port` is where it listens."""

    def __init__(self) -> None:
        self.port = 0
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    async def serve(self) -> asyncio.Server:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    @property
    def connection_string(self) -> str:
        return (
            f"Endpoint=sb://{LOOPBACK}:{self.port};SharedAccessKeyName=any;SharedAccessKey=a2V5;"
            "UseDevelopmentEmulator=true;"
        )

    async def _run(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await self.serve()
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._over.wait()
        server.close()


class FaultyHub(Loop):
    """A hub that lets everybody in and treats each batch as it was told.

    Args:
        treat: what becomes of a batch.
        attach: called when a sender attaches, with how many did before; may raise an AmqpError.
    """

    def __init__(
        self, treat: Callable[[Batch], None], attach: Callable[[int], None] = lambda _: None
    ) -> None:
        super().__init__()
        self.treat = treat
        self.attach = attach
        self.taken: list[bytes] = []
        self.batches = 0
        self.attached = 0

    async def serve(self) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(lambda: Connection(lambda _: self), LOOPBACK, 0)

    @property
    def is_authorized(self) -> bool:
        return True

    async def open_inbox(self, link: IncomingLink) -> Inbox:
        if link.address.endswith("$cbs"):
            return _Welcome(link)
        if link.address.endswith("$management"):
            return _Properties(link)
        self.attached += 1
        self.attach(self.attached - 1)
        return _Hub(self)

    async def open_outbox(self, link: OutgoingLink) -> Outbox:
        return _Quiet()

    def disconnected(self) -> None:
        pass


class _Hub:
    max_message_size = MAX_MESSAGE_SIZE

    def __init__(self, hub: FaultyHub) -> None:
        self._hub = hub

    def deliver(self, delivery: AnyDelivery) -> None:
        assert isinstance(delivery, Delivery)
        self._hub.batches += 1
        self._hub.treat(Batch(self._hub, delivery, self._hub.batches))

    def detached(self) -> None:
        pass


class _Quiet:
    def attached(self) -> None:
        pass

    def detached(self) -> None:
        pass


class _Welcome(Responder):
    async def answer(self, request: Request) -> tuple[str, bytes]:
        return "OK", encoding.NULL


class _Properties(Responder):
    async def answer(self, request: Request) -> tuple[str, bytes]:
        values = {
            "name": encoding.string(HUB),
            "created_at": encoding.timestamp(0),
            "partition_ids": encoding.string_array(["0"]),
        }
        return "OK", encoding.map_of((encoding.string(name), value) for name, value in values.items())


class Line(Loop):
    """A TCP line to a port that goes dead: from then on what is sent vanishes, and nothing is closed.

    Args:
        target: the port at the other end.
        dies: told what the client just sent, whether the line dies before it is passed on.
        mortal: how many connections may die; later ones live; None for all.
        bytes_per_second: how fast the client is read, None for as fast as it goes.
    """

    def __init__(
        self,
        target: int,
        dies: Callable[[bytes], bool],
        mortal: int | None = None,
        bytes_per_second: float | None = None,
    ) -> None:
        super().__init__()
        self._target = target
        self._dies = dies
        self._mortal = mortal
        self._rate = bytes_per_second
        self._dead = 0

    async def serve(self) -> asyncio.Server:
        return await asyncio.start_server(self._connect, LOOPBACK, 0, limit=4096)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there = await asyncio.open_connection(LOOPBACK, self._target)
        is_dead = False

        async def forth() -> None:
            nonlocal is_dead
            while data := await reader.read(4096 if self._rate else 65536):
                if not is_dead and (self._mortal is None or self._dead < self._mortal) and self._dies(data):
                    is_dead = True
                    self._dead += 1
                if not is_dead:
                    there.write(data)
                if self._rate:
                    await asyncio.sleep(len(data) / self._rate)
            if not is_dead:
                there.close()

        async def back() -> None:
            while data := await there_reader.read(65536):
                if not is_dead:
                    writer.write(data)
            if not is_dead:
                writer.close()

        with contextlib.suppress(ConnectionError):
            await asyncio.gather(forth(), back())
