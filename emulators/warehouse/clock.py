"""Times as records keep them: text in UTC, which sorts as the times do."""

from __future__ import annotations

from datetime import UTC, datetime

TIME = "%Y-%m-%d %H:%M:%S.%f"


def now() -> str:
    """This moment."""
    return datetime.now(UTC).strftime(TIME)


def at(seconds: float) -> str:
    """A moment in seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).strftime(TIME)
