"""How much one client may send and hold, and how long it may take for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of connections and requests, in bytes and seconds.

    Attributes:
        connections: open at once; one more is closed at once.
        head_bytes: of a request's line and headers together.
        head_seconds: from the first byte of a request to the end of its headers; also how long a client that
            has not shown the token may wait before it sends a request.
        idle_seconds: how long one that has shown it may wait between two requests.
        call_bytes: of the body of a call, which is held in memory.
        file_bytes: of a file, which goes to disk as it comes; one upload holds at most 5 GiB in the cloud.
        body_seconds: how long a body may take, whatever its size.
        body_bytes_per_second: how fast a large body must come beyond that.
        discard_bytes: of a body that nobody wants are thrown away, so that the client sees the answer.
        discard_seconds: how long that may take.
        send_seconds: how long a client may take before it reads on.
    """

    connections: int = 512
    head_bytes: int = 64 << 10
    head_seconds: float = 30.0
    idle_seconds: float = 900.0
    call_bytes: int = 64 << 20
    file_bytes: int = 5 << 30
    body_seconds: float = 60.0
    body_bytes_per_second: int = 64 << 10
    discard_bytes: int = 128 << 20
    discard_seconds: float = 2.0
    send_seconds: float = 300.0

    def seconds_of_body(self, size: int) -> float:
        """How long a body of so many bytes may take."""
        return self.body_seconds + size / self.body_bytes_per_second
