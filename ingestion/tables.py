"""The SQL that names and creates the ingester's Delta tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def name(catalog: str | None, schema: str, table: str) -> str:
    """A table's name in SQL, quoted."""
    return ".".join(_quoted(part) for part in (catalog, schema, table) if part)


def path(folder: str, table: str) -> str:
    """A table's folder under the folder of the ingester's tables."""
    return f"{folder.rstrip('/')}/{table}"


def create_schema_statement(catalog: str | None, schema: str, comment: str) -> str:
    """The statement that creates a schema where it is missing; in the session's own catalog without one."""
    name = ".".join(_quoted(part) for part in (catalog, schema) if part)
    return f"create schema if not exists {name} comment {_literal(comment)}"


def create_table_statement(
    name: str,
    columns: Iterable[tuple[str, str, str]],
    comment: str,
    properties: Mapping[str, str],
    location: str | None,
) -> str:
    """The statement that creates an empty Delta table where it is missing.

    Args:
        name: the table in SQL, quoted.
        columns: name, Spark SQL type and comment of each.
        comment: what the table holds.
        properties: of Delta.
        location: folder of the table; without it the catalog decides.
    """
    listed = ",\n    ".join(f"`{column}` {kind} comment {_literal(text)}" for column, kind, text in columns)
    place = f"\nlocation {_literal(location)}" if location else ""
    kept = ", ".join(f"{_literal(key)} = {_literal(value)}" for key, value in properties.items())
    return (
        f"create table if not exists {name} (\n    {listed}\n)\nusing delta{place}\n"
        f"comment {_literal(comment)}\n"
        f"tblproperties ({kept})"
    )


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
