"""A connection: protocol headers, SASL, frames, heartbeats, and the sessions on its channels."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from emulators.eventhubs.amqp import limits
from emulators.eventhubs.amqp.composite import Composite, decode_composite
from emulators.eventhubs.amqp.errors import (
    FRAMING_ERROR,
    INTERNAL_ERROR,
    NOT_ALLOWED,
    RESOURCE_LIMIT,
    AmqpError,
    SessionError,
)
from emulators.eventhubs.amqp.interfaces import Container
from emulators.eventhubs.amqp.performatives import (
    AMQP_FRAME,
    AMQP_HEADER,
    EMPTY_FRAME,
    SASL_FRAME,
    SASL_HEADER,
    Begin,
    Close,
    End,
    Error,
    Open,
    SaslInit,
    SaslMechanisms,
    SaslOutcome,
    frame,
)
from emulators.eventhubs.amqp.session import Session

CONTAINER_ID = "eventhubs-emulator"
ANONYMOUS = "ANONYMOUS"
"""The one SASL mechanism: who a client is, its token says later, in a message to `$cbs`."""

_HEADER_SIZE = 8
_LOGGER = logging.getLogger(__name__)


class Connection(asyncio.Protocol):
    """The server's end of one connection. asyncio has set TCP_NODELAY on its socket.

    Args:
        connected: finds what the links attach to; an AmqpError says that there is no room for the connection.
    """

    container: Container

    def __init__(self, connected: Callable[[Connection], Container]) -> None:
        self._connected = connected
        self.peer_max_frame_size = limits.MIN_FRAME_SIZE
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._read: Callable[[], bool] = self._read_header
        self._frame_kind = AMQP_FRAME
        self._is_welcome = False
        self._is_open = False
        self._sessions: dict[int, Session] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._writable = asyncio.Event()
        self._writable.set()
        self._held = 0
        self._heartbeat: asyncio.TimerHandle | None = None
        self._has_written = False

    # --- asyncio ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, if there is room for another connection."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # what `create_server` gives
        try:
            self.container = self._connected(self)
        except AmqpError as error:
            _LOGGER.warning("A connection was not taken: %s", error)
            transport.abort()
        else:
            self._is_welcome = True
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Read as many complete headers and frames as there are."""
        self._buffer += data
        try:
            while self._transport and self._read():
                pass
        except AmqpError as error:
            self.close(error)
        except Exception as error:
            # Whatever a peer sends may end its own connection, never the server.
            _LOGGER.exception("A frame could not be handled.")
            self.close(AmqpError(INTERNAL_ERROR, repr(error)))

    def pause_writing(self) -> None:
        """The socket is full: a peer that does not read is not read from either."""
        self._writable.clear()
        self._pause_or_resume_reading()

    def resume_writing(self) -> None:
        """The socket has room again."""
        self._writable.set()
        self._pause_or_resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """End everything that lived on this connection."""
        self._transport = None
        self._writable.set()
        if self._heartbeat:
            self._heartbeat.cancel()
        for session in self._sessions.values():
            session.gone()
        self._sessions.clear()
        if self._is_welcome:
            self.container.disconnected()

    # --- for sessions, links and the container ---

    @property
    def has_room_for_a_link(self) -> bool:
        """Whether one more link may attach."""
        most = limits.MAX_LINKS if self.container.is_authorized else limits.MAX_UNAUTHORIZED
        return sum(session.link_count for session in self._sessions.values()) < most

    def write(self, data: bytes) -> None:
        """Send bytes: one or more complete frames."""
        if self._transport:
            self._has_written = True
            self._transport.write(data)

    async def drained(self) -> None:
        """Wait until the socket takes more."""
        await self._writable.wait()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine for this connection; it is to end by itself when its link is gone."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def hold(self, size: int) -> None:
        """So many bytes more of unsettled messages are held: beyond a limit, nothing more is read."""
        self._held += size
        self._pause_or_resume_reading()

    def release(self, size: int) -> None:
        """So many bytes are held no longer."""
        self._held -= size
        self._pause_or_resume_reading()

    def close(self, error: AmqpError | None = None) -> None:
        """Close the connection; the peer is told why."""
        if self._transport:
            self.write(frame(Close(error=Error.of(error) if error else None)))
            self._hang_up()

    # --- reading ---

    def _pause_or_resume_reading(self) -> None:
        if self._transport is None:
            return
        if self._held > limits.MAX_HELD or not self._writable.is_set():
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _read_header(self) -> bool:
        if len(self._buffer) < _HEADER_SIZE:
            return False
        header = bytes(self._buffer[:_HEADER_SIZE])
        del self._buffer[:_HEADER_SIZE]
        if header == SASL_HEADER:
            self._frame_kind = SASL_FRAME
            mechanisms = SaslMechanisms(sasl_server_mechanisms=[ANONYMOUS])
            self.write(SASL_HEADER + frame(mechanisms, kind=SASL_FRAME))
        elif header == AMQP_HEADER:
            self._frame_kind = AMQP_FRAME
            self.write(AMQP_HEADER)
        else:
            # Answer with a header we do speak, then hang up (specification, 2.2).
            self.write(AMQP_HEADER)
            self._hang_up()
            return False
        self._read = self._read_frame
        return True

    def _read_frame(self) -> bool:
        if len(self._buffer) < _HEADER_SIZE:
            return False
        size = int.from_bytes(self._buffer[:4], "big")
        most = limits.MAX_FRAME_SIZE if self._is_open else limits.MAX_FIRST_FRAME_SIZE
        if not _HEADER_SIZE <= size <= most:
            raise AmqpError(FRAMING_ERROR, f"a frame of {size} bytes; {most} is the most")
        if len(self._buffer) < size:
            return False
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        start, kind, channel = data[4] * 4, data[5], int.from_bytes(data[6:8], "big")
        if not _HEADER_SIZE <= start <= size:
            raise AmqpError(FRAMING_ERROR, f"a frame of {size} bytes whose body begins at byte {start}")
        if kind != self._frame_kind:
            raise AmqpError(FRAMING_ERROR, f"a frame of type {kind} where type {self._frame_kind} is due")
        body = data[start:]
        if body:
            performative, payload_at = decode_composite(body)
            if kind == AMQP_FRAME:
                self._on_frame(channel, performative, body[payload_at:])
            else:
                self._on_sasl(performative)
        return True

    def _on_sasl(self, performative: Composite) -> None:
        if not isinstance(performative, SaslInit):
            raise AmqpError(NOT_ALLOWED, "only sasl-init may be sent here")
        is_known = performative.mechanism == ANONYMOUS
        self.write(frame(SaslOutcome(outcome=0 if is_known else 1), kind=SASL_FRAME))
        if is_known:
            self._read = self._read_header
        else:
            self._hang_up()

    def _on_frame(self, channel: int, performative: Composite, payload: bytes) -> None:
        if self._is_open is isinstance(performative, Open):
            raise AmqpError(NOT_ALLOWED, "a connection is opened first, and once")
        match performative:
            case Open():
                self._on_open(performative)
            case Close():
                self.close()
            case Begin():
                self._on_begin(channel, performative)
            case End():
                if session := self._sessions.pop(channel, None):
                    session.end()
            case _:
                self._on_session_frame(channel, performative, payload)

    def _on_begin(self, channel: int, begin: Begin) -> None:
        if channel in self._sessions:
            raise AmqpError(NOT_ALLOWED, f"channel {channel} has a session")
        if channel > limits.CHANNEL_MAX:
            raise AmqpError(FRAMING_ERROR, f"channel {channel}; {limits.CHANNEL_MAX} is the highest")
        if len(self._sessions) >= limits.MAX_UNAUTHORIZED and not self.container.is_authorized:
            raise AmqpError(
                RESOURCE_LIMIT, f"more than {limits.MAX_UNAUTHORIZED} sessions before there is a token"
            )
        self._sessions[channel] = Session(self, channel, begin)

    def _on_session_frame(self, channel: int, performative: Composite, payload: bytes) -> None:
        # The SDK detaches links after it has ended their session: frames without a session are let pass.
        if session := self._sessions.get(channel):
            try:
                session.handle(performative, payload)
            except SessionError as error:
                session.end(error)
                del self._sessions[channel]

    def _on_open(self, peer: Open) -> None:
        self._is_open = True
        self.peer_max_frame_size = max(limits.MIN_FRAME_SIZE, peer.max_frame_size or limits.MAX_FRAME_SIZE)
        self.write(
            frame(
                Open(
                    container_id=CONTAINER_ID,
                    max_frame_size=limits.MAX_FRAME_SIZE,
                    channel_max=limits.CHANNEL_MAX,
                )
            )
        )
        if peer.idle_time_out:
            self._beat(max(limits.MIN_HEARTBEAT, peer.idle_time_out / 1000 / 2))

    def _beat(self, seconds: float) -> None:
        """Send an empty frame whenever half the peer's idle time-out has passed in silence."""
        if not self._has_written:
            self.write(EMPTY_FRAME)
        self._has_written = False
        self._heartbeat = asyncio.get_running_loop().call_later(seconds, self._beat, seconds)

    def _hang_up(self) -> None:
        if self._transport:
            # Closing waits until the peer has read what was written, and it may never do that.
            asyncio.get_running_loop().call_later(limits.LAST_WORDS, self._transport.abort)
            self._transport.close()
            self._transport = None

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _LOGGER.error("Work for a connection failed.", exc_info=error)
            self.close(AmqpError(INTERNAL_ERROR, repr(error)))
