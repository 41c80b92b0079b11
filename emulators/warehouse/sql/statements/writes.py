"""Statements that change the rows of a table."""

from __future__ import annotations

from dataclasses import dataclass

from emulators.warehouse.errors import unsupported
from emulators.warehouse.sql.lexer import Kind, Reader
from emulators.warehouse.sql.statements.command import Command
from emulators.warehouse.sql.statements.statement import Name, Statement


@dataclass(frozen=True)
class InsertReplace(Statement):
    """`INSERT INTO name [alias] [BY NAME] REPLACE {ON condition | USING (columns)} query [alias]`.

    Attributes:
        head: what stands before INSERT: comments and common table expressions.
        condition: of ON; empty when it is USING.
        using: the columns of USING.
    """

    name: Name
    query: str
    head: str = ""
    alias: str = ""
    source_alias: str = ""
    by_name: bool = False
    condition: str = ""
    using: tuple[str, ...] = ()


_QUERY = ("SELECT", "WITH", "FROM", "TABLE", "VALUES")
_BEFORE_SUBQUERY = ("AND", "ANY", "ALL", "EXISTS", "IN", "NOT", "OR")


def insert(sql: str, reader: Reader) -> Statement:
    """Read `INSERT …`."""
    start = reader.tokens[reader.at - 1].start
    evolves = reader.accept("WITH", "SCHEMA", "EVOLUTION")
    reader.accept_any("INTO", "OVERWRITE")
    reader.accept("TABLE")
    if reader.peek() == "DIRECTORY":
        return Command(sql)
    name = reader.name()
    replacing = _insert_replace(sql, reader, name, start)
    if replacing and evolves:
        raise unsupported("INSERT WITH SCHEMA EVOLUTION … REPLACE")
    return replacing or Command(sql, writes=name, is_insert=True)


def _insert_replace(sql: str, reader: Reader, name: Name, start: int) -> Statement | None:
    """Read REPLACE ON and REPLACE USING, which Delta does not take; None when it is neither."""
    alias = _alias(reader, "BY", "REPLACE", *_QUERY)
    by_name = reader.accept("BY", "NAME")
    condition, using = "", tuple[str, ...]()
    if reader.accept("REPLACE", "USING"):
        using = tuple(reader.listed(reader.identifier))
    elif reader.accept("REPLACE", "ON"):
        condition = _condition(reader)
    else:
        return None
    source_alias = ""
    if reader.peek() == "(":
        query = reader.skip_group()
        source_alias = _alias(reader)
        reader.end()
    else:
        query = sql[reader.here :].removesuffix(";")
    return InsertReplace(sql, name, query, sql[:start], alias, source_alias, by_name, condition, using)


def _alias(reader: Reader, *others: str) -> str:
    if reader.accept("AS") or (not reader.is_done and reader.peek() not in {"(", *others}):
        return reader.identifier()
    return ""


def _condition(reader: Reader) -> str:
    """Read up to where the query begins: a word that begins one, or a parenthesis before such a word."""
    start = reader.here
    while not reader.is_done and reader.peek() not in _QUERY:
        if reader.peek() == "(" and reader.peek(1) in _QUERY and reader.read_to > start:
            before = reader.tokens[reader.at - 1]
            is_operand = before.kind is not Kind.SYMBOL or before.text == ")"
            if is_operand and before.keyword not in _BEFORE_SUBQUERY:
                break
        if reader.peek() == "(":
            reader.skip_group()
        else:
            reader.token()
    return reader.sql[start : reader.read_to]


def merge(sql: str, reader: Reader) -> Statement:
    """Read `MERGE …`."""
    reader.accept("WITH", "SCHEMA", "EVOLUTION")
    reader.expect("INTO")
    return Command(sql, writes=reader.name())


def update(sql: str, reader: Reader) -> Statement:
    """Read `UPDATE …`."""
    return Command(sql, writes=reader.name())


def delete(sql: str, reader: Reader) -> Statement:
    """Read `DELETE …`."""
    reader.expect("FROM")
    return Command(sql, writes=reader.name())


def truncate(sql: str, reader: Reader) -> Statement:
    """Read `TRUNCATE …`."""
    reader.expect("TABLE")
    return Command(sql, writes=reader.name())


def restore(sql: str, reader: Reader) -> Statement:
    """Read `RESTORE …`."""
    reader.accept("TABLE")
    return Command(sql, defines=(reader.name(),))
