"""A bare AMQP peer, for what the SDK does not do or does not show."""

from __future__ import annotations

import socket
import time
from types import TracebackType
from typing import TypeVar

from emulators.eventhubs.amqp import encoding
from emulators.eventhubs.amqp.composite import Composite, decode_composite
from emulators.eventhubs.amqp.decoding import decode
from emulators.eventhubs.amqp.performatives import (
    AMQP_HEADER,
    Attach,
    Begin,
    Flow,
    Open,
    Source,
    Target,
    Transfer,
    frame,
)
from emulators.eventhubs.sas import sign
from emulators.settings import LOOPBACK, SAS_KEY_NAME, Settings

C = TypeVar("C", bound=Composite)


class Peer:
    """One connection with one session on channel 0, as plain AMQP without SASL."""

    def __init__(self, settings: Settings, idle_time_out: int | None = None) -> None:
        self.settings = settings
        self.socket = socket.create_connection((LOOPBACK, settings.amqp_port), timeout=10)
        self.socket.sendall(AMQP_HEADER)
        assert self._read(8) == AMQP_HEADER
        self.send(Open(container_id="peer", idle_time_out=idle_time_out))
        self.send(Begin(next_outgoing_id=0, incoming_window=1000, outgoing_window=1000))
        self.expect(Open)
        self.expect(Begin)
        self.deliveries = 0

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, performative: Composite, payload: bytes = b"") -> None:
        self.socket.sendall(frame(performative, payload=payload))

    def receive(self) -> tuple[Composite | None, bytes]:
        """The next frame's performative, None for an empty frame, and its payload."""
        header = self._read(8)
        body = self._read(int.from_bytes(header[:4], "big") - 8)
        if not body:
            return None, b""
        performative, at = decode_composite(body)
        return performative, body[at:]

    def expect(self, kind: type[C]) -> C:
        """The next frame of a kind; frames of other kinds on the way are let pass."""
        while True:
            performative, _ = self.receive()
            if isinstance(performative, kind):
                return performative

    def is_silent(self, seconds: float) -> bool:
        self.socket.settimeout(seconds)
        try:
            return self.receive()[0] is None
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(10)

    def attach_sender(self, address: str, handle: int) -> Attach:
        """A link on which we send; returns the answer."""
        self.send(
            Attach(
                name=f"to {address} {handle}",
                handle=handle,
                role=False,
                source=Source(),
                target=Target(address=address),
                initial_delivery_count=0,
            )
        )
        return self.expect(Attach)

    def attach_receiver(self, address: str, handle: int, epoch: int | None = None) -> Attach:
        """A link on which we receive; returns the answer."""
        properties = None if epoch is None else {"com.microsoft:epoch": encoding.int64(epoch)}
        self.send(
            Attach(
                name=f"from {address} {handle}",
                handle=handle,
                role=True,
                source=Source(address=address),
                target=Target(),
                properties=properties,
            )
        )
        return self.expect(Attach)

    def flow(self, handle: int, link_credit: int, delivery_count: int = 0, drain: bool | None = None) -> None:
        self.send(
            Flow(
                next_incoming_id=0,
                incoming_window=1000,
                next_outgoing_id=0,
                outgoing_window=1000,
                handle=handle,
                delivery_count=delivery_count,
                link_credit=link_credit,
                drain=drain,
            )
        )

    def transfer(self, handle: int, message: bytes, settled: bool = False) -> int:
        """Send a message in one frame; returns its delivery id."""
        delivery_id = self.deliveries
        self.deliveries += 1
        tag = str(delivery_id).encode()
        self.send(
            Transfer(handle=handle, delivery_id=delivery_id, delivery_tag=tag, settled=settled),
            payload=message,
        )
        return delivery_id

    def authorize(self, path: str, seconds: float = 60) -> int:
        """Put a token for a path, on handles 0 and 1; returns the status code."""
        self.attach_receiver("$cbs", 0)
        self.flow(0, link_credit=10)
        self.attach_sender("$cbs", 1)
        return self.put_token(path, seconds)

    def put_token(self, path: str, seconds: float = 60) -> int:
        return self.ask(
            1,
            self.token(path, seconds),
            operation="put-token",
            type="servicebus.windows.net:sastoken",
        )

    def token(self, path: str, seconds: float = 60) -> str:
        expires_at = int(time.time() + seconds)
        uri = f"sb%3A%2F%2F{LOOPBACK}%2F{path}"
        signature = sign(uri, expires_at, self.settings.sas_key)
        encoded = signature.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
        return f"SharedAccessSignature sr={uri}&sig={encoded}&se={expires_at}&skn={SAS_KEY_NAME}"

    def ask(self, handle: int, body: str, **properties: str) -> int:
        """Send a request on a link; returns the status code of the answer."""
        self.transfer(handle, request(body, **properties))
        while True:
            performative, payload = self.receive()
            if isinstance(performative, Transfer):
                return _status_code(payload)

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError("the server has hung up")
            data += piece
        return data


def data(body: bytes) -> bytes:
    """An encoded message with a data body."""
    return b"\x00\x53\x75" + encoding.binary(body)


def request(body: str, **properties: str) -> bytes:
    """An encoded request with a text body."""
    pairs = [(encoding.string(name), encoding.string(value)) for name, value in properties.items()]
    return b"".join(
        [
            b"\x00\x53\x73" + encoding.list_of([encoding.string("id")]),
            b"\x00\x53\x74" + encoding.map_of(pairs),
            b"\x00\x53\x77" + encoding.string(body),
        ]
    )


def _status_code(message: bytes) -> int:
    """The status in an answer: properties, then application properties."""
    _, at = decode(message, 3)
    properties, _ = decode(message, at + 3)
    return int(properties["status-code"])
