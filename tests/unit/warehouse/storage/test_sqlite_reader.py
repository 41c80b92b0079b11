from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

import pytest

from emulators.warehouse import cancellation
from emulators.warehouse.errors import SqlError
from emulators.warehouse.storage.sqlite_reader import SqliteReader

ENDLESS = "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "x.sqlite") as db:
        db.execute("pragma journal_mode = wal")
        db.execute("create table t (id)")
    return tmp_path / "x.sqlite"


def stopped_when(stopped: threading.Event, reader: SqliteReader) -> None:
    cancellation.begin(stopped)
    reader.query(ENDLESS)


def test_a_query_ends_with_its_statement_and_holds_up_nobody(file: Path) -> None:
    reader = SqliteReader(file, "own")
    stopped = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(copy_context().run, stopped_when, stopped, reader)
        with sqlite3.connect(file) as db:
            db.execute("insert into t values (1)")
        assert reader.query("select id from own.t") == (["id"], [(1,)])
        assert not running.done()
        stopped.set()
        with pytest.raises(SqlError, match="OPERATION_CANCELED"):
            running.result(10)
    assert reader.query("select count(*) as n from own.t") == (["n"], [(1,)])
    reader.close()


def test_it_cannot_write(file: Path) -> None:
    reader = SqliteReader(file, "own")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.query("delete from own.t")
