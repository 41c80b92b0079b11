"""Reads a SQLite file for clients: beside those who write it, and until their statement is stopped."""

from __future__ import annotations

import queue
import sqlite3
from pathlib import Path
from typing import Any

from emulators.warehouse import cancellation
from emulators.warehouse.errors import canceled

_STEPS = 20_000
"""How many steps of SQLite's machine pass between two looks whether the statement was stopped: about 1 ms."""


class SqliteReader:
    """Connections that cannot write; safe to use from any thread, by many at once.

    Args:
        file: in write-ahead mode, so that nobody who reads holds up who writes.
        schema: what queries call it.
    """

    def __init__(self, file: Path, schema: str) -> None:
        self._file = file
        self._schema = schema
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()

    def query(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Names and rows of a query in SQLite's dialect.

        Raises:
            SqlError: its statement was stopped.
            sqlite3.Error: SQLite cannot carry it out.
        """
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = self._connect()
        try:
            cursor = connection.execute(sql)
            return [each[0] for each in cursor.description], cursor.fetchall()
        except sqlite3.OperationalError:
            if cancellation.is_stopped():
                raise canceled() from None
            raise
        finally:
            self._idle.put(connection)

    def close(self) -> None:
        """Close the connections."""
        while not self._idle.empty():
            self._idle.get().close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        connection.execute(f"attach database ? as {self._schema}", (str(self._file),))
        connection.execute("pragma query_only = on")
        connection.set_progress_handler(cancellation.is_stopped, _STEPS)
        return connection
