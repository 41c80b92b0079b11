"""Reads constraints, row filters and column masks, wherever a statement has them."""

from __future__ import annotations

from emulators.warehouse.lexer import Kind, Reader
from emulators.warehouse.statements.forms import Check, Key, Mask, RowFilter


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


def check(reader: Reader, name: str | None) -> Check:
    """Read `CHECK (condition)`."""
    reader.expect("CHECK")
    return Check(name, reader.skip_group())


def row_filter(reader: Reader) -> RowFilter:
    """Read `ROW FILTER function ON (columns)`."""
    reader.expect("ROW", "FILTER")
    function = reader.name()
    reader.expect("ON")
    if reader.accept("(", ")"):
        return RowFilter(function, ())
    return RowFilter(function, tuple(reader.listed(lambda: _filtered_column(reader))))


def _filtered_column(reader: Reader) -> str:
    """Read what a filter takes: a column, or a literal as it is worded."""
    at = reader.here
    token = reader.token()
    return token.text if token.kind in (Kind.WORD, Kind.QUOTED) else reader.sql[at : reader.read_to]


def mask(reader: Reader, column: str) -> Mask:
    """Read `MASK function [USING COLUMNS (…)]`."""
    reader.expect("MASK")
    function = reader.name()
    using = reader.skip_group() if reader.accept("USING", "COLUMNS") else ""
    return Mask(column, function, using)
