"""Statements that say, show or set what is known of relations: COMMENT, USE, GRANT, SHOW, DESCRIBE."""

from __future__ import annotations

from dataclasses import dataclass

from emulators.warehouse.sql.lexer import Reader
from emulators.warehouse.sql.statements.command import Command
from emulators.warehouse.sql.statements.statement import SCHEMA_WORDS, Name, Statement


@dataclass(frozen=True)
class UseSchema(Statement):
    """`USE [CATALOG | SCHEMA] name`."""

    catalog: str | None
    schema: str | None


@dataclass(frozen=True)
class Analyze(Statement):
    """`ANALYZE {TABLE name | TABLES IN schema} COMPUTE … STATISTICS …` with the columns it names."""

    name: Name
    columns: tuple[str, ...] = ()
    is_schema: bool = False


@dataclass(frozen=True)
class CommentOn(Statement):
    """`COMMENT ON {TABLE | VIEW | COLUMN | SCHEMA} name IS text`; None is no comment."""

    kind: str
    name: Name
    comment: str | None


@dataclass(frozen=True)
class Grant(Statement):
    """`GRANT` and `REVOKE`: recorded, never enforced."""

    is_grant: bool
    privileges: tuple[str, ...]
    kind: str
    name: Name
    principal: str


@dataclass(frozen=True)
class ShowGrants(Statement):
    """`SHOW GRANTS [principal] ON kind name`."""

    kind: str
    name: Name


@dataclass(frozen=True)
class Describe(Statement):
    """`DESCRIBE [TABLE] [EXTENDED] name [AS JSON]`."""

    name: Name
    is_extended: bool
    as_json: bool


@dataclass(frozen=True)
class ShowSchemas(Statement):
    """`SHOW {SCHEMAS | DATABASES} [IN catalog] [[LIKE] pattern]`."""

    catalog: str | None
    pattern: str | None


@dataclass(frozen=True)
class ShowTableExtended(Statement):
    """`SHOW TABLE EXTENDED [IN schema] LIKE pattern`."""

    schema: Name | None
    pattern: str


@dataclass(frozen=True)
class ShowProperties(Statement):
    """`SHOW TBLPROPERTIES name [(key)]`."""

    name: Name
    key: str | None


def comment(sql: str, reader: Reader) -> Statement:
    """Read `COMMENT ON …`."""
    reader.expect("ON")
    if reader.accept("MATERIALIZED", "VIEW"):
        kind = "VIEW"
    elif reader.accept("STREAMING", "TABLE"):
        kind = "TABLE"
    else:
        kind = reader.accept_any("COLUMN", "TABLE", "VIEW", *SCHEMA_WORDS)
    if not kind:
        return Command(sql)
    name = reader.name()
    reader.expect("IS")
    comment = None if reader.accept("NULL") else reader.string()
    return CommentOn(sql, kind, name, comment)


def use(sql: str, reader: Reader) -> Statement:
    """Read `USE …`."""
    if reader.accept("CATALOG"):
        token = reader.token()
        return UseSchema(sql, token.text, None)
    reader.accept_any("SCHEMA", "DATABASE", "NAMESPACE")
    name = reader.name()
    return UseSchema(sql, name[0] if len(name) > 1 else None, name[-1])


def grant(sql: str, reader: Reader) -> Statement:
    """Read `GRANT …` and `REVOKE …`."""
    is_grant = reader.tokens[0].keyword == "GRANT"
    privileges = []
    while True:
        words = []
        while reader.peek() not in (",", "ON") and not reader.is_done:
            words.append(reader.identifier().upper())
        privileges.append(" ".join(words))
        if not reader.accept(","):
            break
    reader.expect("ON")
    kind = (
        reader.accept_any("TABLE", "VIEW", "SCHEMA", "DATABASE", "CATALOG", "FUNCTION", "VOLUME") or "TABLE"
    )
    if not reader.accept("MATERIALIZED", "VIEW"):
        reader.accept("STREAMING", "TABLE")
    name = reader.name()
    reader.expect("TO" if is_grant else "FROM")
    return Grant(sql, is_grant, tuple(privileges), kind, name, reader.token().text)


def show(sql: str, reader: Reader) -> Statement:
    """Read `SHOW …`."""
    if reader.accept_any("SCHEMAS", "DATABASES"):
        catalog = reader.identifier() if reader.accept_any("IN", "FROM") else None
        reader.accept("LIKE")
        pattern = reader.string() if not reader.is_done else None
        return ShowSchemas(sql, catalog, pattern)
    if reader.accept_any("GRANTS", "GRANT"):
        if reader.peek() != "ON":
            reader.token()
        reader.expect("ON")
        kind = reader.accept_any("TABLE", "VIEW", "SCHEMA", "DATABASE", "CATALOG", "VOLUME") or "TABLE"
        return ShowGrants(sql, kind, reader.name())
    if reader.accept("TBLPROPERTIES"):
        name = reader.name()
        key = None
        if reader.accept("("):
            key = reader.property_name()
            reader.expect(")")
        return ShowProperties(sql, name, key)
    if reader.accept("TABLE", "EXTENDED"):
        schema = reader.name() if reader.accept_any("IN", "FROM") else None
        reader.expect("LIKE")
        pattern = reader.string()
        return ShowTableExtended(sql, schema, pattern) if reader.is_done else Command(sql)
    return Command(sql)


def analyze(sql: str, reader: Reader) -> Statement:
    """Read `ANALYZE …`."""
    is_schema = reader.accept("TABLES")
    if not is_schema:
        reader.expect("TABLE")
    elif not reader.accept_any("IN", "FROM"):
        raise reader.unexpected()
    name = reader.name()
    if not is_schema and reader.accept("PARTITION"):
        reader.skip_group()
    reader.expect("COMPUTE")
    reader.accept("DELTA")
    reader.expect("STATISTICS")
    columns = []
    if reader.accept("FOR", "COLUMNS"):
        columns.append(reader.identifier())
        while reader.accept(","):
            columns.append(reader.identifier())
    elif not reader.accept("FOR", "ALL", "COLUMNS"):
        reader.accept("NOSCAN")
    reader.end()
    return Analyze(sql, name, tuple(columns), is_schema)


def describe(sql: str, reader: Reader) -> Statement:
    """Read `DESCRIBE …`."""
    if reader.peek() in (
        "QUERY",
        "HISTORY",
        "DETAIL",
        "FUNCTION",
        "SCHEMA",
        "DATABASE",
        "CATALOG",
        "NAMESPACE",
    ):
        return Command(sql)
    reader.accept("TABLE")
    is_extended = bool(reader.accept_any("EXTENDED", "FORMATTED"))
    name = reader.name()
    as_json = reader.accept("AS", "JSON")
    if not reader.is_done:  # a column, a partition, or a query
        return Command(sql)
    return Describe(sql, name, is_extended, as_json)
