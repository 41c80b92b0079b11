"""What the warehouse remembers of materialized views and streaming tables, and of their refreshes."""

from __future__ import annotations

from dataclasses import dataclass

from emulators.warehouse.clock import now
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


class DerivedRecords:
    """Records of relations that keep the rows of a query."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, view: MaterializedView) -> None:
        """Record a materialized view or streaming table."""
        self._db.run(
            "insert or replace into materialized_view_record values (?, ?, ?, ?, ?, ?, ?)",
            view.schema,
            view.name,
            view.query,
            view.select_list,
            view.current_schema,
            view.schedule,
            view.last_refreshed,
        )

    def get(self, schema: str, name: str) -> MaterializedView | None:
        """The materialized view or streaming table of this name."""
        rows = self._db.rows(
            "select * from materialized_view_record where schema_name = ? and name = ?", schema, name
        )
        return MaterializedView(*rows[0]) if rows else None

    def set_schedule(self, schema: str, name: str, schedule: str | None) -> None:
        """Record a refresh schedule."""
        self._db.run(
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
        with self._db.transaction():
            self._db.run(
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
                self._db.run(
                    "update materialized_view_record set last_refreshed = ? "
                    "where schema_name = ? and name = ?",
                    ended,
                    schema,
                    name,
                )

    def refreshes(self, schema: str, name: str) -> list[Refresh]:
        """Every refresh of a materialized view or streaming table, the oldest first."""
        rows = self._db.rows(
            "select started, ended, row_count, error, is_canceled from refresh_record "
            "where schema_name = ? and name = ? order by rowid",
            schema,
            name,
        )
        return [
            Refresh(started, ended, row_count, error, bool(is_canceled))
            for started, ended, row_count, error, is_canceled in rows
        ]
