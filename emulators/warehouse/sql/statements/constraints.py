"""Reads constraints, row filters and column masks, wherever a statement has them.

https://docs.databricks.com/sql/language-manual/sql-ref-syntax-ddl-create-table-constraint.html
https://docs.databricks.com/sql/language-manual/sql-ref-syntax-ddl-alter-table-add-constraint.html
"""

from __future__ import annotations

from dataclasses import dataclass

from emulators.warehouse.errors import SqlError
from emulators.warehouse.sql.lexer import Kind, Reader
from emulators.warehouse.sql.statements.statement import Name


@dataclass(frozen=True)
class Key:
    """A PRIMARY KEY, UNIQUE or FOREIGN KEY constraint: informational, as on Databricks."""

    name: str | None
    kind: str
    columns: tuple[str, ...]
    parent: Name = ()
    parent_columns: tuple[str, ...] = ()
    is_rely: bool = False


@dataclass(frozen=True)
class Check:
    """A CHECK constraint."""

    name: str | None
    condition: str


@dataclass(frozen=True)
class RowFilter:
    """A function that says which rows a reader may see, and the columns it takes."""

    function: Name
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Mask:
    """A function that hides a column's values, and what else it takes, as the statement words it."""

    column: str
    function: Name
    using: str = ""


_CONSTRAINTS = (
    ("PRIMARY", "KEY"),
    ("FOREIGN", "KEY"),
    ("UNIQUE", "("),
    ("CHECK", "("),
    ("EXPECT", "("),
)

_OPTIONS: tuple[tuple[str, ...], ...] = (
    ("NOT", "ENFORCED"),
    ("ENABLE", "NOVALIDATE"),
    ("DEFERRABLE",),
    ("INITIALLY", "DEFERRED"),
    ("NORELY",),
    ("RELY",),
)
_FOREIGN_OPTIONS: tuple[tuple[str, ...], ...] = (
    *_OPTIONS,
    ("MATCH", "FULL"),
    ("ON", "UPDATE", "NO", "ACTION"),
    ("ON", "DELETE", "NO", "ACTION"),
)


def begins_constraint(reader: Reader) -> bool:
    """Whether a constraint of the table comes next, not a column."""
    at = 2 if reader.peek() == "CONSTRAINT" else 0
    return (reader.peek(at), reader.peek(at + 1)) in _CONSTRAINTS


def table_key(reader: Reader, name: str | None) -> Key:
    """Read a key constraint of a table, from its kind on."""
    if reader.accept("PRIMARY", "KEY"):
        columns = reader.listed(lambda: _key_column(reader))
        return Key(name, "PRIMARY KEY", tuple(columns), is_rely=_is_rely(reader, "PRIMARY KEY"))
    if reader.accept("UNIQUE"):
        columns = reader.listed(reader.identifier)
        return Key(name, "UNIQUE", tuple(columns), is_rely=_is_rely(reader, "UNIQUE"))
    reader.expect("FOREIGN", "KEY")
    return _foreign_key(reader, name, tuple(reader.listed(reader.identifier)))


def column_key(reader: Reader, name: str | None, column: str) -> Key | None:
    """Read a key constraint of a column, from its kind on; None when something else comes next."""
    for kind in (("PRIMARY", "KEY"), ("UNIQUE",)):
        if reader.accept(*kind):
            shown = " ".join(kind)
            return Key(name, shown, (column,), is_rely=_is_rely(reader, shown))
    if reader.peek() == "REFERENCES" or reader.follows("FOREIGN", "KEY", "REFERENCES"):
        reader.accept("FOREIGN", "KEY")
        return _foreign_key(reader, name, (column,))
    return None


def _foreign_key(reader: Reader, name: str | None, columns: tuple[str, ...]) -> Key:
    reader.expect("REFERENCES")
    parent = reader.name()
    to = tuple(reader.listed(reader.identifier)) if reader.peek() == "(" else ()
    return Key(name, "FOREIGN KEY", columns, parent, to, _is_rely(reader, "FOREIGN KEY"))


def _key_column(reader: Reader) -> str:
    column = reader.identifier()
    reader.accept("TIMESERIES")
    return column


def _is_rely(reader: Reader, kind: str) -> bool:
    """Read what may follow a key; of all that, RELY alone says something of it.

    Raises:
        SqlError: it is said twice, contradicts itself, or asks for a key that is enforced.
    """
    options = _FOREIGN_OPTIONS if kind == "FOREIGN KEY" else _OPTIONS
    found: list[tuple[str, ...]] = []
    while option := next((each for each in options if reader.accept(*each)), None):
        found.append(option)
    if reader.peek() == "ENFORCED":
        raise _not_supported("ENFORCED", kind)
    if len(set(found)) < len(found) or {("RELY",), ("NORELY",)} <= set(found):
        listed = ", ".join(" ".join(each) for each in found)
        raise SqlError(
            "INVALID_CONSTRAINT_CHARACTERISTICS",
            f"Constraint characteristics [{listed}] are duplicated or conflict with each other.",
            "42613",
        )
    return ("RELY",) in found


def check(reader: Reader, name: str | None) -> Check:
    """Read `CHECK (condition) [ENFORCED]`.

    Raises:
        SqlError: it is not to be enforced.
    """
    reader.expect("CHECK")
    condition = reader.skip_group()
    if reader.follows("NOT", "ENFORCED"):
        raise _not_supported("NOT ENFORCED", "CHECK")
    reader.accept("ENFORCED")
    return Check(name, condition)


def _not_supported(characteristic: str, kind: str) -> SqlError:
    return SqlError(
        "UNSUPPORTED_CONSTRAINT_CHARACTERISTIC",
        f"Constraint characteristic '{characteristic}' is not supported for constraint type '{kind}'.",
        "0A000",
    )


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
