"""Recognises the statements that Databricks has and Spark does not, and what the others touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from emulators.warehouse.errors import unsupported
from emulators.warehouse.lexer import Kind, Reader, tokenize

Name = tuple[str, ...]

INFORMATION_SCHEMA = "INFORMATION_SCHEMA"


@dataclass(frozen=True)
class Key:
    """A PRIMARY KEY or FOREIGN KEY constraint: informational, as on Databricks."""

    name: str | None
    kind: str
    columns: tuple[str, ...]
    parent: Name = ()
    parent_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnSpec:
    """A column of a `CREATE MATERIALIZED VIEW`; the type is empty when the statement names none."""

    name: str
    type: str = ""
    is_nullable: bool = True
    comment: str | None = None


@dataclass(frozen=True)
class Statement:
    """Any statement: the text as it came."""

    sql: str


@dataclass(frozen=True)
class Query(Statement):
    """A query, run by Spark as it is."""


@dataclass(frozen=True)
class MetadataQuery(Statement):
    """A query of the information schema."""


@dataclass(frozen=True)
class Command(Statement):
    """A statement run by Spark as it is, or after Databricks-only clauses were cut out.

    Attributes:
        defines: relations whose definition it may change.
        writes: the relation whose rows it changes.
        is_insert: whether it adds rows only; Delta then does not say how many.
        replaces: whether it makes `defines` anew: what was recorded of the old ones is dropped.
        is_view: whether what it makes anew is a view.
        if_not_exists: whether it leaves a relation that is there as it is.
        renamed_to: what the one relation it defines is called from then on.
        schema: the schema whose definition it may change.
        function: the function it creates or, when `is_drop`, drops.
        keys: constraints to record once it has run.
        is_auto_clustered: whether CLUSTER BY AUTO is to be recorded.
    """

    defines: tuple[Name, ...] = ()
    writes: Name | None = None
    is_insert: bool = False
    replaces: bool = False
    is_view: bool = False
    if_not_exists: bool = False
    renamed_to: Name | None = None
    schema: Name | None = None
    function: Name | None = None
    is_drop: bool = False
    keys: tuple[Key, ...] = ()
    is_auto_clustered: bool = False


@dataclass(frozen=True)
class UseSchema(Statement):
    """`USE [CATALOG | SCHEMA] name`."""

    catalog: str | None
    schema: str | None


@dataclass(frozen=True)
class CreateMaterializedView(Statement):
    """`CREATE [OR REPLACE] MATERIALIZED VIEW`."""

    name: Name
    query: str
    replace: bool = False
    if_not_exists: bool = False
    columns: tuple[ColumnSpec, ...] = ()
    keys: tuple[Key, ...] = ()
    layout: str = ""
    is_auto_clustered: bool = False
    comment: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    schedule: str | None = None


@dataclass(frozen=True)
class RefreshMaterializedView(Statement):
    """`REFRESH [MATERIALIZED VIEW] name [FULL] [SYNC | ASYNC]`."""

    name: Name


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


@dataclass(frozen=True)
class AlterSchedule(Statement):
    """`ALTER MATERIALIZED VIEW name {ADD | ALTER | DROP} SCHEDULE …`."""

    name: Name
    schedule: str | None


@dataclass(frozen=True)
class SetTags(Statement):
    """`ALTER … [ALTER COLUMN c] SET TAGS (…)`, or UNSET: a tag to unset has the value None."""

    name: Name
    column: str | None
    tags: dict[str, str | None]


@dataclass(frozen=True)
class CommentOn(Statement):
    """`COMMENT ON {TABLE | VIEW | COLUMN | SCHEMA} name IS text`; None is no comment."""

    kind: str
    name: Name
    comment: str | None


@dataclass(frozen=True)
class AddKey(Statement):
    """`ALTER TABLE name ADD [CONSTRAINT c] {PRIMARY | FOREIGN} KEY …`."""

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


@dataclass(frozen=True)
class SetNotNull(Statement):
    """`ALTER TABLE name {ALTER | CHANGE} COLUMN c {SET | DROP} NOT NULL`."""

    name: Name
    column: str
    is_set: bool


@dataclass(frozen=True)
class ClusterByAuto(Statement):
    """`ALTER TABLE name CLUSTER BY AUTO`."""

    name: Name


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
    reader.at += 1
    parse = _FORMS.get(first)
    return parse(sql, reader) if parse else Command(sql)


def _query(sql: str, reader: Reader) -> Statement:
    if any(
        each.text.upper() == INFORMATION_SCHEMA and each.kind is not Kind.STRING for each in reader.tokens
    ):
        return MetadataQuery(sql)
    if reader.peek() == "WITH" and (dml := _dml_behind_with(reader)):
        return dml
    return Query(sql)


def _dml_behind_with(reader: Reader) -> Statement | None:
    """`WITH … INSERT/MERGE/UPDATE/DELETE`: the common table expressions come first in Spark too."""
    depth = 0
    for index, each in enumerate(reader.tokens):
        depth += (each.keyword == "(") - (each.keyword == ")")
        if depth == 0 and each.keyword in ("INSERT", "MERGE", "UPDATE", "DELETE"):
            reader.at = index + 1
            return _FORMS[each.keyword](reader.sql, reader)
        if depth == 0 and each.keyword == "SELECT":
            return None
    return None


def _create(sql: str, reader: Reader) -> Statement:
    replace = reader.accept("OR", "REPLACE")
    if reader.accept("OR", "REFRESH"):
        raise unsupported("CREATE OR REFRESH STREAMING TABLE")
    if reader.accept("MATERIALIZED", "VIEW"):
        return _create_materialized_view(sql, reader, replace)
    if reader.accept("STREAMING", "TABLE"):
        raise unsupported("CREATE STREAMING TABLE")
    is_temporary = bool(reader.accept_any("TEMPORARY", "TEMP")) or reader.accept("GLOBAL", "TEMPORARY")
    reader.accept("EXTERNAL")
    kind = reader.accept_any("TABLE", "VIEW", "SCHEMA", "DATABASE", "FUNCTION")
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    if kind in ("SCHEMA", "DATABASE"):
        return Command(sql, schema=reader.name())
    if is_temporary or kind not in ("TABLE", "VIEW", "FUNCTION"):
        return Command(sql)
    name = reader.name()
    if kind == "FUNCTION":
        return Command(sql, function=name)
    if kind == "VIEW":
        return Command(sql, defines=(name,), replaces=True, is_view=True, if_not_exists=if_not_exists)
    return _create_table(sql, reader, name, if_not_exists)


def _create_table(sql: str, reader: Reader, name: Name, if_not_exists: bool) -> Statement:
    """Cut what Delta refuses (keys, CLUSTER BY AUTO) out of a CREATE TABLE and keep it to be recorded."""
    cuts: list[tuple[int, int]] = []
    keys: list[Key] = []
    if reader.peek() == "(":
        keys = _cut_keys(reader, cuts)
    is_auto = False
    while not reader.is_done and reader.peek() not in ("AS", "SELECT", "WITH", "FROM", "VALUES"):
        start = reader.here
        if reader.accept("CLUSTER", "BY", "AUTO"):
            is_auto = True
            cuts.append((start, reader.read_to))
        elif reader.peek() == "(":
            reader.skip_group()
        else:
            reader.token()
    if reader.follows("WITH", "ROW", "FILTER"):
        raise unsupported("ROW FILTER")
    return Command(
        _without(sql, cuts),
        defines=(name,),
        replaces=True,
        if_not_exists=if_not_exists,
        keys=tuple(keys),
        is_auto_clustered=is_auto,
    )


def _cut_keys(reader: Reader, cuts: list[tuple[int, int]]) -> list[Key]:
    """Read a column list, noting where its key constraints stand (with the comma before them)."""
    keys: list[Key] = []
    reader.expect("(")
    comma = reader.read_to
    while True:
        start = reader.here
        name = None
        if reader.peek() == "CONSTRAINT" and reader.peek(2) in ("PRIMARY", "FOREIGN"):
            reader.expect("CONSTRAINT")
            name = reader.identifier()
        if reader.follows("PRIMARY", "KEY", "(") or reader.follows("FOREIGN", "KEY", "("):
            keys.append(_table_key(reader, name))
            cuts.append((comma, reader.read_to))
        else:
            _column_with_keys(reader, keys, cuts)
        comma = reader.here
        if start == comma or not reader.accept(","):
            break
    reader.expect(")")
    return keys


def _column_with_keys(reader: Reader, keys: list[Key], cuts: list[tuple[int, int]]) -> None:
    column = reader.identifier() if reader.peek() != "CONSTRAINT" else ""
    while not reader.is_done and reader.peek() not in (",", ")"):
        start, name = reader.here, None
        if column and reader.follows("CONSTRAINT"):
            reader.expect("CONSTRAINT")
            name = reader.identifier()
        if reader.follows("PRIMARY", "KEY"):
            reader.expect("PRIMARY", "KEY")
            _key_options(reader)
            keys.append(Key(name, "PRIMARY KEY", (column,)))
            cuts.append((start, reader.read_to))
        elif column and (reader.follows("REFERENCES") or reader.follows("FOREIGN", "KEY", "REFERENCES")):
            reader.accept("FOREIGN", "KEY")
            reader.expect("REFERENCES")
            parent = reader.name()
            to = tuple(reader.listed(reader.identifier)) if reader.peek() == "(" else ()
            _key_options(reader)
            keys.append(Key(name, "FOREIGN KEY", (column,), parent, to))
            cuts.append((start, reader.read_to))
        elif reader.follows("MASK"):
            raise unsupported("MASK")
        elif reader.peek() == "(":
            reader.skip_group()
        elif not (name and reader.peek() in (",", ")")):
            reader.token()


def _table_key(reader: Reader, name: str | None) -> Key:
    if reader.accept("PRIMARY", "KEY"):
        columns = reader.listed(lambda: _key_column(reader))
        _key_options(reader)
        return Key(name, "PRIMARY KEY", tuple(columns))
    reader.expect("FOREIGN", "KEY")
    columns = reader.listed(reader.identifier)
    reader.expect("REFERENCES")
    parent = reader.name()
    to = tuple(reader.listed(reader.identifier)) if reader.peek() == "(" else ()
    _key_options(reader)
    return Key(name, "FOREIGN KEY", tuple(columns), parent, to)


def _key_column(reader: Reader) -> str:
    column = reader.identifier()
    reader.accept("TIMESERIES")
    return column


def _key_options(reader: Reader) -> None:
    options: tuple[tuple[str, ...], ...] = (
        ("NOT", "ENFORCED"),
        ("DEFERRABLE",),
        ("NOT", "DEFERRABLE"),
        ("INITIALLY", "DEFERRED"),
        ("NORELY",),
        ("RELY",),
        ("MATCH", "FULL"),
        ("ON", "UPDATE", "NO", "ACTION"),
        ("ON", "DELETE", "NO", "ACTION"),
    )
    while any(reader.accept(*each) for each in options):
        pass


def _without(sql: str, cuts: list[tuple[int, int]]) -> str:
    for start, end in reversed(cuts):
        sql = f"{sql[:start]} {sql[end:]}"
    return sql


def _create_materialized_view(sql: str, reader: Reader, replace: bool) -> Statement:
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    name = reader.name()
    columns: list[ColumnSpec] = []
    keys: list[Key] = []
    layout: list[str] = []
    comment: str | None = None
    properties: dict[str, str] = {}
    schedule: str | None = None
    is_auto = False
    if reader.peek() == "(":
        columns, keys = _view_columns(reader)
    while not reader.accept("AS"):
        start = reader.here
        if reader.accept("COMMENT"):
            comment = reader.string()
        elif reader.accept("TBLPROPERTIES"):
            properties = dict(reader.listed(lambda: _property(reader)))
        elif reader.accept("PARTITIONED", "BY"):
            reader.skip_group()
            layout.append(sql[start : reader.read_to])
        elif reader.accept("CLUSTER", "BY"):
            is_auto = reader.accept("AUTO")
            if not is_auto and not reader.accept("NONE"):
                reader.skip_group()
                layout.append(sql[start : reader.read_to])
        elif reader.peek() in ("SCHEDULE", "TRIGGER"):
            schedule = _schedule(reader)
        elif reader.follows("WITH", "ROW", "FILTER"):
            raise unsupported("ROW FILTER")
        else:
            raise reader.unexpected()
    if reader.is_done:
        raise reader.unexpected()
    # With its comments: dbt compares the text it sent with the text that is kept.
    query = sql[reader.read_to :].strip().removesuffix(";").rstrip()
    return CreateMaterializedView(
        sql,
        name,
        query,
        replace,
        if_not_exists,
        tuple(columns),
        tuple(keys),
        " ".join(layout),
        is_auto,
        comment,
        properties,
        schedule,
    )


def _view_columns(reader: Reader) -> tuple[list[ColumnSpec], list[Key]]:
    columns: list[ColumnSpec] = []
    keys: list[Key] = []
    reader.expect("(")
    while True:
        if (
            reader.peek() == "CONSTRAINT"
            or reader.follows("PRIMARY", "KEY")
            or reader.follows("FOREIGN", "KEY")
        ):
            name = reader.identifier() if reader.accept("CONSTRAINT") else None
            if reader.peek() in ("EXPECT", "CHECK"):
                raise unsupported("An EXPECT or CHECK constraint of a materialized view")
            keys.append(_table_key(reader, name))
        else:
            columns.append(_view_column(reader, keys))
        if not reader.accept(","):
            break
    reader.expect(")")
    return columns, keys


def _view_column(reader: Reader, keys: list[Key]) -> ColumnSpec:
    name = reader.identifier()
    kind = reader.skip_item("NOT", "COMMENT", "PRIMARY", "CONSTRAINT", "MASK", "REFERENCES")
    nullable, comment = True, None
    while reader.peek() not in (",", ")"):
        if reader.accept("NOT", "NULL"):
            nullable = False
        elif reader.accept("COMMENT"):
            comment = reader.string()
        elif reader.accept("PRIMARY", "KEY"):
            _key_options(reader)
            keys.append(Key(None, "PRIMARY KEY", (name,)))
        elif reader.follows("MASK"):
            raise unsupported("MASK")
        else:
            raise reader.unexpected()
    return ColumnSpec(name, kind, nullable, comment)


def _property(reader: Reader) -> tuple[str, str]:
    token = reader.token()
    name = token.text
    while reader.accept("."):
        name = f"{name}.{reader.identifier()}"
    reader.accept("=")
    return name, reader.token().text


def _schedule(reader: Reader) -> str | None:
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


def _refresh(sql: str, reader: Reader) -> Statement:
    if reader.accept("STREAMING", "TABLE"):
        raise unsupported("REFRESH STREAMING TABLE")
    if not reader.accept("MATERIALIZED", "VIEW"):
        return Command(sql)  # REFRESH TABLE, REFRESH FUNCTION, or Spark's error
    name = reader.name()
    reader.accept("FULL")
    reader.accept_any("SYNC", "ASYNC")
    reader.end()
    return RefreshMaterializedView(sql, name)


def _drop(sql: str, reader: Reader) -> Statement:
    materialized = reader.accept("MATERIALIZED")
    kind = reader.accept_any("VIEW", "TABLE", "SCHEMA", "DATABASE", "FUNCTION")
    if_exists = reader.accept("IF", "EXISTS")
    if materialized or kind == "VIEW":
        name = reader.name()
        reader.end()
        return (DropMaterializedView if materialized else DropView)(sql, name, if_exists)
    if kind in ("SCHEMA", "DATABASE"):
        return Command(sql, schema=reader.name())
    if kind == "FUNCTION":
        return Command(sql, function=reader.name(), is_drop=True)
    return Command(sql, defines=(reader.name(),), replaces=True) if kind else Command(sql)


def _alter(sql: str, reader: Reader) -> Statement:
    if reader.accept("MATERIALIZED"):
        reader.expect("VIEW")
        name = reader.name()
        found = _alter_schedule(sql, reader, name) or _alter_metadata(sql, reader, name)
        if found is None:
            raise reader.unexpected()
        return found
    kind = reader.accept_any("TABLE", "VIEW", "SCHEMA", "DATABASE", "CATALOG", "VOLUME")
    if kind in ("SCHEMA", "DATABASE"):
        return Command(sql, schema=reader.name())
    if kind not in ("TABLE", "VIEW"):
        return Command(sql)
    name = reader.name()
    if reader.accept("RENAME", "TO"):
        return Command(sql, defines=(name,), renamed_to=reader.name())
    return _alter_metadata(sql, reader, name) or Command(sql, defines=(name,))


def _alter_schedule(sql: str, reader: Reader, name: Name) -> Statement | None:
    if reader.accept("DROP", "SCHEDULE"):
        return AlterSchedule(sql, name, None)
    if reader.peek() in ("ADD", "ALTER") and reader.peek(1) in ("SCHEDULE", "TRIGGER"):
        reader.token()
        return AlterSchedule(sql, name, _schedule(reader))
    return None


def _alter_metadata(sql: str, reader: Reader, name: Name) -> Statement | None:
    """The forms of ALTER that only Databricks has; None leaves the statement to Spark."""
    start = reader.at
    if reader.accept("SET", "TAGS"):
        return SetTags(sql, name, None, dict(reader.listed(lambda: _tag(reader))))
    if reader.accept("UNSET", "TAGS"):
        return SetTags(sql, name, None, dict.fromkeys(reader.listed(reader.string)))
    if reader.accept("CLUSTER", "BY", "AUTO"):
        return ClusterByAuto(sql, name)
    if reader.follows("SET", "ROW", "FILTER") or reader.follows("DROP", "ROW", "FILTER"):
        raise unsupported("ROW FILTER")
    if reader.accept("ADD"):
        constraint = reader.identifier() if reader.accept("CONSTRAINT") else None
        if reader.follows("PRIMARY", "KEY") or reader.follows("FOREIGN", "KEY"):
            return AddKey(sql, name, _table_key(reader, constraint))
    elif reader.accept("DROP"):
        if found := _drop_constraint(sql, reader, name):
            return found
    elif reader.accept_any("ALTER", "CHANGE"):
        reader.accept("COLUMN")
        column = reader.identifier()
        if reader.accept("SET", "TAGS"):
            return SetTags(sql, name, column, dict(reader.listed(lambda: _tag(reader))))
        if reader.accept("UNSET", "TAGS"):
            return SetTags(sql, name, column, dict.fromkeys(reader.listed(reader.string)))
        if reader.accept("COMMENT"):
            return CommentOn(sql, "COLUMN", (*name, column), reader.string())
        if reader.accept("SET", "NOT", "NULL"):
            return SetNotNull(sql, name, column, is_set=True)
        if reader.accept("DROP", "NOT", "NULL"):
            return SetNotNull(sql, name, column, is_set=False)
        if reader.follows("SET", "MASK") or reader.follows("DROP", "MASK"):
            raise unsupported("MASK")
    reader.at = start
    return None


def _drop_constraint(sql: str, reader: Reader, name: Name) -> Statement | None:
    if reader.accept("CONSTRAINT"):
        if_exists = reader.accept("IF", "EXISTS")
        constraint = reader.identifier()
        reader.accept_any("CASCADE", "RESTRICT")
        return DropConstraint(sql, name, constraint, None, (), if_exists)
    for kind in ("PRIMARY", "FOREIGN"):
        if reader.accept(kind, "KEY"):
            if_exists = reader.accept("IF", "EXISTS")
            columns = tuple(reader.listed(reader.identifier)) if reader.peek() == "(" else ()
            reader.accept_any("CASCADE", "RESTRICT")
            return DropConstraint(sql, name, None, f"{kind} KEY", columns, if_exists)
    return None


def _tag(reader: Reader) -> tuple[str, str | None]:
    name = reader.string()
    return name, reader.string() if reader.accept("=") else ""


def _comment(sql: str, reader: Reader) -> Statement:
    reader.expect("ON")
    if reader.accept("MATERIALIZED"):
        reader.expect("VIEW")
        kind = "VIEW"
    else:
        kind = reader.accept_any("COLUMN", "TABLE", "VIEW", "SCHEMA", "DATABASE")
    if not kind:
        return Command(sql)
    name = reader.name()
    reader.expect("IS")
    comment = None if reader.accept("NULL") else reader.string()
    return CommentOn(sql, kind, name, comment)


def _use(sql: str, reader: Reader) -> Statement:
    if reader.accept("CATALOG"):
        token = reader.token()
        return UseSchema(sql, token.text, None)
    reader.accept_any("SCHEMA", "DATABASE", "NAMESPACE")
    name = reader.name()
    return UseSchema(sql, name[0] if len(name) > 1 else None, name[-1])


def _insert(sql: str, reader: Reader) -> Statement:
    reader.accept_any("INTO", "OVERWRITE")
    reader.accept("TABLE")
    return (
        Command(sql, writes=reader.name(), is_insert=True) if reader.peek() != "DIRECTORY" else Command(sql)
    )


def _merge(sql: str, reader: Reader) -> Statement:
    reader.accept("WITH", "SCHEMA", "EVOLUTION")
    reader.expect("INTO")
    return Command(sql, writes=reader.name())


def _update(sql: str, reader: Reader) -> Statement:
    return Command(sql, writes=reader.name())


def _delete(sql: str, reader: Reader) -> Statement:
    reader.expect("FROM")
    return Command(sql, writes=reader.name())


def _truncate(sql: str, reader: Reader) -> Statement:
    reader.expect("TABLE")
    return Command(sql, writes=reader.name())


def _restore(sql: str, reader: Reader) -> Statement:
    reader.accept("TABLE")
    return Command(sql, defines=(reader.name(),))


def _grant(sql: str, reader: Reader) -> Statement:
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
    if reader.accept("MATERIALIZED"):
        reader.expect("VIEW")
    name = reader.name()
    reader.expect("TO" if is_grant else "FROM")
    return Grant(sql, is_grant, tuple(privileges), kind, name, reader.token().text)


def _show(sql: str, reader: Reader) -> Statement:
    if reader.accept_any("SCHEMAS", "DATABASES"):
        catalog = reader.identifier() if reader.accept_any("IN", "FROM") else None
        reader.accept("LIKE")
        pattern = reader.string() if not reader.is_done else None
        return ShowSchemas(sql, catalog, pattern)
    if reader.accept_any("GRANTS", "GRANT"):
        if reader.peek() != "ON":
            reader.token()
        reader.expect("ON")
        kind = reader.accept_any("TABLE", "VIEW", "SCHEMA", "DATABASE", "CATALOG") or "TABLE"
        return ShowGrants(sql, kind, reader.name())
    if reader.accept("TBLPROPERTIES"):
        name = reader.name()
        key = None
        if reader.accept("("):
            key = reader.token().text
            while reader.accept("."):
                key = f"{key}.{reader.identifier()}"
            reader.expect(")")
        return ShowProperties(sql, name, key)
    if reader.accept("TABLE", "EXTENDED"):
        schema = reader.name() if reader.accept_any("IN", "FROM") else None
        reader.expect("LIKE")
        pattern = reader.string()
        return ShowTableExtended(sql, schema, pattern) if reader.is_done else Command(sql)
    return Command(sql)


def _describe(sql: str, reader: Reader) -> Statement:
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


_FORMS: dict[str, Callable[[str, Reader], Statement]] = {
    "CREATE": _create,
    "REPLACE": lambda sql, reader: Command(sql),
    "REFRESH": _refresh,
    "DROP": _drop,
    "ALTER": _alter,
    "COMMENT": _comment,
    "USE": _use,
    "INSERT": _insert,
    "MERGE": _merge,
    "UPDATE": _update,
    "DELETE": _delete,
    "TRUNCATE": _truncate,
    "RESTORE": _restore,
    "GRANT": _grant,
    "REVOKE": _grant,
    "SHOW": _show,
    "DESCRIBE": _describe,
    "DESC": _describe,
}
