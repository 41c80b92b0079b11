"""Statements that hold others: EXECUTE IMMEDIATE with its text, compound statements with theirs."""

from __future__ import annotations

from dataclasses import dataclass

from emulators.warehouse.errors import unsupported
from emulators.warehouse.sql.lexer import Reader, first_word
from emulators.warehouse.sql.scripts import Part, parts
from emulators.warehouse.sql.statements.statement import Statement


@dataclass(frozen=True)
class ExecuteImmediate(Statement):
    """`EXECUTE IMMEDIATE text [INTO variable, …] [USING value [AS name], …]`.

    Attributes:
        text: the expression whose value is the statement.
        start: its offset.
        into: the variables, as worded.
        using: the values and their names, as worded.
    """

    text: str
    start: int
    into: str = ""
    using: str = ""

    def literal(self) -> str | None:
        """The statement itself where a string says it; None when it has to be computed."""
        reader = Reader(self.text)
        if not reader.next_is_string():
            return None
        found = reader.string()
        return found if reader.is_done else None


@dataclass(frozen=True)
class CompoundStatement(Statement):
    """`BEGIN … END`."""

    parts: tuple[Part, ...]


def dynamic(sql: str) -> ExecuteImmediate | CompoundStatement | None:
    """The statement if it holds others, whose names are not translated yet.

    Raises:
        SqlError: it begins like one of these and then is not, or it is a transaction.
    """
    first = first_word(sql).upper()
    if first not in ("EXECUTE", "BEGIN"):
        return None
    reader = Reader(sql)
    if reader.accept("EXECUTE", "IMMEDIATE"):
        return _execute_immediate(sql, reader)
    if first != "BEGIN":
        return None
    if len(reader.tokens) == 1 or reader.peek(1) in ("TRANSACTION", "ATOMIC"):
        raise unsupported("A transaction of several statements")
    return CompoundStatement(sql, tuple(parts(sql)))


def _execute_immediate(sql: str, reader: Reader) -> ExecuteImmediate:
    start = reader.here
    text = reader.skip_item("INTO", "USING")
    if not text:
        raise reader.unexpected()
    into = using = ""
    if reader.accept("INTO"):
        at = reader.here
        while not reader.is_done and reader.peek() != "USING":
            reader.token()
        if reader.read_to <= at:
            raise reader.unexpected()
        into = sql[at : reader.read_to]
    if reader.accept("USING"):
        using = sql[reader.here : reader.tokens[-1].end]
        if reader.peek() == "(":
            group = reader.skip_group()
            using = group if reader.is_done else using
        reader.at = len(reader.tokens)
    reader.end()
    return ExecuteImmediate(sql, text, start, into, using)
