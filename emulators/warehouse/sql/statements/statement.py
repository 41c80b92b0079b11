"""What all statements have, and the words that several of them share."""

from __future__ import annotations

from dataclasses import dataclass

Name = tuple[str, ...]

SCHEMA_WORDS = ("SCHEMA", "DATABASE", "NAMESPACE")
"""What statements may call a schema."""


@dataclass(frozen=True)
class Statement:
    """Any statement: the text as it came."""

    sql: str
