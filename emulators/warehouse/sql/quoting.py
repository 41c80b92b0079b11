"""Names and texts as they stand in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def quoted(name: Sequence[str]) -> str:
    """A name as SQL: every part in backticks."""
    return ".".join("`{}`".format(each.replace("`", "``")) for each in name)


def listed(names: Iterable[str]) -> str:
    """Names as a list of SQL, each in backticks."""
    return ", ".join(quoted((each,)) for each in names)


def literal(text: str) -> str:
    """A string as SQL."""
    return "'{}'".format(text.replace("\\", "\\\\").replace("'", "\\'"))


def assigned(properties: Mapping[str, str]) -> str:
    """Properties as the list of a TBLPROPERTIES, without its parentheses."""
    return ", ".join(f"{literal(name)} = {literal(text)}" for name, text in properties.items())


def changed(sql: str, changes: Iterable[tuple[int, int, str]]) -> str:
    """A statement with other texts put between some of its offsets, none of which overlap."""
    for start, end, text in sorted(changes, reverse=True):
        sql = f"{sql[:start]}{text}{sql[end:]}"
    return sql
