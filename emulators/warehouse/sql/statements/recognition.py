"""Tells which form a statement has, by its first words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from emulators.warehouse.errors import unsupported
from emulators.warehouse.sql.lexer import Reader, tokenize
from emulators.warehouse.sql.statements import (
    alter,
    files,
    materialized,
    metadata,
    namespaces,
    tables,
    volumes,
    writes,
)
from emulators.warehouse.sql.statements.command import Command
from emulators.warehouse.sql.statements.statement import Statement


@dataclass(frozen=True)
class Query(Statement):
    """A query, run by Spark as it is."""


@dataclass(frozen=True)
class DescribedQuery(Statement):
    """A query of `(DESCRIBE {HISTORY | DETAIL} name)`, which Spark takes as a statement alone.

    Attributes:
        described: the offsets between which each of them stands, without its parentheses.
    """

    described: tuple[tuple[int, int], ...]


def recognise(sql: str) -> Statement:
    """What a statement is; everything unknown is a `Command` for Spark to judge.

    Raises:
        SqlError: it begins like a Databricks-only statement and then is not one.
    """
    reader = Reader(sql, tokenize(sql))
    while reader.accept("("):
        pass
    first = reader.peek()
    if first in ("SELECT", "WITH", "FROM", "VALUES", "TABLE"):
        return _query(sql, reader)
    reader.at = 0
    _refuse(reader)
    if first == "EXPLAIN":
        return _explain(sql, reader)
    if found := namespaces.read(sql, reader) or volumes.read(sql, reader):
        return found
    reader.at += 1
    parse = _FORMS.get(first)
    found = parse(sql, reader) if parse else Command(sql)
    if found == Command(found.sql) and first not in _CHANGES_NO_RELATION:
        return Command(found.sql, is_unknown=True)
    return found


def _explain(sql: str, reader: Reader) -> Statement:
    """`EXPLAIN [mode] statement`: of what Spark carries out, there is a plan."""
    reader.expect("EXPLAIN")
    reader.accept_any("EXTENDED", "CODEGEN", "COST", "FORMATTED", "LOGICAL")
    start = reader.here
    explained = recognise(sql[start:])
    if isinstance(explained, (Command, Query)):
        return namespaces.Worded(f"{sql[:start]}{explained.sql}")
    words = " ".join(each.text.upper() for each in reader.tokens[reader.at :][:3])
    raise unsupported(f"EXPLAIN {words}")


def _query(sql: str, reader: Reader) -> Statement:
    if described := _described(reader):
        return DescribedQuery(sql, described)
    if reader.peek() in ("FROM", "WITH") and (dml := _dml_behind(reader)):
        return dml
    return Query(sql)


def _described(reader: Reader) -> tuple[tuple[int, int], ...]:
    """Where a query has `(DESCRIBE {HISTORY | DETAIL} name)`."""
    start, found = reader.at, []
    for index, each in enumerate(reader.tokens):
        if each.keyword != "(":
            continue
        reader.at = index
        if reader.peek(1) in ("DESCRIBE", "DESC") and reader.peek(2) in ("HISTORY", "DETAIL"):
            reader.skip_group()
            found.append((each.end, reader.tokens[reader.at - 1].start))
    reader.at = start
    return tuple(found)


def _dml_behind(reader: Reader) -> Statement | None:
    """`{WITH | FROM} … INSERT/MERGE/UPDATE/DELETE`: the common table expressions come first in Spark too."""
    depth = 0
    if reader.peek() == "FROM" and sum(each.keyword == "INSERT" for each in reader.tokens) > 1:
        raise unsupported("FROM … INSERT into several tables")
    for index, each in enumerate(reader.tokens):
        depth += (each.keyword == "(") - (each.keyword == ")")
        if depth == 0 and each.keyword in ("INSERT", "MERGE", "UPDATE", "DELETE"):
            reader.at = index + 1
            return _FORMS[each.keyword](reader.sql, reader)
        if depth == 0 and each.keyword == "SELECT":
            return None
    return None


def _refuse(reader: Reader) -> None:
    """Refuse what is of Unity Catalog or the workspace and has no place here.

    Raises:
        SqlError: `UNSUPPORTED_FEATURE`.
    """
    first, at = reader.peek(), reader.at
    if first in _NOT_HERE:
        raise unsupported(first)
    if first not in ("CREATE", "ALTER", "DROP", "DESCRIBE", "DESC", "SHOW"):
        return
    reader.at += 1
    if first == "ALTER" and any(
        verb.keyword in ("ENABLE", "DISABLE", "INHERIT") and what.keyword == "PREDICTIVE"
        for verb, what in pairwise(reader.tokens)
    ):
        raise unsupported(f"ALTER {reader.peek()} … PREDICTIVE OPTIMIZATION")
    reader.accept("OR", "REPLACE")
    for kind in _OBJECTS_NOT_HERE:
        if reader.accept(*kind):
            if first in ("DESCRIBE", "DESC") and (reader.is_done or reader.peek() in (".", "AS")):
                break  # it is a table of that name
            raise unsupported(f"{first} {' '.join(kind)}")
    reader.at = at


_NOT_HERE = ("COMMIT", "DENY", "FSCK", "ROLLBACK", "SYNC", "UNDROP")

_OBJECTS_NOT_HERE = tuple(
    each.split()
    for each in (
        *("EXTERNAL LOCATION", "EXTERNAL LOCATIONS", "CONNECTION", "CONNECTIONS", "SERVER"),
        *("FOREIGN CATALOG", "STORAGE CREDENTIAL"),
        *("STORAGE CREDENTIALS", "SERVICE CREDENTIAL", "CREDENTIALS", "SHARE", "SHARES", "ALL IN SHARE"),
        *("RECIPIENT", "RECIPIENTS", "PROVIDER", "PROVIDERS", "PROCEDURE", "PROCEDURES"),
        *("POLICY", "POLICIES", "USERS", "GROUP", "GROUPS"),
    )
)

_CHANGES_NO_RELATION = {
    *("ADD", "CACHE", "CLEAR", "DECLARE", "DESC", "DESCRIBE", "EXPLAIN", "GENERATE", "INSERT", "LIST"),
    *("OPTIMIZE", "REFRESH", "REORG", "RESET", "SET", "SHOW", "UNCACHE", "VACUUM"),
}
"""First words of what Spark carries out without a change to what its catalog holds."""

_FORMS: dict[str, Callable[[str, Reader], Statement]] = {
    "ANALYZE": metadata.analyze,
    "COPY": files.copy,
    "CREATE": tables.create,
    "REPLACE": tables.create,
    "REFRESH": materialized.refresh,
    "DROP": tables.drop,
    "ALTER": alter.alter,
    "COMMENT": metadata.comment,
    "USE": metadata.use,
    "INSERT": writes.insert,
    "MERGE": writes.merge,
    "UPDATE": writes.update,
    "DELETE": writes.delete,
    "TRUNCATE": writes.truncate,
    "RESTORE": writes.restore,
    "GRANT": metadata.grant,
    "REVOKE": metadata.grant,
    "SHOW": metadata.show,
    "DESCRIBE": metadata.describe,
    "DESC": metadata.describe,
}
