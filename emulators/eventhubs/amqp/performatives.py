"""The frames of AMQP 1.0 and what they carry: performatives, termini, outcomes, errors, SASL frames."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from emulators.eventhubs.amqp.composite import (
    Binary,
    Boolean,
    Composite,
    Fields,
    String,
    Symbol,
    Symbols,
    Ubyte,
    Uint,
    Ulong,
    Ushort,
)
from emulators.eventhubs.amqp.errors import AmqpError

AMQP_HEADER = b"AMQP\x00\x01\x00\x00"
SASL_HEADER = b"AMQP\x03\x01\x00\x00"
AMQP_FRAME = 0
SASL_FRAME = 1
EMPTY_FRAME = struct.pack(">IBBH", 8, 2, AMQP_FRAME, 0)
"""A heartbeat."""


@dataclass(kw_only=True)
class Error(Composite, code=0x1D):
    """Why something was refused or ended."""

    condition: Symbol
    description: String | None = None
    info: Fields | None = None

    @classmethod
    def of(cls, error: AmqpError) -> Error:
        """The wire form of an exception."""
        return cls(condition=error.condition, description=error.description)


@dataclass(kw_only=True)
class Open(Composite, code=0x10):
    """Opens a connection and states its limits."""

    container_id: String
    hostname: String | None = None
    max_frame_size: Uint | None = None
    channel_max: Ushort | None = None
    idle_time_out: Uint | None = None
    outgoing_locales: Symbols | None = None
    incoming_locales: Symbols | None = None
    offered_capabilities: Symbols | None = None
    desired_capabilities: Symbols | None = None
    properties: Fields | None = None


@dataclass(kw_only=True)
class Begin(Composite, code=0x11):
    """Begins a session on a channel."""

    remote_channel: Ushort | None = None
    next_outgoing_id: Uint
    incoming_window: Uint
    outgoing_window: Uint
    handle_max: Uint | None = None
    offered_capabilities: Symbols | None = None
    desired_capabilities: Symbols | None = None
    properties: Fields | None = None


@dataclass(kw_only=True)
class Source(Composite, code=0x28):
    """Where the messages of a link come from."""

    address: String | None = None
    durable: Uint | None = None
    expiry_policy: Symbol | None = None
    timeout: Uint | None = None
    dynamic: Boolean | None = None
    dynamic_node_properties: Fields | None = None
    distribution_mode: Symbol | None = None
    filters: Fields | None = None
    default_outcome: Composite | None = None
    outcomes: Symbols | None = None
    capabilities: Symbols | None = None


@dataclass(kw_only=True)
class Target(Composite, code=0x29):
    """Where the messages of a link go to."""

    address: String | None = None
    durable: Uint | None = None
    expiry_policy: Symbol | None = None
    timeout: Uint | None = None
    dynamic: Boolean | None = None
    dynamic_node_properties: Fields | None = None
    capabilities: Symbols | None = None


@dataclass(kw_only=True)
class Attach(Composite, code=0x12):
    """Attaches a link to a session; `role` is True for the end that receives."""

    name: String
    handle: Uint
    role: Boolean
    snd_settle_mode: Ubyte | None = None
    rcv_settle_mode: Ubyte | None = None
    source: Source | None = None
    target: Target | None = None
    unsettled: Fields | None = None
    incomplete_unsettled: Boolean | None = None
    initial_delivery_count: Uint | None = None
    max_message_size: Ulong | None = None
    offered_capabilities: Symbols | None = None
    desired_capabilities: Symbols | None = None
    properties: Fields | None = None


@dataclass(kw_only=True)
class Flow(Composite, code=0x13):
    """Updates the windows of a session and, with a handle, the credit of a link."""

    next_incoming_id: Uint | None = None
    incoming_window: Uint
    next_outgoing_id: Uint
    outgoing_window: Uint
    handle: Uint | None = None
    delivery_count: Uint | None = None
    link_credit: Uint | None = None
    available: Uint | None = None
    drain: Boolean | None = None
    echo: Boolean | None = None
    properties: Fields | None = None


@dataclass(kw_only=True)
class Transfer(Composite, code=0x14):
    """Carries a message, or a part of one; the bytes follow the performative."""

    handle: Uint
    delivery_id: Uint | None = None
    delivery_tag: Binary | None = None
    message_format: Uint | None = None
    settled: Boolean | None = None
    more: Boolean | None = None
    rcv_settle_mode: Ubyte | None = None
    state: Composite | None = None
    resume: Boolean | None = None
    aborted: Boolean | None = None
    batchable: Boolean | None = None


@dataclass(kw_only=True)
class Disposition(Composite, code=0x15):
    """Tells the outcome of a range of deliveries."""

    role: Boolean
    first: Uint
    last: Uint | None = None
    settled: Boolean | None = None
    state: Composite | None = None
    batchable: Boolean | None = None


@dataclass(kw_only=True)
class Detach(Composite, code=0x16):
    """Detaches a link."""

    handle: Uint
    closed: Boolean | None = None
    error: Error | None = None


@dataclass(kw_only=True)
class End(Composite, code=0x17):
    """Ends a session."""

    error: Error | None = None


@dataclass(kw_only=True)
class Close(Composite, code=0x18):
    """Closes a connection."""

    error: Error | None = None


@dataclass(kw_only=True)
class Accepted(Composite, code=0x24):
    """The outcome of a delivery that was taken."""


@dataclass(kw_only=True)
class Rejected(Composite, code=0x25):
    """The outcome of a delivery that was refused."""

    error: Error | None = None


@dataclass(kw_only=True)
class SaslMechanisms(Composite, code=0x40):
    """The ways to authenticate that the server offers."""

    sasl_server_mechanisms: Symbols


@dataclass(kw_only=True)
class SaslInit(Composite, code=0x41):
    """The way to authenticate that the client chose."""

    mechanism: Symbol
    initial_response: Binary | None = None
    hostname: String | None = None


@dataclass(kw_only=True)
class SaslOutcome(Composite, code=0x44):
    """Whether the client may go on: 0 yes, 1 no."""

    outcome: Ubyte
    additional_data: Binary | None = None


def frame(performative: Composite, channel: int = 0, payload: bytes = b"", kind: int = AMQP_FRAME) -> bytes:
    """A complete frame."""
    body = performative.encode()
    return struct.pack(">IBBH", 8 + len(body) + len(payload), 2, kind, channel) + body + payload
