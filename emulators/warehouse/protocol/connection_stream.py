"""The bytes of one connection, with a deadline: a byte now and then holds a thread no longer."""

from __future__ import annotations

import http.client
import io
import socket
import time


class HeadTooLarge(http.client.HTTPException):
    """The line and the headers of a request are larger than they may be."""


class ConnectionStream(io.RawIOBase):
    """Reads and writes a socket, with bounds on how long that takes.

    Args:
        connection: the socket, plain or TLS.
        send_seconds: how long the client may take before it reads on.
    """

    def __init__(self, connection: socket.socket, send_seconds: float) -> None:
        self._connection = connection
        self._send_seconds = send_seconds
        self._ends_at = time.monotonic()
        self._allowance: int | None = None

    def expect(self, seconds: float, most_bytes: int | None = None) -> None:
        """Say how long what comes next may take altogether, and how large it may be.

        Beyond `most_bytes`, reading raises `HeadTooLarge`. Bytes that were read ahead do not count.
        """
        self._ends_at = time.monotonic() + seconds
        self._allowance = most_bytes

    def readable(self) -> bool:
        """It is."""
        return True

    def writable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read what is there, at least a byte; 0 at the end.

        Raises:
            TimeoutError: nothing came before the deadline.
            HeadTooLarge: more came than was allowed.
        """
        if self._allowance is not None and self._allowance <= 0:
            raise HeadTooLarge
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        count = self._connection.recv_into(buffer)
        if self._allowance is not None:
            self._allowance -= count
        return count

    def write(self, data: memoryview) -> int:  # type: ignore[override]
        """Send some of the data; returns how much.

        Raises:
            ConnectionAbortedError: the client reads nothing.
        """
        self._connection.settimeout(self._send_seconds)
        try:
            return self._connection.send(data)
        except TimeoutError:
            raise ConnectionAbortedError("The client does not read the answer.") from None
