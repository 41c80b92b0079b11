"""Reads PRIMARY KEY and FOREIGN KEY constraints."""

from __future__ import annotations

from emulators.warehouse.lexer import Reader
from emulators.warehouse.statements.forms import Key


def table_key(reader: Reader, name: str | None) -> Key:
    """Read a key constraint of a table, from its kind on."""
    if reader.accept("PRIMARY", "KEY"):
        columns = reader.listed(lambda: _key_column(reader))
        key_options(reader)
        return Key(name, "PRIMARY KEY", tuple(columns))
    reader.expect("FOREIGN", "KEY")
    columns = reader.listed(reader.identifier)
    reader.expect("REFERENCES")
    parent = reader.name()
    to = tuple(reader.listed(reader.identifier)) if reader.peek() == "(" else ()
    key_options(reader)
    return Key(name, "FOREIGN KEY", tuple(columns), parent, to)


def _key_column(reader: Reader) -> str:
    column = reader.identifier()
    reader.accept("TIMESERIES")
    return column


def key_options(reader: Reader) -> None:
    """Read what may follow a key and changes nothing here."""
    options: tuple[tuple[str, ...], ...] = (
        ("NOT", "ENFORCED"),
        ("DEFERRABLE",),
        ("NOT", "DEFERRABLE"),
        ("INITIALLY", "DEFERRED"),
        ("NORELY",),
        ("RELY",),
        ("MATCH", "FULL"),
        ("ON", "UPDATE", "NO", "ACTION"),
        ("ON", "DELETE", "NO", "ACTION"),
    )
    while any(reader.accept(*each) for each in options):
        pass
