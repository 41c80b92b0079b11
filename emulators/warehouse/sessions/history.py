"""The history of statements: one SQLite file behind `system.query.history` and the status page."""

from __future__ import annotations

import getpass
import json
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import types as t

from emulators.warehouse.clock import at
from emulators.warehouse.sql.lexer import first_word
from emulators.warehouse.storage.sqlite_reader import SqliteReader

HISTORY_FILE = "history.sqlite"
MOST_STATEMENTS = 20_000
MOST_CHARACTERS = 64 << 20
"""Of the texts of all statements together; the oldest statements go first."""

PRUNE_EVERY = 500

_TYPES = {
    *(
        "ALTER",
        "ANALYZE",
        "COPY",
        "CREATE",
        "DELETE",
        "DESCRIBE",
        "DROP",
        "EXPLAIN",
        "GRANT",
        "INSERT",
        "MERGE",
    ),
    *("OPTIMIZE", "REFRESH", "REPLACE", "REVOKE", "SELECT", "SET", "SHOW", "TRUNCATE", "UPDATE", "USE"),
}
_ALIASES = {"WITH": "SELECT", "FROM": "SELECT", "VALUES": "SELECT", "TABLE": "SELECT", "DESC": "DESCRIBE"}

_STRING, _LONG = t.StringType(), t.LongType()


def _struct(*names: str) -> t.StructType:
    return t.StructType([t.StructField(each, _STRING) for each in names])


COLUMNS: dict[str, t.DataType] = {
    "account_id": _STRING,
    "workspace_id": _STRING,
    "statement_id": _STRING,
    "session_id": _STRING,
    "execution_status": _STRING,
    "compute": _struct("type", "cluster_id", "warehouse_id"),
    "executed_by_user_id": _STRING,
    "executed_by": _STRING,
    "statement_text": _STRING,
    "statement_type": _STRING,
    "error_message": _STRING,
    "client_application": _STRING,
    "client_driver": _STRING,
    "cache_origin_statement_id": _STRING,
    "total_duration_ms": _LONG,
    "waiting_for_compute_duration_ms": _LONG,
    "waiting_at_capacity_duration_ms": _LONG,
    "execution_duration_ms": _LONG,
    "compilation_duration_ms": _LONG,
    "total_task_duration_ms": _LONG,
    "result_fetch_duration_ms": _LONG,
    "start_time": t.TimestampType(),
    "end_time": t.TimestampType(),
    "update_time": t.TimestampType(),
    "read_partitions": _LONG,
    "pruned_files": _LONG,
    "read_files": _LONG,
    "read_rows": _LONG,
    "produced_rows": _LONG,
    "read_bytes": _LONG,
    "read_io_cache_percent": t.IntegerType(),
    "from_result_cache": t.BooleanType(),
    "spilled_local_bytes": _LONG,
    "written_bytes": _LONG,
    "written_rows": _LONG,
    "written_files": _LONG,
    "shuffle_read_bytes": _LONG,
    "query_source": t.StructType(
        [
            t.StructField("job_info", _struct("job_id", "job_run_id", "job_task_run_id")),
            *_struct(
                "legacy_dashboard_id",
                "dashboard_id",
                "alert_id",
                "notebook_id",
                "sql_query_id",
                "genie_space_id",
            ),
        ]
    ),
    "query_parameters": t.StructType(
        [
            t.StructField("named_parameters", t.MapType(_STRING, _STRING)),
            t.StructField("pos_parameters", t.ArrayType(_STRING)),
            t.StructField("is_truncated", t.BooleanType()),
        ]
    ),
    "executed_as": _STRING,
    "executed_as_user_id": _STRING,
    "query_tags": t.MapType(_STRING, _STRING),
}
"""Columns of `system.query.history`, as Databricks documents them."""

_KNOWN = {
    "statement_id": "statement_id",
    "session_id": "session_id",
    "execution_status": "execution_status",
    "compute": """'{"type":"WAREHOUSE","cluster_id":null,"warehouse_id":"local"}'""",
    "executed_by": "executed_by",
    "statement_text": "statement_text",
    "statement_type": "statement_type",
    "error_message": "error_message",
    "client_application": "client_application",
    "client_driver": "client_driver",
    "total_duration_ms": "duration_ms",
    "waiting_for_compute_duration_ms": "0",
    "waiting_at_capacity_duration_ms": "0",
    "execution_duration_ms": "duration_ms",
    "start_time": "start_time",
    "end_time": "end_time",
    "update_time": "end_time",
    "produced_rows": "produced_rows",
    "from_result_cache": "0",
    "written_rows": "written_rows",
    "query_parameters": "query_parameters",
    "executed_as": "executed_by",
    "query_tags": "query_tags",
}
"""Where the values come from; nobody measures the others here: they are NULL."""

_TABLE = """
create table if not exists statement (
    number integer primary key,
    statement_id text not null,
    session_id text not null,
    execution_status text not null,
    executed_by text not null,
    statement_text text not null,
    statement_type text not null,
    error_message text,
    client_application text,
    client_driver text,
    duration_ms integer not null,
    start_time text not null,
    end_time text not null,
    produced_rows integer,
    written_rows integer,
    query_parameters text,                  -- JSON
    query_tags text                         -- JSON
);
drop view if exists history;
create view history as
select {columns}
from statement;
"""


@dataclass(frozen=True)
class Entry:
    """One statement that has ended; times are seconds since the epoch.

    Attributes:
        status: FINISHED, FAILED or CANCELED.
        parameters: values by name, or in order.
    """

    statement_id: str
    session_id: str
    status: str
    text: str
    started_at: float
    ended_at: float
    error: str | None = None
    application: str | None = None
    driver: str | None = None
    produced_rows: int | None = None
    written_rows: int | None = None
    parameters: dict[str, str | None] | list[str | None] | None = None
    tags: dict[str, str | None] | None = None

    @property
    def duration_ms(self) -> int:
        """How long it took."""
        return round((self.ended_at - self.started_at) * 1000)


class History:
    """The file; safe to use from any thread. It survives a restart and does not grow beyond its bounds.

    Args:
        file: made on first use.
        most: at most about so many statements are kept.
        most_characters: of their texts together.
    """

    def __init__(
        self, file: Path, most: int = MOST_STATEMENTS, most_characters: int = MOST_CHARACTERS
    ) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.file = file
        self._most, self._most_characters = most, most_characters
        self._added = 0
        self._user = getpass.getuser()
        self._lock = threading.Lock()
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = off")  # of use to people; what a power cut takes is no loss
        columns = ", ".join(f"{_KNOWN.get(name, 'null')} as {name}" for name in COLUMNS)
        self._db.executescript(_TABLE.format(columns=columns))
        self._prune()
        self._reader = SqliteReader(file, "query")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._reader.close()
            self._db.close()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query over `query.history`, in SQLite's dialect."""
        return self._reader.query(sql)[1]

    def add(self, entry: Entry) -> None:
        """Keep a statement."""
        values = (
            entry.statement_id,
            entry.session_id,
            entry.status,
            self._user,
            entry.text,
            statement_type(entry.text),
            entry.error,
            entry.application,
            entry.driver,
            entry.duration_ms,
            at(entry.started_at),
            at(entry.ended_at),
            entry.produced_rows,
            entry.written_rows,
            _parameters(entry.parameters),
            json.dumps(entry.tags) if entry.tags else None,
        )
        with self._lock:
            self._db.execute(f"insert into statement values (null{', ?' * len(values)})", values)  # noqa: S608
            self._added += 1
            if self._added % PRUNE_EVERY == 0:
                self._prune()

    def recent(self, count: int) -> list[dict[str, Any]]:
        """The last statements, the newest first, as rows of `system.query.history`."""
        with self._lock:
            cursor = self._db.execute("select * from history order by start_time desc limit ?", (count,))
            names = [each[0] for each in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _prune(self) -> None:
        self._db.execute(
            "delete from statement where number <= (select max(number) from statement) - ?", (self._most,)
        )
        self._db.execute(
            "delete from statement where number <= (select number from (select number, "
            "sum(length(statement_text)) over (order by number desc) as characters from statement) "
            "where characters > ? order by number desc limit 1)",
            (self._most_characters,),
        )


def statement_type(text: str) -> str:
    """What Databricks calls the kind of a statement: its first keyword, or OTHER."""
    first = first_word(text).upper()
    first = _ALIASES.get(first, first)
    return first if first in _TYPES else "OTHER"


def _parameters(given: dict[str, str | None] | list[str | None] | None) -> str | None:
    if not given:
        return None
    named = given if isinstance(given, dict) else None
    placed = given if isinstance(given, list) else None
    return json.dumps({"named_parameters": named, "pos_parameters": placed, "is_truncated": False})
