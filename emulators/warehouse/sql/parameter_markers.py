"""Fills a statement in before it is read: values for its markers, names for its IDENTIFIER clauses.

A marker may stand wherever a literal of its value may, and `IDENTIFIER('a.b')` wherever a name may, also as
one part of it. Adjacent strings and `||` make up the name: `IDENTIFIER(:schema || '.' || :table)`.
https://docs.databricks.com/sql/language-manual/sql-ref-parameter-marker.html
https://docs.databricks.com/sql/language-manual/sql-ref-names-identifier-clause.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emulators.warehouse.errors import SqlError
from emulators.warehouse.sql.lexer import Kind, Reader, Token, tokenize
from emulators.warehouse.sql.quoting import changed, quoted

_POSITIONAL = ("?", "?::")
"""The second is one token: a marker and the cast behind it."""


def filled(sql: str, values: Mapping[str, str] | Sequence[str]) -> str:
    """A statement without the markers that have a value, and without IDENTIFIER clauses of constant strings.

    Other markers stay for Spark to refuse, as do clauses of anything else, which it knows.

    Args:
        sql: the statement.
        values: literals of SQL: by name for `:name`, in order for `?`.

    Raises:
        SqlError: a quote or a comment is not closed, or a marker in an IDENTIFIER clause has no value.
    """
    if values:
        sql = _bound(sql, values)
    return _named(sql) if "identifier" in sql.lower() else sql


def _bound(sql: str, values: Mapping[str, str] | Sequence[str]) -> str:
    tokens = tokenize(sql)
    found: list[tuple[int, int, str]] = []
    for index, token in enumerate(tokens):
        if isinstance(values, Mapping):
            named = tokens[index + 1] if token.text == ":" and index + 1 < len(tokens) else None
            if named and named.text in values and _begins_operand(tokens, index):
                found.append((token.start, named.end, _operand(values[named.text])))
        elif token.kind is Kind.SYMBOL and token.text in _POSITIONAL and _begins_operand(tokens, index):
            if len(found) == len(values):
                break
            found.append((token.start, token.start + 1, _operand(values[len(found)])))
    return changed(sql, found)


def _begins_operand(tokens: Sequence[Token], index: int) -> bool:
    """Whether an operand begins here; in `a:b` and `a?::int` the sign belongs to what it touches."""
    if index == 0:
        return True
    before = tokens[index - 1]
    is_operand = before.kind in (Kind.WORD, Kind.QUOTED) or before.text in (")", "]")
    return not is_operand or before.end < tokens[index].start


def _operand(literal: str) -> str:
    """A literal that stays one whatever stands beside it: `-` before `-1` begins a comment."""
    return f" ({literal}) " if literal.startswith("-") else f" {literal} "


def _named(sql: str) -> str:
    reader = Reader(sql)
    found = []
    while not reader.is_done:
        start = reader.here
        if reader.accept("IDENTIFIER", "("):
            text = _constant(reader)
            parts = _parts(text) if text is not None else None
            if parts and reader.accept(")"):
                found.append((start, reader.read_to, quoted(parts)))
            elif reader.peek() in (":", "?"):
                raise _unbound(reader)
        else:
            reader.token()
    return changed(sql, found)


def _constant(reader: Reader) -> str | None:
    """Read strings up to the end of the clause; None when there is anything else."""
    text = None
    while reader.next_is_string():
        text = (text or "") + reader.string()
        if not reader.accept("||") and not reader.next_is_string():
            break
    return text


def _parts(name: str) -> tuple[str, ...] | None:
    """The parts of a name; None when the text is none."""
    try:
        reader = Reader(name)
        parts = reader.name()
        reader.end()
    except SqlError:
        return None
    return parts


def _unbound(reader: Reader) -> SqlError:
    sign = reader.token().text
    name = reader.token().text if sign == ":" else f"_{reader.tokens[reader.at - 1].start}"
    return SqlError(
        "UNBOUND_SQL_PARAMETER",
        f"Found the unbound parameter: {name}. Please, fix `args` and provide a mapping of the parameter to "
        "either a SQL literal or collection constructor functions such as `map()`, `array()`, `struct()`.",
        "42P02",
    )
