"""One connection, without a socket: what it refuses, and what it keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from emulators.eventhubs.amqp import encoding, limits
from emulators.eventhubs.amqp.composite import Composite, decode_composite
from emulators.eventhubs.amqp.connection import Connection
from emulators.eventhubs.amqp.errors import NOT_FOUND, RESOURCE_LIMIT, AmqpError
from emulators.eventhubs.amqp.interfaces import Delivery, Inbox, IncomingLink, Outbox, OutgoingLink
from emulators.eventhubs.amqp.performatives import (
    AMQP_HEADER,
    SASL_FRAME,
    SASL_HEADER,
    Attach,
    Begin,
    Close,
    Detach,
    Flow,
    Open,
    SaslInit,
    SaslOutcome,
    Source,
    Target,
    Transfer,
    frame,
)
from emulators.eventhubs.amqp.receiver import MAX_UNSETTLED
from emulators.eventhubs.amqp.sender import WRITE_AT_ONCE


class Transport(asyncio.Transport):
    """What asyncio would give a connection; `sent` are the frames that left."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""
        self.is_closing_ = self.is_aborted = self.is_paused = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.data += bytes(data)

    def close(self) -> None:
        self.is_closing_ = True

    def abort(self) -> None:
        self.is_aborted = True

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def sent(self, kind: type[Composite]) -> list[Any]:
        found, data = [], self.data
        while data:
            if data[:4] == b"AMQP":
                data = data[8:]
                continue
            size = int.from_bytes(data[:4], "big")
            if size > 8:
                found.append(decode_composite(data[8:size])[0])
            data = data[size:]
        return [each for each in found if isinstance(each, kind)]


class Box:
    """A node that keeps what it is given, and answers for none of it."""

    max_message_size = 1000

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []

    def deliver(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)

    def attached(self) -> None:
        pass

    def detached(self) -> None:
        pass


class Container:
    def __init__(self, is_authorized: bool = True) -> None:
        self.is_authorized = is_authorized
        self.box = Box()
        self.is_gone = False

    async def open_inbox(self, link: IncomingLink) -> Inbox:
        if link.address == "nowhere":
            raise AmqpError(NOT_FOUND, "nowhere")
        return self.box

    async def open_outbox(self, link: OutgoingLink) -> Outbox:
        return self.box

    def disconnected(self) -> None:
        self.is_gone = True


class Peer:
    """The other end."""

    def __init__(self, container: Container) -> None:
        self.transport = Transport()
        self.connection = Connection(lambda _: container)
        self.connection.connection_made(self.transport)

    def send(self, *performatives: Composite, channel: int = 0, payload: bytes = b"") -> None:
        for each in performatives:
            self.connection.data_received(frame(each, channel, payload))

    def open(self) -> None:
        self.connection.data_received(AMQP_HEADER)
        self.send(Open(container_id="peer"), BEGIN)

    async def attach(self, handle: int = 0, address: str = "hub") -> None:
        self.send(attach(handle, address))
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    @property
    def condition(self) -> str:
        """Why the connection was closed."""
        (close,) = self.transport.sent(Close)
        assert self.transport.is_closing_
        return str(close.error.condition)


BEGIN = Begin(next_outgoing_id=0, incoming_window=1000, outgoing_window=1000)


def attach(handle: int, address: str = "hub", **options: Any) -> Attach:
    return Attach(
        name=f"link {handle}",
        handle=handle,
        role=False,
        source=Source(),
        target=Target(address=address),
        **options,
    )


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await scenario()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("frames", "condition"),
    [
        ([b"\x7f\xff\xff\xff\x02\x00\x00\x00"], "amqp:connection:framing-error"),
        ([b"\x00\x00\x00\x07\x02\x00\x00\x00"], "amqp:connection:framing-error"),
        ([b"\x00\x00\x00\x09\x01\x00\x00\x00\x40"], "amqp:connection:framing-error"),
        ([b"\x00\x00\x00\x09\xff\x00\x00\x00\x40"], "amqp:connection:framing-error"),
        ([b"\x00\x00\x00\x09\x02\x07\x00\x00\x40"], "amqp:connection:framing-error"),
        ([frame(SaslInit(mechanism="ANONYMOUS"), kind=SASL_FRAME)], "amqp:connection:framing-error"),
        ([frame(BEGIN)], "amqp:not-allowed"),
        ([frame(Open(container_id="c" * 9000))], "amqp:connection:framing-error"),
        ([frame(Open(container_id="a")), frame(Open(container_id="b"))], "amqp:not-allowed"),
        ([frame(Open(container_id="a")), frame(BEGIN, channel=5000)], "amqp:connection:framing-error"),
        ([frame(Open(container_id="a")), frame(BEGIN), frame(BEGIN)], "amqp:not-allowed"),
        (
            [frame(Open(container_id="a")), frame(BEGIN), frame(attach(256))],
            "amqp:connection:framing-error",
        ),
        (
            [
                frame(Open(container_id="a")),
                frame(BEGIN),
                b"\0\0\0\x14\2\0\0\0\xf0\0\0\0\5\xff\xff\xff\xff\x40\0\0",
            ],
            "amqp:decode-error",
        ),
    ],
)
def test_a_connection_that_breaks_the_rules_is_closed(frames: list[bytes], condition: str) -> None:
    async def scenario() -> None:
        peer = Peer(Container())
        peer.connection.data_received(AMQP_HEADER + b"".join(frames))
        assert peer.condition == condition

    run(scenario)


@pytest.mark.parametrize(
    "field", [{"name": 7}, {"handle": "x"}, {"role": None}, {"source": "hub"}, {"handle": -1}, {"target": 7}]
)
def test_fields_of_a_wrong_type_are_a_decode_error(field: dict[str, Any]) -> None:
    values: dict[str, Any] = {"name": "n", "handle": 0, "role": False, "source": None, "target": None} | field

    def encoded(value: Any) -> bytes:
        match value:
            case None:
                return encoding.NULL
            case bool():
                return encoding.boolean(value)
            case int():
                return encoding.int32(value)
            case _:
                return encoding.string(value)

    names = ("name", "handle", "role", "snd", "rcv", "source", "target")
    body = encoding.described(
        encoding.ulong(0x12), encoding.list_of([encoded(values.get(name)) for name in names])
    )
    with pytest.raises(AmqpError, match="amqp:decode-error: Attach"):
        decode_composite(body)


def test_sasl_comes_first_and_a_second_mechanism_is_refused() -> None:
    async def scenario() -> None:
        peer = Peer(Container())
        peer.connection.data_received(
            SASL_HEADER + frame(SaslInit(mechanism="PLAIN", initial_response=b"x"), kind=SASL_FRAME)
        )
        assert [each.outcome for each in peer.transport.sent(SaslOutcome)] == [1]
        assert peer.transport.is_closing_

    run(scenario)


def test_without_a_token_a_connection_gets_few_sessions_and_links() -> None:
    async def scenario() -> None:
        peer = Peer(Container(is_authorized=False))
        peer.open()
        for handle in range(limits.MAX_UNAUTHORIZED + 2):
            await peer.attach(handle, "$cbs")
        refused = peer.transport.sent(Detach)
        assert [each.error.condition for each in refused] == [RESOURCE_LIMIT] * 2
        for channel in range(1, limits.MAX_UNAUTHORIZED):
            peer.send(BEGIN, channel=channel)
        assert not peer.transport.is_closing_
        peer.send(BEGIN, channel=100)
        assert peer.condition == RESOURCE_LIMIT

    run(scenario)


def test_with_a_token_links_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_LINKS", 3)

    async def scenario() -> None:
        peer = Peer(Container())
        peer.open()
        for handle in range(4):
            await peer.attach(handle)
        (refused,) = peer.transport.sent(Detach)
        assert (refused.handle, refused.error.condition) == (3, RESOURCE_LIMIT)
        peer.send(Detach(handle=0, closed=True))
        await peer.attach(4)
        assert len([each for each in peer.transport.sent(Attach) if each.target]) == 4

    run(scenario)


def test_links_that_were_refused_leave_nothing_behind() -> None:
    async def scenario() -> None:
        peer = Peer(Container())
        peer.open()
        for _ in range(300):
            await peer.attach(7, "nowhere")
            peer.send(Transfer(handle=7), payload=b"on its way already")
            peer.send(Flow(incoming_window=1, next_outgoing_id=0, outgoing_window=1, handle=7))
        (session,) = peer.connection._sessions.values()
        assert session.link_count == 0
        assert len(session._detached) == 1
        assert len(peer.transport.sent(Detach)) == 300
        assert not peer.transport.is_closing_

    run(scenario)


def test_a_message_beyond_the_size_of_its_node_is_rejected_and_not_kept() -> None:
    async def scenario() -> None:
        container = Container()
        peer = Peer(container)
        peer.open()
        await peer.attach()
        assert peer.transport.sent(Attach)[0].max_message_size == Box.max_message_size
        for _ in range(100):
            peer.send(Transfer(handle=0, delivery_id=1, more=True), payload=b"x" * 50)
            peer.send(Transfer(handle=0, more=True))
        link = next(iter(next(iter(peer.connection._sessions.values()))._links.values()))
        assert sum(len(part) for part in getattr(link, "_parts")) <= Box.max_message_size  # noqa: B009
        peer.send(Transfer(handle=0))
        assert container.box.deliveries == []
        assert b"message-size-exceeded" in peer.transport.data

    run(scenario)


def test_deliveries_without_an_answer_are_bounded_in_number() -> None:
    async def scenario() -> None:
        container = Container()
        peer = Peer(container)
        peer.open()
        await peer.attach()
        for number in range(MAX_UNSETTLED + 1):
            peer.send(Transfer(handle=0, delivery_id=number), payload=b"x")
        assert len(container.box.deliveries) == MAX_UNSETTLED
        (detach,) = peer.transport.sent(Detach)
        assert detach.error.condition == "amqp:link:transfer-limit-exceeded"
        for delivery in container.box.deliveries:
            delivery.accept()
        assert peer.connection._held == 0

    run(scenario)


def test_deliveries_without_an_answer_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_HELD", 2500)

    async def scenario() -> None:
        container = Container()
        peer = Peer(container)
        peer.open()
        await peer.attach()
        for number in range(3):
            assert not peer.transport.is_paused
            peer.send(Transfer(handle=0, delivery_id=number), payload=b"x" * 900)
        assert peer.transport.is_paused
        container.box.deliveries[0].accept()
        assert not peer.transport.is_paused

    run(scenario)


def test_a_peer_that_does_not_read_is_not_read_from() -> None:
    async def scenario() -> None:
        peer = Peer(Container())
        peer.open()
        peer.connection.pause_writing()
        assert peer.transport.is_paused
        peer.connection.resume_writing()
        assert not peer.transport.is_paused

    run(scenario)


def test_what_waits_for_a_peer_that_does_not_read_is_bounded() -> None:
    async def scenario() -> None:
        container = Container()
        peer = Peer(container)
        peer.open()
        peer.send(Attach(name="l", handle=0, role=True, source=Source(address="hub"), target=Target()))
        await asyncio.sleep(0.01)
        peer.send(
            Flow(incoming_window=9999, next_outgoing_id=0, outgoing_window=1, handle=0, link_credit=1000)
        )
        (session,) = peer.connection._sessions.values()
        link = session.sender_from("hub")
        assert link
        peer.connection.pause_writing()
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            group.create_task(link.send(b"x" * 50_000 for _ in range(200)))
            await asyncio.sleep(0.01)
            assert len(peer.transport.data) < 2 * WRITE_AT_ONCE
            peer.connection.resume_writing()
        assert len(peer.transport.sent(Transfer)) == 200

    run(scenario)


def test_a_peer_that_does_not_read_its_farewell_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LAST_WORDS", 0.01)

    async def scenario() -> None:
        peer = Peer(Container())
        peer.open()
        peer.connection.close()
        await asyncio.sleep(0.05)
        assert peer.transport.is_aborted

    run(scenario)


def test_a_short_idle_time_out_does_not_make_the_server_busy() -> None:
    async def scenario() -> None:
        peer = Peer(Container())
        peer.connection.data_received(AMQP_HEADER)
        peer.send(Open(container_id="c", idle_time_out=1))
        sent = len(peer.transport.data)
        await asyncio.sleep(0.35)
        assert 8 <= len(peer.transport.data) - sent <= 4 * 8
        peer.connection.connection_lost(None)

    run(scenario)


def test_a_connection_for_which_there_is_no_room_is_dropped() -> None:
    def no_room(connection: Connection) -> Container:
        raise AmqpError(RESOURCE_LIMIT, "full")

    async def scenario() -> None:
        connection, transport = Connection(no_room), Transport()
        connection.connection_made(transport)
        assert transport.is_aborted
        connection.data_received(AMQP_HEADER)
        connection.connection_lost(None)
        assert transport.data == b""

    run(scenario)
