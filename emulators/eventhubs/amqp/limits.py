"""How much a peer may ask of its connection, before and after it has shown a token."""

from __future__ import annotations

MIN_FRAME_SIZE = 512
"""The frame size in bytes that every peer takes (specification, 2.4.1)."""
MAX_FIRST_FRAME_SIZE = 8192
"""Largest frame in bytes until the connection is open: clients tell at length who they are."""
MAX_FRAME_SIZE = 65536
"""Largest frame in bytes that we read, as the service does; larger messages come in several frames."""
CHANNEL_MAX = 4999
"""Highest channel number, as the service has it."""
MAX_LINKS = 1000
"""Links on one connection."""
MAX_UNAUTHORIZED = 8
"""Sessions, and links, on a connection that has not shown a token yet: it needs two links, to `$cbs`."""
MAX_HELD = 32 * 1024 * 1024
"""Bytes of messages that wait for Kafka's answer at which no more is read from the peer."""
LAST_WORDS = 5.0
"""Seconds a peer has to read why its connection is closed."""
MIN_HEARTBEAT = 0.1
"""Seconds between two heartbeats at least, however short an idle time-out a peer names."""
