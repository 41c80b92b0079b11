"""Names and texts as they stand in SQL."""

from __future__ import annotations

from collections.abc import Sequence


def quoted(name: Sequence[str]) -> str:
    """A name as SQL: every part in backticks."""
    return ".".join("`{}`".format(each.replace("`", "``")) for each in name)


def literal(text: str) -> str:
    """A string as SQL."""
    return "'{}'".format(text.replace("\\", "\\\\").replace("'", "\\'"))
