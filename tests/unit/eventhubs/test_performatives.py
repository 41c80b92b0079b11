"""Performatives against the SDK's own, in both directions."""

from __future__ import annotations

from typing import Any

import pytest
from azure.eventhub._pyamqp import endpoints, error
from azure.eventhub._pyamqp import performatives as theirs
from azure.eventhub._pyamqp._decode import decode_frame
from azure.eventhub._pyamqp._encode import encode_frame

from emulators.eventhubs.amqp import encoding
from emulators.eventhubs.amqp import performatives as ours
from emulators.eventhubs.amqp.composite import Composite, decode_composite
from emulators.eventhubs.amqp.decoding import Described
from emulators.eventhubs.amqp.errors import AmqpError


@pytest.mark.parametrize(
    ("performative", "positions"),
    [
        (ours.Open(container_id="c"), 10),
        (ours.Begin(next_outgoing_id=0, incoming_window=1, outgoing_window=1), 8),
        (ours.Attach(name="n", handle=0, role=True), 14),
        (ours.Flow(incoming_window=1, next_outgoing_id=0, outgoing_window=1), 11),
        (ours.Transfer(handle=0), 12),  # the SDK counts the payload as the last
        (ours.Disposition(role=True, first=0), 6),
        (ours.Detach(handle=0), 3),
        (ours.End(), 1),
        (ours.Close(), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_sdk_finds_every_position_it_indexes(performative: Composite, positions: int) -> None:
    kind, fields = sdk_decode(ours.frame(performative))
    assert kind == performative.code
    assert len(fields) == positions


def test_an_error_is_told_in_full() -> None:
    told = ours.Error.of(AmqpError("amqp:not-found", "no such hub"))
    _, fields = sdk_decode(ours.frame(ours.Detach(handle=3, closed=True, error=told)))
    assert fields == [3, True, [b"amqp:not-found", b"no such hub", None]]


@pytest.mark.parametrize(
    ("state", "seen"),
    [
        (ours.Accepted(), {"accepted": []}),
        (
            ours.Rejected(error=ours.Error(condition="c", description="d")),
            {"rejected": [[b"c", b"d", None]]},
        ),
    ],
    ids=["accepted", "rejected"],
)
def test_the_sdk_understands_our_outcomes(state: Composite, seen: dict[str, Any]) -> None:
    disposition = ours.Disposition(role=True, first=1, last=1, settled=True, state=state)
    _, fields = sdk_decode(ours.frame(disposition))
    assert fields == [True, 1, 1, True, seen, None]


def test_the_payload_follows_the_performative() -> None:
    frame = ours.frame(ours.Transfer(handle=1, delivery_id=2, delivery_tag=b"t"), 5, b"payload")
    assert frame[:8] == len(frame).to_bytes(4, "big") + b"\x02\x00\x00\x05"
    _, fields = sdk_decode(frame)
    assert bytes(fields[11]) == b"payload"
    performative, at = decode_composite(frame[8:])
    assert performative == ours.Transfer(handle=1, delivery_id=2, delivery_tag=b"t")
    assert frame[8 + at :] == b"payload"


def test_we_understand_what_the_sdk_attaches() -> None:
    selector = "amqp.annotation.x-opt-offset > '7'"
    key = b"apache.org:selector-filter:string"
    source: Any = endpoints.Source  # whose defaults mypy does not see
    target: Any = endpoints.Target
    attach = theirs.AttachFrame(
        name="link",
        handle=1,
        role=True,
        send_settle_mode=0,
        rcv_settle_mode=0,
        source=source(address="hub", filters={key: (key, selector)}),
        target=target(address="t"),
        unsettled=None,
        incomplete_unsettled=None,
        initial_delivery_count=None,
        max_message_size=1,
        offered_capabilities=None,
        desired_capabilities=[b"a", b"b"],
        properties={b"com.microsoft:epoch": 3},
    )
    performative = our_decode(attach)
    assert isinstance(performative, ours.Attach)
    assert performative.name == "link"
    assert performative.source is not None
    assert performative.source.address == "hub"
    assert performative.source.filters == {key.decode(): Described(key.decode(), selector)}
    assert performative.desired_capabilities == ["a", "b"]
    assert performative.properties == {"com.microsoft:epoch": 3}


def test_we_understand_how_the_sdk_detaches() -> None:
    why = error.AMQPError(condition=b"amqp:link:detach-forced", description="bye")
    performative = our_decode(theirs.DetachFrame(handle=4, closed=True, error=why))
    assert performative == ours.Detach(
        handle=4, closed=True, error=ours.Error(condition="amqp:link:detach-forced", description="bye")
    )


def test_trailing_nulls_may_be_missing() -> None:
    """What the specification allows every peer, though we do not make use of it."""
    trimmed = encoding.described(encoding.ulong(0x16), encoding.list_of([encoding.uint(3)]))
    assert decode_composite(trimmed)[0] == ours.Detach(handle=3)


@pytest.mark.parametrize(
    "body",
    [
        encoding.string("not a performative"),
        encoding.described(encoding.ulong(0x99), encoding.list_of([])),
        encoding.described(encoding.ulong(0x12), encoding.list_of([encoding.string("no handle")])),
        encoding.described(encoding.ulong(0x17), encoding.list_of([encoding.NULL] * 2)),
    ],
    ids=["other", "unknown", "incomplete", "too long"],
)
def test_what_is_no_performative_is_refused(body: bytes) -> None:
    with pytest.raises(AmqpError, match="amqp:decode-error"):
        decode_composite(body)


def sdk_decode(frame: bytes) -> tuple[int, list[Any]]:
    kind, fields = decode_frame(memoryview(frame)[8:])
    return kind, fields


def our_decode(performative: Any) -> Composite:
    _, body = encode_frame(performative)
    assert body is not None
    return decode_composite(bytes(body))[0]
