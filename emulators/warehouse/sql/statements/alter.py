"""ALTER in all its forms."""

from __future__ import annotations

from dataclasses import dataclass

from emulators.settings import CATALOG
from emulators.warehouse.sql.lexer import Reader
from emulators.warehouse.sql.quoting import changed, quoted
from emulators.warehouse.sql.statements.command import Clauses, Command
from emulators.warehouse.sql.statements.constraints import (
    Key,
    Mask,
    RowFilter,
    begins_constraint,
    check,
    mask,
    row_filter,
    table_key,
)
from emulators.warehouse.sql.statements.materialized import alter_schedule
from emulators.warehouse.sql.statements.metadata import CommentOn
from emulators.warehouse.sql.statements.properties import changes_to_properties
from emulators.warehouse.sql.statements.statement import SCHEMA_WORDS, Name, Statement


@dataclass(frozen=True)
class SetTags(Statement):
    """`ALTER … [ALTER COLUMN c] SET TAGS (…)`, or UNSET: a tag to unset has the value None."""

    name: Name
    column: str | None
    tags: dict[str, str | None]


@dataclass(frozen=True)
class AddKey(Statement):
    """`ALTER TABLE name ADD [CONSTRAINT c] {PRIMARY KEY | UNIQUE | FOREIGN KEY} …`."""

    name: Name
    key: Key


@dataclass(frozen=True)
class DropConstraint(Statement):
    """`ALTER TABLE name DROP {CONSTRAINT c | PRIMARY KEY | FOREIGN KEY (…)}`."""

    name: Name
    constraint: str | None
    kind: str | None
    columns: tuple[str, ...]
    if_exists: bool
    is_cascade: bool = False


@dataclass(frozen=True)
class SetNotNull(Statement):
    """`ALTER TABLE name {ALTER | CHANGE} COLUMN c {SET | DROP} NOT NULL`."""

    name: Name
    column: str
    is_set: bool


@dataclass(frozen=True)
class SetRowFilter(Statement):
    """`ALTER … {SET ROW FILTER f ON (…) | DROP ROW FILTER}`; None drops."""

    name: Name
    row_filter: RowFilter | None


@dataclass(frozen=True)
class SetMask(Statement):
    """`ALTER … ALTER COLUMN c {SET MASK f [USING COLUMNS (…)] | DROP MASK}`; None drops."""

    name: Name
    column: str
    mask: Mask | None


@dataclass(frozen=True)
class ClusterByAuto(Statement):
    """`ALTER TABLE name CLUSTER BY AUTO`."""

    name: Name


@dataclass(frozen=True)
class SetOwner(Statement):
    """`ALTER {CATALOG | SCHEMA | TABLE | VIEW | …} name [SET] OWNER TO principal`: recorded, like grants."""

    kind: str
    name: Name
    owner: str


def alter(sql: str, reader: Reader) -> Statement:
    """Read `ALTER …`."""
    if reader.accept("MATERIALIZED", "VIEW") or reader.accept("STREAMING", "TABLE"):
        name = reader.name()
        found = alter_schedule(sql, reader, name) or _alter_metadata(sql, reader, name)
        if found is None:
            raise reader.unexpected()
        return found
    kind = reader.accept_any("TABLE", "VIEW", *SCHEMA_WORDS, "CATALOG")
    if kind in SCHEMA_WORDS:
        return Command(sql, schema=reader.name())
    if kind not in ("TABLE", "VIEW"):
        return Command(sql)
    name = reader.name()
    if kind == "VIEW" and reader.follows("AS") and reader.next_is_string(1):
        return _alter_metric_view(sql, reader, name)
    if reader.accept("RENAME", "TO"):
        return _rename(sql, reader, name)
    if reader.accept("RENAME", "COLUMN"):
        column = reader.name()
        reader.expect("TO")
        renamed = (column[0], reader.identifier()) if len(column) == 1 else None
        return Command(sql, defines=(name,), renamed_column=renamed)
    if kind == "TABLE" and (reader.accept("SET", "TBLPROPERTIES") or reader.accept("UNSET", "TBLPROPERTIES")):
        return _alter_properties(sql, reader, name)
    if kind == "VIEW" and reader.accept("AS"):
        return Command(sql, defines=(name,), is_new_query=True, keeps_query=True)
    if found := _alter_metadata(sql, reader, name):
        return found
    is_clustering = reader.accept("CLUSTER", "BY")  # by columns or NONE, no longer by AUTO
    clauses = Clauses(is_auto_clustered=False) if is_clustering else Clauses()
    return Command(sql, defines=(name,), clauses=clauses)


def _alter_properties(sql: str, reader: Reader, name: Name) -> Statement:
    reader.accept("IF", "EXISTS")
    return Command(changed(sql, changes_to_properties(reader)), defines=(name,))


def _rename(sql: str, reader: Reader, name: Name) -> Statement:
    """`RENAME TO`: Spark reads the new name within the catalog of the old one, so it loses its own."""
    start = reader.here
    new_name = reader.name()
    if len(new_name) == 3 and new_name[0].lower() == CATALOG:
        sql = f"{sql[:start]}{quoted(new_name[1:])}{sql[reader.read_to :]}"
    return Command(sql, defines=(name,), renamed_to=new_name)


def _alter_metadata(sql: str, reader: Reader, name: Name) -> Statement | None:
    """The forms of ALTER that only Databricks has; None leaves the statement to Spark."""
    start = reader.at
    if (owner := new_owner(reader)) is not None:
        return SetOwner(sql, "TABLE", name, owner)
    if reader.accept("SET", "TAGS"):
        return SetTags(sql, name, None, dict(reader.listed(lambda: tag(reader))))
    if reader.accept("UNSET", "TAGS"):
        return SetTags(sql, name, None, dict.fromkeys(reader.listed(reader.string)))
    if reader.accept("CLUSTER", "BY", "AUTO"):
        return ClusterByAuto(sql, name)
    if reader.follows("SET", "ROW", "FILTER"):
        reader.expect("SET")
        return SetRowFilter(sql, name, row_filter(reader))
    if reader.accept("DROP", "ROW", "FILTER"):
        return SetRowFilter(sql, name, None)
    if reader.accept("ADD"):
        if begins_constraint(reader):
            return _add_constraint(sql, reader, name)
    elif reader.accept("DROP"):
        if found := _drop_constraint(sql, reader, name):
            return found
    elif reader.accept_any("ALTER", "CHANGE"):
        reader.accept("COLUMN")
        column = reader.identifier()
        if reader.accept("SET", "TAGS"):
            return SetTags(sql, name, column, dict(reader.listed(lambda: tag(reader))))
        if reader.accept("UNSET", "TAGS"):
            return SetTags(sql, name, column, dict.fromkeys(reader.listed(reader.string)))
        if reader.accept("COMMENT"):
            return CommentOn(sql, "COLUMN", (*name, column), reader.string())
        if reader.accept("SET", "NOT", "NULL"):
            return SetNotNull(sql, name, column, is_set=True)
        if reader.accept("DROP", "NOT", "NULL"):
            return SetNotNull(sql, name, column, is_set=False)
        if reader.follows("SET", "MASK"):
            reader.expect("SET")
            return SetMask(sql, name, column, mask(reader, column))
        if reader.accept("DROP", "MASK"):
            return SetMask(sql, name, column, None)
    reader.at = start
    return None


def new_owner(reader: Reader) -> str | None:
    """Read `[SET] OWNER TO principal`; None where something else stands."""
    if not (reader.accept("SET", "OWNER", "TO") or reader.accept("OWNER", "TO")):
        return None
    owner = reader.identifier()
    reader.end()
    return owner


def _add_constraint(sql: str, reader: Reader, name: Name) -> Statement:
    constraint = reader.identifier() if reader.accept("CONSTRAINT") else None
    if reader.peek() != "CHECK":
        key = table_key(reader, constraint)
        reader.end()
        return AddKey(sql, name, key)
    check(reader, constraint)
    end = reader.read_to
    reader.end()
    is_said = reader.tokens[-1].keyword == "ENFORCED"  # which goes without saying, and Delta does not take
    return Command(sql[: reader.tokens[-1].start] if is_said else sql[:end], defines=(name,))


def _alter_metric_view(sql: str, reader: Reader, name: Name) -> Statement:
    """`ALTER VIEW name AS $$…$$`: a new definition of a metric view, which Spark can only create."""
    at = reader.here
    reader.expect("AS")
    body = sql[reader.here :].removesuffix(";")
    created = sql[: reader.tokens[0].start] + "create or replace view "
    target = sql[reader.tokens[2].start : at]
    return Command(f"{created}{target} with metrics language yaml as {body}", defines=(name,), is_view=True)


def _drop_constraint(sql: str, reader: Reader, name: Name) -> Statement | None:
    if reader.accept("CONSTRAINT"):
        if_exists = reader.accept("IF", "EXISTS")
        constraint = reader.identifier()
        return DropConstraint(sql, name, constraint, None, (), if_exists, _is_cascade(reader))
    for kind in ("PRIMARY", "FOREIGN"):
        if reader.accept(kind, "KEY"):
            if_exists = reader.accept("IF", "EXISTS")
            columns = tuple(reader.listed(reader.identifier)) if reader.peek() == "(" else ()
            return DropConstraint(sql, name, None, f"{kind} KEY", columns, if_exists, _is_cascade(reader))
    return None


def _is_cascade(reader: Reader) -> bool:
    found = reader.accept_any("CASCADE", "RESTRICT")
    reader.end()
    return found == "CASCADE"


def tag(reader: Reader) -> tuple[str, str | None]:
    """Read `'name' [= 'value']`; without a value it is empty."""
    name = reader.string()
    return name, reader.string() if reader.accept("=") else ""
