"""CREATE and DROP of tables, views, schemas and functions."""

from __future__ import annotations

from emulators.warehouse.errors import unsupported
from emulators.warehouse.lexer import Reader
from emulators.warehouse.statements.forms import Command, DropMaterializedView, DropView, Key, Name, Statement
from emulators.warehouse.statements.keys import key_options, table_key
from emulators.warehouse.statements.materialized import create_materialized_view


def create(sql: str, reader: Reader) -> Statement:
    """Read `CREATE …`."""
    replace = reader.accept("OR", "REPLACE")
    if reader.accept("OR", "REFRESH"):
        raise unsupported("CREATE OR REFRESH STREAMING TABLE")
    if reader.accept("MATERIALIZED", "VIEW"):
        return create_materialized_view(sql, reader, replace)
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
            keys.append(table_key(reader, name))
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
            key_options(reader)
            keys.append(Key(name, "PRIMARY KEY", (column,)))
            cuts.append((start, reader.read_to))
        elif column and (reader.follows("REFERENCES") or reader.follows("FOREIGN", "KEY", "REFERENCES")):
            reader.accept("FOREIGN", "KEY")
            reader.expect("REFERENCES")
            parent = reader.name()
            to = tuple(reader.listed(reader.identifier)) if reader.peek() == "(" else ()
            key_options(reader)
            keys.append(Key(name, "FOREIGN KEY", (column,), parent, to))
            cuts.append((start, reader.read_to))
        elif reader.follows("MASK"):
            raise unsupported("MASK")
        elif reader.peek() == "(":
            reader.skip_group()
        elif not (name and reader.peek() in (",", ")")):
            reader.token()


def _without(sql: str, cuts: list[tuple[int, int]]) -> str:
    for start, end in reversed(cuts):
        sql = f"{sql[:start]} {sql[end:]}"
    return sql


def drop(sql: str, reader: Reader) -> Statement:
    """Read `DROP …`."""
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
