"""Statements about catalogs and schemas, and those that list or describe what is in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from emulators.warehouse.errors import unsupported
from emulators.warehouse.sql.lexer import Kind, Reader
from emulators.warehouse.sql.statements.alter import SetOwner, SetTags, new_owner, tag
from emulators.warehouse.sql.statements.metadata import UseSchema
from emulators.warehouse.sql.statements.statement import SCHEMA_WORDS, Name, Statement


@dataclass(frozen=True)
class CreateCatalog(Statement):
    """`CREATE CATALOG [IF NOT EXISTS] name [COMMENT text]`."""

    name: str
    if_not_exists: bool
    comment: str | None


@dataclass(frozen=True)
class DropCatalog(Statement):
    """`DROP CATALOG [IF EXISTS] name [RESTRICT | CASCADE]`."""

    name: str
    if_exists: bool
    is_cascade: bool


@dataclass(frozen=True)
class CommentOnCatalog(Statement):
    """`COMMENT ON CATALOG name IS text`."""

    name: str
    comment: str | None


@dataclass(frozen=True)
class SetNamespaceTags(Statement):
    """`ALTER {CATALOG | SCHEMA} name {SET | UNSET} TAGS (…)`: a tag to unset has the value None."""

    catalog: str | None
    schema: Name | None
    tags: dict[str, str | None]


@dataclass(frozen=True)
class ShowCatalogs(Statement):
    """`SHOW CATALOGS [[LIKE] pattern]`."""

    pattern: str | None


@dataclass(frozen=True)
class ShowTables(Statement):
    """`SHOW {TABLES | VIEWS} [IN schema] [[LIKE] pattern]`."""

    schema: Name | None
    pattern: str | None
    is_views: bool = False


@dataclass(frozen=True)
class ShowColumns(Statement):
    """`SHOW COLUMNS IN table [IN schema]`."""

    name: Name


@dataclass(frozen=True)
class ShowCreateTable(Statement):
    """`SHOW CREATE TABLE name`."""

    name: Name


@dataclass(frozen=True)
class ShowUserFunctions(Statement):
    """`SHOW USER FUNCTIONS [IN schema] [[LIKE] pattern]`."""

    schema: Name | None
    pattern: str | None


@dataclass(frozen=True)
class DescribeCatalog(Statement):
    """`DESCRIBE CATALOG [EXTENDED] name`."""

    name: str
    is_extended: bool


@dataclass(frozen=True)
class DescribeSchema(Statement):
    """`DESCRIBE SCHEMA [EXTENDED] name`."""

    name: Name
    is_extended: bool


@dataclass(frozen=True)
class DescribeFunction(Statement):
    """`DESCRIBE FUNCTION [EXTENDED] name`."""

    name: Name
    is_extended: bool


@dataclass(frozen=True)
class Worded(Statement):
    """A statement whose rows Spark makes, and which name schemas: DESCRIBE DETAIL, EXPLAIN."""


def read(sql: str, reader: Reader) -> Statement | None:
    """The statement, when it is of these forms; the reader is then of no further use.

    Raises:
        SqlError: it begins like one of them and then is not.
    """
    start = reader.at
    parse = _FORMS.get(reader.peek())
    reader.at += 1
    found = parse(sql, reader) if parse else None
    reader.at = start
    return found


def _create(sql: str, reader: Reader) -> Statement | None:
    if reader.accept_any(*SCHEMA_WORDS) and any(each.keyword == "MANAGED" for each in reader.tokens):
        raise unsupported("CREATE SCHEMA … MANAGED LOCATION")
    if not reader.accept("CATALOG"):
        return None
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    name = reader.identifier()
    comment = reader.string() if reader.accept("COMMENT") else None
    for each in ("MANAGED", "USING", "OPTIONS"):
        if reader.peek() == each:
            raise unsupported(f"CREATE CATALOG … {each}")
    reader.end()
    return CreateCatalog(sql, name, if_not_exists, comment)


def _drop(sql: str, reader: Reader) -> Statement | None:
    if not reader.accept("CATALOG"):
        return None
    if_exists = reader.accept("IF", "EXISTS")
    name = reader.identifier()
    mode = reader.accept_any("RESTRICT", "CASCADE")
    reader.end()
    return DropCatalog(sql, name, if_exists, mode == "CASCADE")


def _alter(sql: str, reader: Reader) -> Statement | None:
    kind = reader.accept_any("CATALOG", *SCHEMA_WORDS)
    if not kind:
        return None
    name = reader.name()
    if (owner := new_owner(reader)) is not None:
        return SetOwner(sql, kind, name, owner)
    if reader.accept("SET", "TAGS"):
        tags = dict(reader.listed(lambda: tag(reader)))
    elif reader.accept("UNSET", "TAGS"):
        tags = dict.fromkeys(reader.listed(reader.string))
    elif kind == "CATALOG":
        raise unsupported("ALTER CATALOG other than SET TAGS and OWNER TO")
    else:
        return None
    reader.end()
    is_catalog = kind == "CATALOG"
    return SetNamespaceTags(sql, name[0] if is_catalog else None, None if is_catalog else name, tags)


def _comment(sql: str, reader: Reader) -> Statement | None:
    if not reader.accept("ON", "CATALOG"):
        return None
    name = reader.identifier()
    reader.expect("IS")
    comment = None if reader.accept("NULL") else reader.string()
    reader.end()
    return CommentOnCatalog(sql, name, comment)


def _set(sql: str, reader: Reader) -> Statement | None:
    if reader.accept("TAG", "ON"):
        return _tag_on(sql, reader, is_set=True)
    if not reader.accept("CATALOG") or reader.peek() == "=":
        return None
    token = reader.token()
    reader.end()
    return UseSchema(sql, token.text, None)


def _unset(sql: str, reader: Reader) -> Statement | None:
    return _tag_on(sql, reader, is_set=False) if reader.accept("TAG", "ON") else None


def _tag_on(sql: str, reader: Reader, is_set: bool) -> Statement:
    """`{SET | UNSET} TAG ON kind name key [= value]`."""
    if reader.accept("VOLUME"):
        raise unsupported("A tag on a volume")
    kind = reader.accept_any("CATALOG", *SCHEMA_WORDS, "TABLE", "VIEW", "COLUMN")
    if not kind:
        raise reader.unexpected()
    name = reader.name()
    key = _word(reader)
    tags = {key: (_word(reader) if reader.accept("=") else "") if is_set else None}
    reader.end()
    if kind == "CATALOG":
        return SetNamespaceTags(sql, name[0], None, tags)
    if kind in SCHEMA_WORDS:
        return SetNamespaceTags(sql, None, name, tags)
    if kind == "COLUMN":
        return SetTags(sql, name[:-1], name[-1], tags)
    return SetTags(sql, name, None, tags)


def _word(reader: Reader) -> str:
    return reader.string() if reader.next_is_string() else reader.identifier()


def _show(sql: str, reader: Reader) -> Statement | None:
    if reader.accept("CATALOGS"):
        return ShowCatalogs(sql, pattern(reader))
    kind = reader.accept_any("TABLES", "VIEWS")
    if kind:
        schema = reader.name() if reader.accept_any("IN", "FROM") else None
        return ShowTables(sql, schema, pattern(reader), kind == "VIEWS")
    if reader.accept("COLUMNS"):
        if not reader.accept_any("IN", "FROM"):
            raise reader.unexpected()
        name = reader.name()
        if reader.accept_any("IN", "FROM"):
            name = (*reader.name(), name[-1])
        reader.end()
        return ShowColumns(sql, name)
    if reader.accept("USER", "FUNCTIONS"):
        schema = reader.name() if reader.accept_any("IN", "FROM") else None
        return ShowUserFunctions(sql, schema, pattern(reader))
    if reader.accept("CREATE", "TABLE"):
        name = reader.name()
        return ShowCreateTable(sql, name) if reader.is_done else Worded(sql)
    return Worded(sql) if "FUNCTIONS" in (reader.peek(), reader.peek(1)) else None


def pattern(reader: Reader) -> str | None:
    """Read the pattern behind `SHOW … [LIKE]`; None when there is none."""
    reader.accept("LIKE")
    if reader.is_done:
        return None
    token = reader.token()
    reader.end()
    return token.text if token.kind is Kind.STRING else token.text.lower()


def _describe(sql: str, reader: Reader) -> Statement | None:
    kind = reader.accept_any("CATALOG", "SCHEMA", "DATABASE", "NAMESPACE", "FUNCTION", "DETAIL")
    if not kind or reader.is_done:
        return None
    if kind == "DETAIL":
        return Worded(sql)
    is_extended = reader.accept("EXTENDED")
    if kind == "FUNCTION":
        is_name = reader.tokens[reader.at].kind in (Kind.WORD, Kind.QUOTED)
        return DescribeFunction(sql, reader.name(), is_extended) if is_name else None
    name = reader.name()
    reader.end()
    if kind == "CATALOG":
        return DescribeCatalog(sql, name[0], is_extended)
    return DescribeSchema(sql, name, is_extended)


_FORMS: dict[str, Callable[[str, Reader], Statement | None]] = {
    "CREATE": _create,
    "DROP": _drop,
    "ALTER": _alter,
    "COMMENT": _comment,
    "SET": _set,
    "UNSET": _unset,
    "SHOW": _show,
    "DESCRIBE": _describe,
    "DESC": _describe,
}
