"""The list of a TBLPROPERTIES."""

from __future__ import annotations

from emulators.warehouse.sql.lexer import Reader
from emulators.warehouse.sql.quoting import literal
from emulators.warehouse.sql.table_properties import kept_name


def read_property(reader: Reader) -> tuple[str, str]:
    """Read `name [=] value`, the name as Delta keeps it."""
    name = kept_name(reader.property_name())
    reader.accept("=")
    return name, reader.token().text


def changes_to_properties(reader: Reader) -> list[tuple[int, int, str]]:
    """Read `(name [[=] value], …)`: what to put where, so that every name is the one Delta keeps it under."""
    changes: list[tuple[int, int, str]] = []

    def read() -> None:
        start = reader.here
        name = reader.property_name()
        if (kept := kept_name(name)) != name:
            changes.append((start, reader.read_to, literal(kept)))
        reader.skip_item()

    reader.listed(read)
    return changes
