"""What the warehouse remembers of row filters and column masks."""

from __future__ import annotations

import json

from emulators.warehouse.sql.statements import Mask, RowFilter
from emulators.warehouse.storage.database import Database


class PolicyRecords:
    """Records of row filters and column masks."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put_row_filter(self, schema: str, name: str, row_filter: RowFilter | None) -> None:
        """Record the row filter of a relation; None is none."""
        with self._db.transaction():
            self._db.run(
                "delete from row_filter_record where schema_name = ? and relation_name = ?", schema, name
            )
            if row_filter:
                self._db.run(
                    "insert into row_filter_record values (?, ?, ?, ?, ?, ?)",
                    schema,
                    name,
                    *row_filter.function,
                    json.dumps(row_filter.columns),
                )

    def row_filter(self, schema: str, name: str) -> RowFilter | None:
        """The row filter of a relation."""
        rows = self._db.rows(
            "select function_catalog, function_schema, function_name, columns from row_filter_record "
            "where schema_name = ? and relation_name = ?",
            schema,
            name,
        )
        return RowFilter(tuple(rows[0][:3]), tuple(json.loads(rows[0][3]))) if rows else None

    def put_mask(self, schema: str, name: str, column: str, mask: Mask | None) -> None:
        """Record the mask of a column; None is none."""
        with self._db.transaction():
            self._db.run(
                "delete from column_mask_record "
                "where schema_name = ? and relation_name = ? and column_name = ?",
                schema,
                name,
                column,
            )
            if mask:
                self._db.run(
                    "insert into column_mask_record values (?, ?, ?, ?, ?, ?, ?)",
                    schema,
                    name,
                    column,
                    *mask.function,
                    mask.using,
                )

    def masks(self, schema: str, name: str) -> list[Mask]:
        """The masks of a relation's columns, by column."""
        rows = self._db.rows(
            "select column_name, function_catalog, function_schema, function_name, using_columns "
            "from column_mask_record where schema_name = ? and relation_name = ? order by column_name",
            schema,
            name,
        )
        return [Mask(row[0], tuple(row[1:4]), row[4]) for row in rows]
