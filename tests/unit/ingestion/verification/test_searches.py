"""The search for messages that did not land, on tables small enough to check by hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
import sqlglot

from ingestion.settings import WarehouseSettings
from ingestion.verification import searches
from ingestion.verification.reconciliation import SENT, Check
from ingestion.verification.sql_warehouse import Warehouse

SETTINGS = WarehouseSettings("local", "", 0, "", "", "", "bronze", "ops", "", "")
DIFFERS = [Check(SENT, "", {"messages": 1}, {"messages": 0})]
TABLES = """
    create table bronze_order_events (event_hub, "partition", "offset", ingest_batch_id);
    create table silver_order_events (event_hub, "partition", "offset");
    create table silver_quarantined_order_events (event_hub, "partition", "offset");
    create table batch_ranges (event_hub, ingest_batch_id, row_count, "partition", from_offset, to_offset);
"""

Batch = tuple[int, int, int, int]
"""Number, messages recorded, first offset, the offset after the last."""

Search = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def search(monkeypatch: pytest.MonkeyPatch) -> Search:
    """Runs it in SQLite, which knows no arrays: a table stands for what batches took."""
    monkeypatch.setattr(searches, "_taken", lambda _: "batch_ranges")
    found = searches._gaps_in_bronze
    monkeypatch.setattr(searches, "_searches", lambda warehouse: iter([found(warehouse)]))

    def answer(
        batches: list[Batch], landed: dict[int, list[int]], stored: tuple[int, ...] = ()
    ) -> list[tuple[Any, ...]]:
        database = sqlite3.connect(":memory:")
        database.executescript(TABLES)
        database.executemany(
            "insert into batch_ranges values ('orders', ?, ?, 0, ?, ?)",
            batches,
        )
        rows = [(offset, batch) for batch, offsets in landed.items() for offset in offsets]
        database.executemany("insert into bronze_order_events values ('orders', 0, ?, ?)", rows)
        positions = [(each,) for each in stored]
        database.executemany("insert into silver_order_events values ('orders', 0, ?)", positions)

        class Cursor:
            def execute(self, statement: str) -> sqlite3.Cursor:
                for schema in ("bronze", "silver"):
                    statement = statement.replace(f"`{schema}`.`", f"`{schema}_")
                statement = statement.replace("order by all", "order by 1, 2, 3")
                (text,) = sqlglot.transpile(statement, read="databricks", write="sqlite")
                return database.execute(text)

        cursor: Any = Cursor()
        found = list(searches.differing_rows(Warehouse(cursor, SETTINGS), DIFFERS))
        database.close()
        return [tuple(row) for each in found for row in each.differences]

    return answer


def test_offsets_that_no_reader_is_delivered_are_not_missing(search: Search) -> None:
    # 3, 7, 10 and 11 are marks of transactions, 4 to 6 were aborted: a batch took nothing else.
    batches = [(0, 3, 0, 4), (1, 0, 4, 8), (2, 2, 8, 11), (3, 1, 11, 13)]
    assert search(batches, {0: [0, 1, 2], 2: [8, 9], 3: [12]}, (0, 1, 2, 8, 9, 12)) == []
    assert search([(0, 0, 0, 7)], {}) == []


@pytest.mark.parametrize(
    ("landed", "rows"),
    [
        ({0: [0, 1], 1: [4, 5], 2: [7, 8]}, [("orders/0 offset 2 to 3", 2, 0)]),
        ({0: [2], 1: [4, 5], 2: [7, 8]}, [("orders/0 offset 0 to 1", 2, 0), ("orders/0 offset 3", 1, 0)]),
        ({0: [0, 1, 2], 1: [4], 2: [7, 8]}, [("orders/0 offset 5 to 6", 2, 0)]),
        ({0: [0, 1, 2], 1: [4, 5]}, [("orders/0 offset 6 to 8", 2, 0)]),
        ({0: [0, 1, 2], 2: [7, 8]}, [("orders/0 offset 3 to 6", 3, 0)]),
    ],
)
def test_what_a_batch_took_and_bronze_does_not_hold_is_named(
    search: Search, landed: dict[int, list[int]], rows: list[tuple[Any, ...]]
) -> None:
    # 3 and 6 are marks. Within a batch that lacks messages nothing tells them from these.
    assert search([(0, 3, 0, 4), (1, 2, 4, 7), (2, 2, 7, 9)], landed) == rows


def test_offsets_that_no_batch_took_are_named(search: Search) -> None:
    assert search([(0, 2, 0, 2), (1, 1, 4, 5)], {0: [0, 1], 1: [4]}) == [("orders/0 offset 2 to 3", 2, 0)]
    # Batches that are not recorded yet: what silver has read was there.
    assert search([(0, 1, 0, 1)], {0: [0], 1: [2, 3]}, (0, 1, 2, 3, 4)) == [
        ("orders/0 offset 1", 1, 0),
        ("orders/0 offset 4", 1, 0),
    ]


def test_what_landed_twice_stands_for_nothing_that_is_missing(search: Search) -> None:
    assert search([(0, 3, 0, 3)], {0: [0, 0, 2]}) == [
        ("orders/0 offset 0", 1, 2),
        ("orders/0 offset 1", 1, 0),
    ]
