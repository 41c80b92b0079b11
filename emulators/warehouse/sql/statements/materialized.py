"""CREATE and REFRESH of materialized views and streaming tables, and their schedules."""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import replace as replaced
from typing import TypeVar

from emulators.warehouse.errors import unsupported
from emulators.warehouse.sql.lexer import Reader
from emulators.warehouse.sql.statements.command import Clauses, Command
from emulators.warehouse.sql.statements.constraints import (
    Key,
    Mask,
    begins_constraint,
    column_key,
    mask,
    row_filter,
    table_key,
)
from emulators.warehouse.sql.statements.properties import read_property
from emulators.warehouse.sql.statements.statement import Name, Statement


@dataclass(frozen=True)
class ColumnSpec:
    """A column of a materialized view or streaming table; its type is empty when none is named."""

    name: str
    type: str = ""
    is_nullable: bool = True
    comment: str | None = None


@dataclass(frozen=True)
class CreateMaterialized(Statement):
    """CREATE of a relation that keeps the rows of a query.

    Attributes:
        replace: OR REPLACE of a materialized view, OR REFRESH of a streaming table.
        layout: its PARTITIONED BY and CLUSTER BY, as worded.
        schedule: when it is to be refreshed, as DESCRIBE EXTENDED words it; None is by hand.
    """

    name: Name
    query: str
    replace: bool = False
    if_not_exists: bool = False
    columns: tuple[ColumnSpec, ...] = ()
    layout: str = ""
    comment: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    schedule: str | None = None
    clauses: Clauses = field(default_factory=Clauses)


@dataclass(frozen=True)
class CreateMaterializedView(CreateMaterialized):
    """`CREATE [OR REPLACE] MATERIALIZED VIEW`."""


@dataclass(frozen=True)
class CreateStreamingTable(CreateMaterialized):
    """`CREATE [OR REFRESH] STREAMING TABLE`."""


@dataclass(frozen=True)
class RefreshMaterializedView(Statement):
    """`REFRESH [MATERIALIZED VIEW] name [FULL] [SYNC | ASYNC]`."""

    name: Name


@dataclass(frozen=True)
class RefreshStreamingTable(Statement):
    """`REFRESH STREAMING TABLE name [FULL] [SYNC | ASYNC]`."""

    name: Name
    is_full: bool


@dataclass(frozen=True)
class AlterSchedule(Statement):
    """`ALTER {MATERIALIZED VIEW | STREAMING TABLE} name {ADD | ALTER | DROP} SCHEDULE …`."""

    name: Name
    schedule: str | None


T = TypeVar("T", bound=CreateMaterialized)


def create_materialized(sql: str, reader: Reader, form: type[T], replace: bool) -> T:
    """Read `CREATE {MATERIALIZED VIEW | STREAMING TABLE}`, from what follows these words on."""
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    name = reader.name()
    columns: list[ColumnSpec] = []
    clauses = Clauses()
    layout: list[str] = []
    comment: str | None = None
    properties: dict[str, str] = {}
    schedule: str | None = None
    if reader.peek() == "(":
        columns, clauses = _columns(reader)
    while not reader.accept("AS"):
        start = reader.here
        if reader.accept("COMMENT"):
            comment = reader.string()
        elif reader.accept("TBLPROPERTIES"):
            properties = dict(reader.listed(lambda: read_property(reader)))
        elif reader.accept("PARTITIONED", "BY"):
            reader.skip_group()
            layout.append(sql[start : reader.read_to])
        elif reader.accept("CLUSTER", "BY"):
            if reader.accept("AUTO"):
                clauses = replaced(clauses, is_auto_clustered=True)
            elif not reader.accept("NONE") and reader.skip_group():
                layout.append(sql[start : reader.read_to])
        elif reader.peek() in ("SCHEDULE", "TRIGGER"):
            schedule = read_schedule(reader)
        elif reader.accept("WITH"):
            clauses = replaced(clauses, row_filter=row_filter(reader))
        else:
            raise reader.unexpected()
    if reader.is_done:
        raise reader.unexpected()
    # With its comments: dbt compares the text it sent with the text that is kept.
    query = sql[reader.read_to :].strip().removesuffix(";").rstrip()
    return form(
        sql,
        name,
        query,
        replace,
        if_not_exists,
        tuple(columns),
        " ".join(layout),
        comment,
        properties,
        schedule,
        clauses,
    )


def _columns(reader: Reader) -> tuple[list[ColumnSpec], Clauses]:
    columns: list[ColumnSpec] = []
    keys: list[Key] = []
    masks: list[Mask] = []
    reader.expect("(")
    while True:
        if begins_constraint(reader):
            name = reader.identifier() if reader.accept("CONSTRAINT") else None
            if reader.peek() in ("EXPECT", "CHECK"):
                raise unsupported("An EXPECT or CHECK constraint of a materialized view or streaming table")
            keys.append(table_key(reader, name))
        else:
            columns.append(_column(reader, keys, masks))
        if not reader.accept(","):
            break
    reader.expect(")")
    return columns, Clauses(keys=tuple(keys), masks=tuple(masks))


def _column(reader: Reader, keys: list[Key], masks: list[Mask]) -> ColumnSpec:
    name = reader.identifier()
    start = reader.here
    reader.skip_nested_type()
    reader.skip_item("NOT", "COMMENT", "PRIMARY", "UNIQUE", "FOREIGN", "CONSTRAINT", "MASK", "REFERENCES")
    kind = reader.sql[start : max(start, reader.read_to)]
    nullable, comment = True, None
    while reader.peek() not in (",", ")"):
        constraint = reader.identifier() if reader.accept("CONSTRAINT") else None
        if key := column_key(reader, constraint, name):
            keys.append(key)
        elif reader.accept("NOT", "NULL"):
            nullable = False
        elif reader.accept("COMMENT"):
            comment = reader.string()
        elif reader.follows("MASK"):
            masks.append(mask(reader, name))
        else:
            raise reader.unexpected()
    return ColumnSpec(name, kind, nullable, comment)


def read_schedule(reader: Reader) -> str | None:
    """A refresh schedule, worded as DESCRIBE EXTENDED words it; None is a manual one."""
    if reader.accept("TRIGGER", "ON", "UPDATE"):
        if not reader.accept("AT", "MOST", "EVERY"):
            return "TRIGGER ON UPDATE"
        reader.accept("INTERVAL")
        quantity, unit = int(reader.token().text), reader.identifier().upper().rstrip("S")
        seconds = quantity * {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400, "WEEK": 604800}[unit]
        return f"TRIGGER ON UPDATE AT MOST EVERY INTERVAL {seconds} SECONDS"
    reader.expect("SCHEDULE")
    reader.accept("REFRESH")
    if reader.accept("CRON"):
        cron = reader.string()
        zone = reader.string() if reader.accept("AT", "TIME", "ZONE") else "Etc/UTC"
        return f"CRON '{cron}' AT TIME ZONE '{zone}'"
    reader.expect("EVERY")
    quantity, unit = int(reader.token().text), reader.identifier().upper().rstrip("S")
    if unit not in ("HOUR", "DAY", "WEEK"):
        raise reader.unexpected()
    return f"EVERY {quantity} {unit}S"


def refresh(sql: str, reader: Reader) -> Statement:
    """Read `REFRESH …`."""
    is_streaming = reader.accept("STREAMING", "TABLE")
    if not is_streaming and not reader.accept("MATERIALIZED", "VIEW"):
        return Command(sql)  # REFRESH TABLE, REFRESH FUNCTION, or Spark's error
    name = reader.name()
    is_full = reader.accept("FULL")
    reader.accept_any("SYNC", "ASYNC")
    reader.end()
    return RefreshStreamingTable(sql, name, is_full) if is_streaming else RefreshMaterializedView(sql, name)


def alter_schedule(sql: str, reader: Reader, name: Name) -> Statement | None:
    """Read what ALTER does to a schedule; None when it does something else."""
    if reader.accept("DROP", "SCHEDULE"):
        return AlterSchedule(sql, name, None)
    if reader.peek() in ("ADD", "ALTER") and reader.peek(1) in ("SCHEDULE", "TRIGGER"):
        reader.token()
        return AlterSchedule(sql, name, read_schedule(reader))
    return None
