"""Records of what Delta has no place for: queries kept as tables, their refreshes, row filters, masks."""

from __future__ import annotations

import json
from dataclasses import dataclass

from emulators.warehouse.clock import now
from emulators.warehouse.sql.statements import Mask, RowFilter
from emulators.warehouse.storage.database import Database


@dataclass(frozen=True)
class MaterializedView:
    """What a refresh of a materialized view or streaming table needs, and when the last one was."""

    schema: str
    name: str
    query: str
    select_list: str
    current_schema: str
    schedule: str | None
    last_refreshed: str | None


@dataclass(frozen=True)
class Refresh:
    """A refresh that ended; it failed or was cancelled when it has an error."""

    started: str
    ended: str
    row_count: int | None
    error: str | None
    is_canceled: bool = False


class DerivedRecords(Database):
    """Records of them."""

    # Materialized views and streaming tables

    def put_materialized_view(self, view: MaterializedView) -> None:
        """Record a materialized view or streaming table."""
        self._run(
            "insert or replace into materialized_view_record values (?, ?, ?, ?, ?, ?, ?)",
            view.schema,
            view.name,
            view.query,
            view.select_list,
            view.current_schema,
            view.schedule,
            view.last_refreshed,
        )

    def materialized_view(self, schema: str, name: str) -> MaterializedView | None:
        """The materialized view or streaming table of this name."""
        rows = self._rows(
            "select * from materialized_view_record where schema_name = ? and name = ?", schema, name
        )
        return MaterializedView(*rows[0]) if rows else None

    def set_schedule(self, schema: str, name: str, schedule: str | None) -> None:
        """Record a refresh schedule."""
        self._run(
            "update materialized_view_record set schedule = ? where schema_name = ? and name = ?",
            schedule,
            schema,
            name,
        )

    def put_refresh(
        self,
        schema: str,
        name: str,
        started: str,
        row_count: int | None,
        error: str | None,
        is_canceled: bool = False,
    ) -> None:
        """Record a refresh that ended, well or not."""
        ended = now()
        with self.transaction():
            self._run(
                "insert into refresh_record values (?, ?, ?, ?, ?, ?, ?)",
                schema,
                name,
                started,
                ended,
                row_count,
                error,
                is_canceled,
            )
            if error is None:
                self._run(
                    "update materialized_view_record set last_refreshed = ? "
                    "where schema_name = ? and name = ?",
                    ended,
                    schema,
                    name,
                )

    def refreshes(self, schema: str, name: str) -> list[Refresh]:
        """Every refresh of a materialized view or streaming table, the oldest first."""
        rows = self._rows(
            "select started, ended, row_count, error, is_canceled from refresh_record "
            "where schema_name = ? and name = ? order by rowid",
            schema,
            name,
        )
        return [
            Refresh(started, ended, row_count, error, bool(is_canceled))
            for started, ended, row_count, error, is_canceled in rows
        ]

    # Row filters and column masks

    def put_row_filter(self, schema: str, name: str, row_filter: RowFilter | None) -> None:
        """Record the row filter of a relation; None is none."""
        with self.transaction():
            self._run(
                "delete from row_filter_record where schema_name = ? and relation_name = ?", schema, name
            )
            if row_filter:
                self._run(
                    "insert into row_filter_record values (?, ?, ?, ?, ?, ?)",
                    schema,
                    name,
                    *row_filter.function,
                    json.dumps(row_filter.columns),
                )

    def row_filter(self, schema: str, name: str) -> RowFilter | None:
        """The row filter of a relation."""
        rows = self._rows(
            "select function_catalog, function_schema, function_name, columns from row_filter_record "
            "where schema_name = ? and relation_name = ?",
            schema,
            name,
        )
        return RowFilter(tuple(rows[0][:3]), tuple(json.loads(rows[0][3]))) if rows else None

    def put_mask(self, schema: str, name: str, column: str, mask: Mask | None) -> None:
        """Record the mask of a column; None is none."""
        with self.transaction():
            self._run(
                "delete from column_mask_record "
                "where schema_name = ? and relation_name = ? and column_name = ?",
                schema,
                name,
                column,
            )
            if mask:
                self._run(
                    "insert into column_mask_record values (?, ?, ?, ?, ?, ?, ?)",
                    schema,
                    name,
                    column,
                    *mask.function,
                    mask.using,
                )

    def masks(self, schema: str, name: str) -> list[Mask]:
        """The masks of a relation's columns, by column."""
        rows = self._rows(
            "select column_name, function_catalog, function_schema, function_name, using_columns "
            "from column_mask_record where schema_name = ? and relation_name = ? order by column_name",
            schema,
            name,
        )
        return [Mask(row[0], tuple(row[1:4]), row[4]) for row in rows]

    def drop_policies(self, schema: str, name: str) -> None:
        """Forget the row filter and the masks of a relation."""
        self.put_row_filter(schema, name, None)
        self._run("delete from column_mask_record where schema_name = ? and relation_name = ?", schema, name)
