"""Values and bytes of every kind, against the SDK's own codec."""

from __future__ import annotations

import math
import uuid
from typing import Any

from azure.eventhub._pyamqp._decode import _DECODE_BY_CONSTRUCTOR
from azure.eventhub._pyamqp._encode import encode_value
from azure.eventhub._pyamqp.types import TYPE, VALUE, AMQPTypes
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from emulators.eventhubs.amqp import encoding
from emulators.eventhubs.amqp.composite import Composite, decode_composite
from emulators.eventhubs.amqp.decoding import Described, decode, end_of
from emulators.eventhubs.amqp.errors import AmqpError
from emulators.eventhubs.amqp.performatives import Attach, Begin, Flow, Open, Source, Target, Transfer, frame

# The same examples in every run: a test that fails now and then helps nobody.
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=300)
settings.load_profile("steady")

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**31), 2**31 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=300)
    | st.binary(max_size=300)
    | st.uuids()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=20), inner, max_size=6),
    max_leaves=30,
)
TYPED = st.one_of(
    *(
        st.tuples(st.just(kind), st.integers(low, high))
        for kind, low, high in (
            (AMQPTypes.ubyte, 0, 2**8 - 1),
            (AMQPTypes.ushort, 0, 2**16 - 1),
            (AMQPTypes.uint, 0, 2**32 - 1),
            (AMQPTypes.ulong, 0, 2**64 - 1),
            (AMQPTypes.byte, -(2**7), 2**7 - 1),
            (AMQPTypes.short, -(2**15), 2**15 - 1),
            (AMQPTypes.long, -(2**63), 2**63 - 1),
        )
    )
)


def sdk_encode(value: Any) -> bytes:
    output = bytearray()
    encode_value(output, value)
    return bytes(output)


def as_the_sdk_has_it(value: Any) -> Any:
    """The SDK gives text as bytes and lets most descriptors go."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, list):
        return [as_the_sdk_has_it(each) for each in value]
    if isinstance(value, dict):
        return {as_the_sdk_has_it(key): as_the_sdk_has_it(each) for key, each in value.items()}
    if isinstance(value, Described):
        outcomes = {35: "received", 36: "accepted", 37: "rejected", 38: "released", 39: "modified"}
        inner = as_the_sdk_has_it(value.value)
        known = isinstance(value.descriptor, int) and value.descriptor in outcomes
        return {outcomes[value.descriptor]: inner} if known else inner
    return "not a number" if isinstance(value, float) and math.isnan(value) else value


@given(VALUES)
def test_what_the_sdk_encodes_we_decode(value: Any) -> None:
    encoded = sdk_encode(value)
    assert decode(encoded) == (value, len(encoded))
    assert end_of(encoded, 0) == len(encoded)


@given(TYPED)
def test_numbers_of_every_width(typed: tuple[Any, int]) -> None:
    kind, number = typed
    encoded = sdk_encode({TYPE: kind, VALUE: number})
    assert decode(encoded) == (number, len(encoded))


@given(st.lists(st.integers(-100, 100), min_size=1, max_size=300))
def test_arrays(numbers: list[int]) -> None:
    encoded = sdk_encode({TYPE: AMQPTypes.array, VALUE: numbers})
    assert decode(encoded) == (numbers, len(encoded))


@given(st.binary(max_size=200) | VALUES.map(sdk_encode), st.data())
def test_any_bytes_are_decoded_as_the_sdk_does_or_refused(encoded: bytes, data: st.DataObject) -> None:
    """Random bytes, and good ones with a few of their bytes changed."""
    mutable = bytearray(encoded)
    for _ in range(data.draw(st.integers(0, 3))):
        if mutable:
            mutable[data.draw(st.integers(0, len(mutable) - 1))] = data.draw(st.integers(0, 255))
    changed = bytes(mutable)
    try:
        value, at = decode(changed)
    except AmqpError:
        return
    assert end_of(changed, 0) == at
    try:
        rest, seen = _DECODE_BY_CONSTRUCTOR[changed[0]](memoryview(changed)[1:])
    except TypeError:  # a type that the SDK does not know
        assume(False)
    assume(not has_a_decimal(changed))
    assert len(changed) - len(rest) == at
    assert as_the_sdk_has_it(value) == nan_as_text(seen)


def has_a_decimal(data: bytes) -> bool:
    """Decimals stay bytes with us."""
    return any(constructor in data for constructor in (0x74, 0x84, 0x94))


def nan_as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [nan_as_text(each) for each in value]
    if isinstance(value, dict):
        return {nan_as_text(key): nan_as_text(each) for key, each in value.items()}
    return "not a number" if isinstance(value, float) and math.isnan(value) else value


PERFORMATIVES: list[Composite] = [
    Open(container_id="c", idle_time_out=1000, properties={"product": encoding.string("p")}),
    Begin(next_outgoing_id=0, incoming_window=1, outgoing_window=1),
    Attach(name="n", handle=0, role=True, source=Source(address="a"), target=Target(address="t")),
    Flow(incoming_window=1, next_outgoing_id=0, outgoing_window=1, handle=3, link_credit=5),
    Transfer(handle=1, delivery_id=2, delivery_tag=b"t", message_format=0),
]


@given(st.sampled_from(PERFORMATIVES), st.data())
def test_performatives_with_bytes_changed_are_typed_or_refused(
    performative: Composite, data: st.DataObject
) -> None:
    mutable = bytearray(frame(performative)[8:])
    for _ in range(data.draw(st.integers(1, 4))):
        mutable[data.draw(st.integers(0, len(mutable) - 1))] = data.draw(st.integers(0, 255))
    try:
        decoded, at = decode_composite(bytes(mutable))
    except AmqpError:
        return
    assert at <= len(mutable)
    for field, value in vars(decoded).items():
        assert value is None or isinstance(
            value, str | bytes | int | dict | list | Composite | Described | uuid.UUID
        ), field
    if not isinstance(decoded, Attach | Open):  # whose maps come back decoded
        assert decode_composite(decoded.encode())[0] == decoded
