"""What the warehouse remembers of the columns of relations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import types as t

from emulators.warehouse.sql import type_names
from emulators.warehouse.storage.database import Database


@dataclass(frozen=True)
class ColumnRecord:
    """A column as recorded; `type` is Spark's, `comment` the one in force."""

    name: str
    type: t.DataType
    is_nullable: bool
    comment: str | None
    is_partition: bool
    default: str | None = None
    generation: str | None = None


class ColumnRecords:
    """Records of columns and of their comments."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, schema: str, name: str, columns: dict[str, Any], partition_columns: Sequence[str]) -> None:
        """Record the columns of a relation, from Spark's JSON; of those that are gone nothing stays."""
        with self._db.transaction():
            self._db.run(
                "delete from column_record where schema_name = ? and relation_name = ?", schema, name
            )
            for position, each in enumerate(t.StructType.fromJson(columns)):
                metadata = each.metadata or {}
                kind = type_names.declared(each.dataType, metadata)
                precision = type_names.numeric_precision(kind)
                self._db.run(
                    "insert into column_record values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    schema,
                    name,
                    each.name,
                    position,
                    kind.json(),
                    type_names.data_type(kind),
                    type_names.full_data_type(kind),
                    precision,
                    kind.scale if isinstance(kind, t.DecimalType) else 0 if precision else None,
                    each.nullable,
                    metadata.get("CURRENT_DEFAULT"),
                    partition_columns.index(each.name) + 1 if each.name in partition_columns else None,
                    metadata.get("comment"),
                    _generation(metadata),
                )
            for table in ("comment_record", "tag_record"):
                self._db.run(
                    f"delete from {table} where schema_name = ? and relation_name = ? "  # noqa: S608
                    "and column_name <> '' and column_name not in "
                    "(select name from column_record where schema_name = ? and relation_name = ?)",
                    *(schema, name) * 2,
                )

    def of(self, schema: str, name: str) -> list[ColumnRecord]:
        """The columns of a relation, in order."""
        rows = self._db.rows(
            "select r.name, r.type, r.is_nullable, "
            "case when c.column_name is null then r.comment else c.comment end, "
            "r.partition_position is not null, r.column_default, r.generation "
            "from column_record as r left join comment_record as c "
            "on c.schema_name = r.schema_name and c.relation_name = r.relation_name "
            "and c.column_name = r.name "
            "where r.schema_name = ? and r.relation_name = ? order by r.position",
            schema,
            name,
        )
        parse = t._parse_datatype_json_string
        return [
            ColumnRecord(column, parse(kind), bool(nullable), comment, bool(partition), default, generation)
            for column, kind, nullable, comment, partition, default, generation in rows
        ]

    def rename(self, schema: str, name: str, column: str, new_column: str) -> None:
        """Carry what was recorded about a column over to its new name."""
        with self._db.transaction():
            for table in ("comment_record", "tag_record", "column_mask_record"):
                self._db.run(
                    f"update {table} set column_name = ? "  # noqa: S608
                    "where schema_name = ? and relation_name = ? and column_name = ?",
                    new_column,
                    schema,
                    name,
                    column,
                )

    def put_comment(self, schema: str, name: str, column: str, comment: str | None) -> None:
        """Record a column's comment, which overrides that of the relation's own definition."""
        self._db.run(
            "insert or replace into comment_record values (?, ?, ?, ?)", schema, name, column, comment
        )

    def drop_comments(self, schema: str, name: str) -> None:
        """Forget the comments of a relation's columns."""
        self._db.run("delete from comment_record where schema_name = ? and relation_name = ?", schema, name)


def _generation(metadata: dict[str, Any]) -> str | None:
    """How a column is generated, by what the Delta protocol keeps of it in the schema."""
    if (expression := metadata.get("delta.generationExpression")) is not None:
        return f"GENERATED ALWAYS AS ( {expression} )"
    if (start := metadata.get("delta.identity.start")) is not None:
        when = "BY DEFAULT" if metadata.get("delta.identity.allowExplicitInsert") else "ALWAYS"
        step = metadata["delta.identity.step"]
        return f"GENERATED {when} AS IDENTITY (START WITH {start} INCREMENT BY {step})"
    return None
