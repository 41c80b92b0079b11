"""Statements that change the rows of a table."""

from __future__ import annotations

from emulators.warehouse.lexer import Reader
from emulators.warehouse.statements.forms import Command, Statement


def insert(sql: str, reader: Reader) -> Statement:
    """Read `INSERT …`."""
    reader.accept_any("INTO", "OVERWRITE")
    reader.accept("TABLE")
    return (
        Command(sql, writes=reader.name(), is_insert=True) if reader.peek() != "DIRECTORY" else Command(sql)
    )


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
