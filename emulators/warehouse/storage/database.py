"""The SQLite file behind the records: its transactions, and queries of the information schema over it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emulators.settings import CATALOG
from emulators.warehouse.storage.sqlite_reader import SqliteReader

SCHEMA_SQL = Path(__file__).with_name("records.sql")
VIEWS_SQL = Path(__file__).with_name("information_schema.sql")

_NEWER_COLUMNS = (
    ("schema_record", "catalog_name", f"text not null default '{CATALOG}'"),
    ("schema_record", "schema_name", "text not null default ''"),
    ("function_record", "details", "text not null default '{}'"),
    ("function_record", "created", "text not null default ''"),
    ("key_record", "is_rely", "integer not null default 0"),
    ("column_record", "generation", "text"),
    ("refresh_record", "is_canceled", "integer not null default 0"),
)
"""Columns that the tables of an older file may lack."""

_VERSION = 1
"""Raised when more is recorded of columns than before. 1: the lengths of CHAR and VARCHAR."""


class Database:
    """The SQLite file; safe to use from any thread.

    Args:
        file: made on first use. Committed records survive `kill -9`.
    """

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()
        """Held by whoever reads or changes records, or the catalog: two locks would have to keep an order."""
        self._depth = 0
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(SCHEMA_SQL.read_text())
        self._upgrade()
        self._reader = SqliteReader(file, "information_schema")

    def _upgrade(self) -> None:
        """Bring the tables of an older file to what they are now, and make the views anew."""
        with self.transaction():
            for table, column, kind in _NEWER_COLUMNS:
                names = {name for (name,) in self.rows("select name from pragma_table_info(?)", table)}
                if column not in names:
                    self.run(f"alter table {table} add column {column} {kind}")
            self.run("update schema_record set schema_name = name where schema_name = ''")
            self.run(
                "update grant_record set schema_name = ? where kind = 'CATALOG' and schema_name = ''", CATALOG
            )
            ((version,),) = self.rows("pragma user_version")
            if version < _VERSION:
                # The columns of Delta tables are read again: what is recorded of them has become more.
                self.run("update relation_record set delta_version = null")
                self.run(f"pragma user_version = {_VERSION}")
            for (view,) in self.rows("select name from sqlite_master where type = 'view'"):
                self.run(f"drop view {view}")
            for statement in VIEWS_SQL.read_text().split(";\n\n"):
                self.run(statement)

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            self._reader.close()
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything inside, or nothing; may be nested."""
        with self.lock:
            outermost = self._depth == 0
            self._depth += 1
            try:
                if outermost:
                    self._db.execute("begin immediate")
                yield
                if outermost:
                    self._db.execute("commit")
            except BaseException:
                if outermost:
                    self._db.execute("rollback")
                raise
            finally:
                self._depth -= 1

    def query(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Names and rows of a query over `information_schema.*`, in SQLite's dialect."""
        return self._reader.query(sql)

    def information_schema(self) -> dict[str, list[str]]:
        """Every relation of the information schema, with its columns in order."""
        names = self.rows("select name from sqlite_master where type = 'view' order by name")
        return {
            name: [column for (column,) in self.rows("select name from pragma_table_info(?)", name)]
            for (name,) in names
        }

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query over the tables."""
        with self.lock:
            return self._db.execute(sql, values).fetchall()

    def run(self, sql: str, *values: Any) -> None:
        """Run a statement that gives no rows."""
        with self.lock:
            self._db.execute(sql, values)
