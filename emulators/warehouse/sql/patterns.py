"""Patterns by which statements and metadata calls choose names; upper and lower case are the same to them."""

from __future__ import annotations

import re
from collections.abc import Iterable


def matching(names: Iterable[str], pattern: str | None) -> list[str]:
    """The names that a SHOW pattern takes: `*` is any text, `|` separates alternatives."""
    if pattern is None:
        return list(names)
    parts = [re.escape(each.strip()).replace(r"\*", ".*") for each in pattern.split("|")]
    wanted = re.compile("|".join(parts), re.IGNORECASE)
    return [each for each in names if wanted.fullmatch(each)]


def like(names: Iterable[str], pattern: str) -> list[str]:
    """The names that a metadata call's pattern takes: `%` and `*` any text, `_` any one character."""
    taken = []
    escaped = False
    for each in pattern:
        if escaped:
            taken.append(re.escape(each))
        elif each == "\\":
            escaped = True
            continue
        else:
            taken.append({"%": ".*", "*": ".*", "_": "."}.get(each) or re.escape(each))
        escaped = False
    wanted = re.compile("".join(taken), re.IGNORECASE)
    return [each for each in names if wanted.fullmatch(each)]
