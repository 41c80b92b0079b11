"""CREATE and DROP of tables, views, schemas and functions."""

from __future__ import annotations

from dataclasses import dataclass

from emulators.warehouse.errors import unsupported
from emulators.warehouse.sql.lexer import Reader, Token
from emulators.warehouse.sql.quoting import assigned, changed
from emulators.warehouse.sql.statements.command import Clauses, Command
from emulators.warehouse.sql.statements.constraints import (
    Check,
    Key,
    Mask,
    begins_constraint,
    check,
    column_key,
    mask,
    row_filter,
    table_key,
)
from emulators.warehouse.sql.statements.materialized import (
    CreateMaterializedView,
    CreateStreamingTable,
    create_materialized,
)
from emulators.warehouse.sql.statements.properties import changes_to_properties
from emulators.warehouse.sql.statements.statement import SCHEMA_WORDS, Name, Statement
from emulators.warehouse.sql.table_properties import FORMAT


@dataclass(frozen=True)
class DropSchema(Command):
    """`DROP SCHEMA [IF EXISTS] name [RESTRICT | CASCADE]`."""

    is_cascade: bool = False


@dataclass(frozen=True)
class DropMaterializedView(Statement):
    """`DROP MATERIALIZED VIEW [IF EXISTS] name`."""

    name: Name
    if_exists: bool


@dataclass(frozen=True)
class DropView(Statement):
    """`DROP VIEW [IF EXISTS] name`, which takes materialized views as well."""

    name: Name
    if_exists: bool


def create(sql: str, reader: Reader) -> Statement:
    """Read `CREATE …`."""
    replace = reader.accept("OR", "REPLACE")
    refresh = reader.accept("OR", "REFRESH")
    if reader.accept("MATERIALIZED", "VIEW"):
        return create_materialized(sql, reader, CreateMaterializedView, replace)
    if reader.accept("STREAMING", "TABLE"):
        return create_materialized(sql, reader, CreateStreamingTable, refresh)
    is_temporary = bool(reader.accept_any("TEMPORARY", "TEMP")) or reader.accept("GLOBAL", "TEMPORARY")
    reader.accept("EXTERNAL")
    kind = reader.accept_any("TABLE", "VIEW", *SCHEMA_WORDS, "FUNCTION")
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    if kind in SCHEMA_WORDS:
        return Command(sql, schema=reader.name(), replaces=True)
    if is_temporary and kind == "TABLE":
        raise unsupported("CREATE TEMPORARY TABLE")
    if is_temporary and kind == "VIEW":
        return Command(sql, keeps_query=True)
    if is_temporary or kind not in ("TABLE", "VIEW", "FUNCTION"):
        return Command(sql)
    name = reader.name()
    if kind == "FUNCTION":
        return _create_function(sql, reader, name, if_not_exists)
    if kind == "VIEW":
        return Command(
            sql,
            defines=(name,),
            replaces=True,
            is_view=True,
            keeps_query=True,
            if_not_exists=if_not_exists,
        )
    return _create_table(sql, reader, name, if_not_exists)


def _create_function(sql: str, reader: Reader, name: Name, if_not_exists: bool) -> Statement:
    while not reader.is_done and reader.peek() not in ("RETURN", "AS"):
        if reader.accept("LANGUAGE", "PYTHON"):
            raise unsupported("A function in Python")
        if reader.peek() == "(":
            reader.skip_group()
        else:
            reader.token()
    return Command(sql, function=name, if_not_exists=if_not_exists)


def _create_table(sql: str, reader: Reader, name: Name, if_not_exists: bool) -> Statement:
    """Cut what Delta refuses (keys, checks, masks, …) out of a CREATE TABLE and keep it for later."""
    found = _Cuts(reader)
    if reader.peek() == "(":
        found.read_columns()
    is_auto, filtered = None, None
    iceberg, partitions = None, None
    is_clone = reader.accept("SHALLOW", "CLONE")
    if reader.accept("DEEP", "CLONE") or reader.accept("CLONE"):
        raise unsupported("DEEP CLONE")
    while not reader.is_done:
        start = reader.here
        if reader.accept("CLUSTER", "BY", "AUTO"):
            is_auto = True
            found.cut(start)
        elif reader.accept("CLUSTER", "BY", "NONE") or reader.accept("CLUSTER", "BY", "(", ")"):
            found.cut(start)
        elif reader.follows("WITH", "ROW", "FILTER"):
            reader.expect("WITH")
            filtered = row_filter(reader)
            found.cut(start)
        elif reader.accept("USING", "ICEBERG"):
            iceberg = reader.tokens[reader.at - 1]
        elif reader.follows("PARTITIONED", "BY"):
            partitions = reader.token()
        elif reader.accept("TBLPROPERTIES"):
            found.read_properties()
        elif reader.peek() in ("AS", "SELECT", "WITH", "FROM", "VALUES"):
            break
        elif reader.peek() == "(":
            reader.skip_group()
        else:
            reader.token()
    if iceberg:
        found.put_delta_for(iceberg)
        if partitions:
            found.put(partitions, "cluster")  # as Databricks lays out its managed Iceberg tables
    return Command(
        found.rest(),
        defines=(name,),
        replaces=True,
        is_clone=is_clone,
        if_not_exists=if_not_exists,
        clauses=Clauses(tuple(found.keys), tuple(found.checks), tuple(found.masks), filtered, is_auto),
    )


class _Cuts:
    """What is cut out of a CREATE TABLE or put otherwise, and where it stood."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._changes: list[tuple[int, int, str]] = []
        self._properties_at: int | None = None
        self._nullable: dict[str, int] = {}
        self.keys: list[Key] = []
        self.checks: list[Check] = []
        self.masks: list[Mask] = []

    def cut(self, start: int) -> None:
        """Leave out what was read since `start`."""
        self._changes.append((start, self._reader.read_to, " "))

    def put(self, token: Token, text: str) -> None:
        """Put another text in the place of a token."""
        self._changes.append((token.start, token.end, text))

    def put_delta_for(self, other: Token) -> None:
        """Let Delta stand in for another format: which one it was is a property."""
        pair = assigned({FORMAT: other.text.lower()})
        if self._properties_at is None:
            self.put(other, f"delta tblproperties ({pair})")
        else:
            self.put(other, "delta")
            self._changes.append((self._properties_at, self._properties_at, f"{pair}, "))

    def read_properties(self) -> None:
        """Read the list of a TBLPROPERTIES; those that Delta refuses get the names it keeps them under."""
        self._properties_at = self._reader.tokens[self._reader.at].end
        self._changes += changes_to_properties(self._reader)

    def rest(self) -> str:
        """The statement without what was cut; the columns of a primary key are not null."""
        changes = list(self._changes)
        for column in (each for key in self.keys if key.kind == "PRIMARY KEY" for each in key.columns):
            if end := self._nullable.pop(column.lower(), None):
                changes.append((end, end, " not null"))
        return changed(self._reader.sql, changes)

    def read_columns(self) -> None:
        """Read a column list; a constraint of the table goes with the comma before it."""
        reader = self._reader
        reader.expect("(")
        comma = reader.read_to
        while True:
            start = reader.here
            if begins_constraint(reader):
                name = reader.identifier() if reader.accept("CONSTRAINT") else None
                if reader.peek() == "CHECK":
                    self.checks.append(check(reader, name))
                else:
                    self.keys.append(table_key(reader, name))
                self.cut(comma)
            else:
                self._read_column()
            comma = reader.here
            if start == comma or not reader.accept(","):
                break
        reader.expect(")")

    def _read_column(self) -> None:
        reader = self._reader
        column = reader.identifier()
        reader.skip_nested_type()
        is_nullable = True
        while not reader.is_done and reader.peek() not in (",", ")"):
            start = reader.here
            name = reader.identifier() if reader.accept("CONSTRAINT") else None
            if key := column_key(reader, name, column):
                self.keys.append(key)
                self.cut(start)
            elif reader.follows("MASK"):
                self.masks.append(mask(reader, column))
                self.cut(start)
            elif reader.accept("NOT", "NULL"):
                is_nullable = False
            elif reader.peek() == "(":
                reader.skip_group()
            elif not (name and reader.peek() in (",", ")")):
                reader.token()
        if is_nullable:
            self._nullable[column.lower()] = reader.read_to


def drop(sql: str, reader: Reader) -> Statement:
    """Read `DROP …`."""
    materialized = reader.accept("MATERIALIZED")
    kind = reader.accept_any("VIEW", "TABLE", *SCHEMA_WORDS, "FUNCTION")
    if_exists = reader.accept("IF", "EXISTS")
    if materialized or kind == "VIEW":
        name = reader.name()
        reader.end()
        return (DropMaterializedView if materialized else DropView)(sql, name, if_exists)
    if kind in SCHEMA_WORDS:
        return DropSchema(sql, schema=reader.name(), is_cascade=reader.accept("CASCADE"))
    if kind == "FUNCTION":
        return Command(sql, function=reader.name(), is_drop=True)
    return Command(sql, defines=(reader.name(),), replaces=True, is_drop=True) if kind else Command(sql)
