"""What a Delta table of the ingester is, where it lies, and the SQL that creates it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingestion.settings import BronzeSettings


@dataclass(frozen=True)
class Table:
    """A table and its schema.

    Args:
        name: of the table alone.
        comment: what the table holds.
        schema_comment: what its schema holds.
        columns: name, Spark SQL type and comment of each.
        properties: of Delta.
        in_ops: it lies in the schema of what tells how the pipeline runs, not in that of bronze.
    """

    name: str
    comment: str
    schema_comment: str
    columns: tuple[tuple[str, str, str], ...]
    properties: Mapping[str, str]
    in_ops: bool = False

    def name_in(self, settings: BronzeSettings) -> str:
        """The table in SQL, quoted, by its name in the catalog."""
        return ".".join(_quoted(part) for part in (*self._schema(settings), self.name))

    def path_in(self, settings: BronzeSettings) -> str | None:
        """The table's folder; None where the catalog decides (managed tables)."""
        return f"{settings.path.rstrip('/')}/{self.name}" if settings.path else None

    def bootstrap_statements(self, settings: BronzeSettings) -> list[str]:
        """Statements that create the schema and the empty table where they are missing."""
        schema = ".".join(_quoted(part) for part in self._schema(settings))
        return [
            f"create schema if not exists {schema} comment {_literal(self.schema_comment)}",
            self.create_statement(self.name_in(settings), self.path_in(settings)),
        ]

    def create_statement(self, name: str, location: str | None = None) -> str:
        """The statement that creates the empty table where it is missing.

        Args:
            name: the table in SQL, quoted.
            location: folder of the table; without it the name says where, or the catalog decides.
        """
        listed = ",\n    ".join(
            f"`{column}` {kind} comment {_literal(text)}" for column, kind, text in self.columns
        )
        place = f"\nlocation {_literal(location)}" if location else ""
        kept = ", ".join(f"{_literal(key)} = {_literal(value)}" for key, value in self.properties.items())
        return (
            f"create table if not exists {name} (\n    {listed}\n)\nusing delta{place}\n"
            f"comment {_literal(self.comment)}\n"
            f"tblproperties ({kept})"
        )

    def _schema(self, settings: BronzeSettings) -> list[str]:
        """Catalog, unless the session's own is meant, and schema."""
        schema = settings.ops_schema if self.in_ops else settings.schema
        return [settings.catalog, schema] if settings.catalog else [schema]


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
