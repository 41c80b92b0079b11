"""What the wire has to keep to, seen by a bare AMQP peer."""

from __future__ import annotations

import socket
import time

import pytest

from emulators.eventhubs.amqp.composite import decode_composite
from emulators.eventhubs.amqp.performatives import (
    AMQP_HEADER,
    SASL_HEADER,
    Accepted,
    Attach,
    Close,
    Detach,
    Disposition,
    End,
    Error,
    Flow,
    SaslMechanisms,
    Transfer,
)
from emulators.settings import LOOPBACK
from tests.integration.eventhubs.conftest import EventHubs
from tests.integration.eventhubs.peer import Peer, data


def condition(error: Error | None) -> str:
    assert error is not None
    return error.condition


@pytest.fixture
def hub(eventhubs: EventHubs) -> str:
    return eventhubs.new_hub()


def test_an_unknown_protocol_is_answered_with_one_we_speak(eventhubs: EventHubs) -> None:
    with socket.create_connection((LOOPBACK, eventhubs.settings.amqp_port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert connection.recv(8) == AMQP_HEADER
        assert connection.recv(1) == b""


def test_sasl_offers_anonymous_alone(eventhubs: EventHubs) -> None:
    with (
        socket.create_connection((LOOPBACK, eventhubs.settings.amqp_port), timeout=10) as connection,
        connection.makefile("rb") as stream,
    ):
        connection.sendall(SASL_HEADER)
        assert stream.read(8) == SASL_HEADER
        size = int.from_bytes(stream.read(4), "big")
        performative, _ = decode_composite(stream.read(size - 4)[4:])
        assert performative == SaslMechanisms(sasl_server_mechanisms=["ANONYMOUS"])


def test_a_frame_that_makes_no_sense_closes_the_connection_and_no_other(eventhubs: EventHubs) -> None:
    with Peer(eventhubs.settings) as other, Peer(eventhubs.settings) as peer:
        peer.socket.sendall(b"\x00\x00\x00\x0c\x02\x00\x00\x00\x00\x53\x99\x45")
        assert condition(peer.expect(Close).error) == "amqp:decode-error"
        assert other.authorize("orders") == 200


def test_ten_bytes_do_not_stop_the_server(eventhubs: EventHubs) -> None:
    """An array that says it has four thousand million elements, each without a byte."""
    with Peer(eventhubs.settings) as other, Peer(eventhubs.settings) as peer:
        body = b"\xf0\x00\x00\x00\x05\xff\xff\xff\xff\x40"
        peer.socket.sendall(b"\x00\x00\x00\x12\x02\x00\x00\x00" + body)
        assert condition(peer.expect(Close).error) == "amqp:decode-error"
        assert other.authorize("orders") == 200


def test_a_frame_that_is_too_large_closes_the_connection(eventhubs: EventHubs) -> None:
    with Peer(eventhubs.settings) as peer:
        peer.socket.sendall(b"\x7f\xff\xff\xff\x02\x00\x00\x00")
        assert condition(peer.expect(Close).error) == "amqp:connection:framing-error"


def test_a_transfer_without_a_link_ends_the_session(eventhubs: EventHubs) -> None:
    with Peer(eventhubs.settings) as peer:
        peer.transfer(7, data(b""))
        assert condition(peer.expect(End).error) == "amqp:session:unattached-handle"


def test_the_idle_time_out_of_a_peer_is_honoured(eventhubs: EventHubs) -> None:
    with Peer(eventhubs.settings, idle_time_out=400) as peer:
        started = time.monotonic()
        for _ in range(3):
            performative, _ = peer.receive()
            assert performative is None
        assert 0.3 < time.monotonic() - started < 1.2


def test_messages_are_settled_one_by_one(eventhubs: EventHubs, hub: str) -> None:
    with Peer(eventhubs.settings) as peer:
        peer.authorize(hub)
        peer.attach_sender(hub, 2)
        for _ in range(3):
            delivery_id = peer.transfer(2, data(b"unsettled"))
            disposition = peer.expect(Disposition)
            assert (disposition.first, disposition.settled) == (delivery_id, True)
            assert isinstance(disposition.state, Accepted)


def test_messages_sent_as_settled_arrive_unanswered(eventhubs: EventHubs, hub: str) -> None:
    with Peer(eventhubs.settings) as peer:
        peer.authorize(hub)
        peer.attach_sender(hub, 2)
        peer.expect(Flow)
        peer.transfer(2, data(b"settled"), settled=True)
        assert peer.is_silent(0.5)
    assert [message.value() for message in eventhubs.kafka_receive(hub)] == [b"settled"]


def test_a_message_that_is_not_one_is_rejected(eventhubs: EventHubs, hub: str) -> None:
    with Peer(eventhubs.settings) as peer:
        peer.authorize(hub)
        peer.attach_sender(hub, 2)
        peer.transfer(2, b"\x00\x53\x75\xa0\xffshort")
        state = peer.expect(Disposition).state
        assert condition(getattr(state, "error", None)) == "amqp:decode-error"


def test_an_aborted_message_leaves_no_trace(eventhubs: EventHubs, hub: str) -> None:
    with Peer(eventhubs.settings) as peer:
        peer.authorize(hub)
        peer.attach_sender(hub, 2)
        begun = Transfer(handle=2, delivery_id=50, delivery_tag=b"t", more=True)
        peer.send(begun, payload=data(b"aborted")[:6])
        peer.send(Transfer(handle=2, aborted=True))
        peer.transfer(2, data(b"whole"))
        assert isinstance(peer.expect(Disposition).state, Accepted)
    assert [message.value() for message in eventhubs.kafka_receive(hub)] == [b"whole"]


def test_no_more_is_sent_than_there_is_credit_for(eventhubs: EventHubs, hub: str) -> None:
    eventhubs.kafka_send(hub, *(str(number).encode() for number in range(10)))
    with Peer(eventhubs.settings) as peer:
        peer.authorize(hub)
        peer.attach_receiver(f"{hub}/ConsumerGroups/$Default/Partitions/0", 2)
        assert peer.is_silent(0.6)
        peer.flow(2, link_credit=2)
        assert [peer.expect(Transfer).settled for _ in range(2)] == [True, True]
        assert peer.is_silent(0.6)
        peer.flow(2, link_credit=3, delivery_count=2)
        assert [peer.expect(Transfer).delivery_id for _ in range(3)]
        assert peer.is_silent(0.6)


def test_credit_that_is_to_be_drained_is_given_back(eventhubs: EventHubs, hub: str) -> None:
    with Peer(eventhubs.settings) as peer:
        peer.authorize(hub)
        peer.attach_receiver(f"{hub}/ConsumerGroups/$Default/Partitions/0", 2)
        peer.flow(2, link_credit=5, drain=True)
        flow = peer.expect(Flow)
        assert (flow.handle, flow.link_credit, flow.delivery_count) == (2, 0, 5)


def test_links_live_as_long_as_their_token(eventhubs: EventHubs, hub: str) -> None:
    with Peer(eventhubs.settings) as peer:
        assert peer.authorize(hub, seconds=2) == 200
        assert peer.attach_sender(hub, 2).target is not None
        assert condition(peer.expect(Detach).error) == "amqp:unauthorized-access"
        # A new token lets the next link in, and renewing it in time keeps the link.
        assert peer.put_token(hub, seconds=2) == 200
        assert peer.attach_sender(hub, 3).target is not None
        assert peer.put_token(hub, seconds=60) == 200
        assert peer.is_silent(2.5)


def test_no_link_without_a_token_and_none_beyond_it(eventhubs: EventHubs, hub: str) -> None:
    with Peer(eventhubs.settings) as peer:
        assert peer.attach_sender(hub, 2).target is None
        assert condition(peer.expect(Detach).error) == "amqp:unauthorized-access"
        assert peer.authorize("orders") == 200
        assert peer.attach_sender(hub, 3).target is None
        assert condition(peer.expect(Detach).error) == "amqp:unauthorized-access"


def test_a_request_about_a_hub_brings_its_own_token(eventhubs: EventHubs, hub: str) -> None:
    """As JavaScript's SDK asks: the connection's token is for `$management`, the request's for the hub."""
    with Peer(eventhubs.settings) as peer:
        assert peer.authorize(f"{hub}/$management") == 200
        peer.attach_receiver("$management", 2)
        peer.flow(2, link_credit=10)
        peer.attach_sender("$management", 3)
        asked = {"operation": "READ", "type": "com.microsoft:eventhub"}
        assert peer.ask(3, "", name=hub, security_token=peer.token(hub), **asked) == 200
        assert peer.ask(3, "", name=hub, security_token=peer.token(f"{hub}/$management"), **asked) == 200
        assert peer.ask(3, "", name=hub, security_token=peer.token("orders"), **asked) == 401
        assert peer.ask(3, "", name=hub, security_token=peer.token(hub, seconds=-5), **asked) == 401
        assert peer.ask(3, "", name="orders", **asked) == 401
        assert peer.ask(3, "", name="orders", security_token=peer.token("orders"), **asked) == 200


def test_a_handle_in_use_ends_the_session(eventhubs: EventHubs) -> None:
    with Peer(eventhubs.settings) as peer:
        peer.attach_sender("$cbs", 2)
        peer.send(Attach(name="again", handle=2, role=False))
        assert condition(peer.expect(End).error) == "amqp:session:handle-in-use"
