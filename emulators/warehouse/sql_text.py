"""Names and texts as they stand in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def quoted(name: Sequence[str]) -> str:
    """A name as SQL: every part in backticks."""
    return ".".join("`{}`".format(each.replace("`", "``")) for each in name)


def listed(names: Iterable[str]) -> str:
    """Names as a list of SQL, each in backticks."""
    return ", ".join(quoted((each,)) for each in names)


def literal(text: str) -> str:
    """A string as SQL."""
    return "'{}'".format(text.replace("\\", "\\\\").replace("'", "\\'"))
