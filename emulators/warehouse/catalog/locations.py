"""Places of tables and volumes, as Spark's catalog has them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlparse


def local_path(location: str | None) -> Path | None:
    """The folder of a `file:` location or plain path; None for other places."""
    if location is None:
        return None
    parsed = urlparse(location)
    if parsed.scheme not in ("", "file"):
        return None
    return Path(unquote(parsed.path))
