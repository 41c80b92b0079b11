"""An incremental run looks where something can have changed, and nowhere else: it costs what is new."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest

from emulators.settings import REPOSITORY
from tests.unit.dbt.rendering import Relation, Rendering, Rows

MODELS = REPOSITORY / "models"
# Those that remember how far they have read; the others are compared whole, in the hourly path.
BOUNDED = sorted(file for file in MODELS.rglob("*.sql") if "run_note(" in file.read_text())
# Tables with so few rows that a merge may read them whole.
SMALL = ("order_event_drift", "product_price_history")
# How often a model reads a table whole: its own few rows, or the ids of all events, which are random.
WHOLE = {"order_event_drift": 1, "order_events": 1}
READ, NEW = [["orders", 0, 10]], [["orders", 0, 20]]
FIRST, LAST = "2026-03-01 10:00:00", "2026-03-01 10:05:00"


def incremental(file: Path) -> Rendering:
    """A run of a model that has read up to offset 10, and whose sources hold up to offset 20."""
    this = Relation("main", "silver", file.stem)

    def answer(statement: str) -> Rows:
        if statement.startswith("show tblproperties"):
            positions = READ if statement.endswith(str(this)) else NEW
            state = {"positions": positions, "latest_occurred_at": FIRST, "replay_number": 0}
            return [["order_intelligence.run_state", json.dumps(state)]]
        if "max(`offset`)" in statement:
            return [["orders", 0, 20]]
        if "ntile(" in statement:
            return [[FIRST, FIRST], [LAST, LAST]] if "_at" in statement else [["ORD1", "ORD2"]]
        if statement.startswith("select cast(m"):
            return [[FIRST, LAST]]
        return [[0]]

    return Rendering(answer=answer, is_incremental=True, this=this)


def note_of(sql: str) -> dict[str, object]:
    note: dict[str, object] = json.loads(sql.split("-- run note: ")[1].splitlines()[0])
    return note


def test_every_model_of_the_minute_that_is_merged_is_here() -> None:
    assert {file.stem for file in BOUNDED} == {
        *("order_events", "quarantined_order_events", "order_event_drift", "order_details"),
        *("order_amounts", "order_status_history", "product_price_history", "daily_sales"),
        *("sales_by_state_minute", "sales_by_product_minute", "minute_restatements"),
    }


# A literal bound, by which files are skipped: a key, a time or an offset.
BOUND = re.compile(r"between '|between (date|timestamp)'|[<>]=? (date|timestamp)'|[<>]=? [0-9]")


@pytest.mark.parametrize("file", BOUNDED, ids=lambda file: file.stem)
def test_the_merge_looks_for_rows_where_something_is_new(file: Path) -> None:
    note = note_of(incremental(file).model(str(file.relative_to(MODELS))))
    assert note["is_replay"] is False
    if file.stem in SMALL:
        assert note["within"] == "true"
    else:
        assert "DBT_INTERNAL_DEST." in str(note["within"])
        assert BOUND.search(str(note["within"]))


@pytest.mark.parametrize("file", BOUNDED, ids=lambda file: file.stem)
def test_what_grows_is_read_where_something_is_new(file: Path) -> None:
    sql = incremental(file).model(str(file.relative_to(MODELS)))
    body = sql.split("-- run note: ")[1].split("\n", 1)[1]
    reads = [
        own_query(body[match.end() :])
        for match in re.finditer(r"(?:from|join) `main`\.`silver`\.`\w*order_\w+`", body)
    ]
    unbounded = [read for read in reads if not BOUND.search(read)]
    assert reads
    assert len(unbounded) == WHOLE.get(file.stem, 0), unbounded


def own_query(text: str) -> str:
    """What follows a FROM, up to the parenthesis that closes its query, without the queries inside it."""
    kept: list[str] = []
    inner: list[bool] = []  # of each open parenthesis, whether a query stands in it
    for at, character in enumerate(text):
        if character == "(":
            inner.append(text[at + 1 :].lstrip().startswith(("select", "with")))
        elif character == ")":
            if not inner:
                break
            inner.pop()
        elif not any(inner):
            kept.append(character)
    return "".join(kept)


@pytest.mark.parametrize("file", BOUNDED, ids=lambda file: file.stem)
def test_the_state_of_a_table_is_asked_once_while_a_model_is_compiled(file: Path) -> None:
    rendering = incremental(file)
    rendering.stand_ins = {"model": {}}
    rendering.model(str(file.relative_to(MODELS)))
    asked = [statement for statement in rendering.sent if statement.startswith("show tblproperties")]
    assert len(asked) == len(set(asked)) >= 2


def ranges(keys: list[str]) -> list[list[str]]:
    """The key ranges of a query that yields keys, computed by another database."""

    def answer(statement: str) -> Rows:
        sql = statement.replace("as string", "as text").replace("as keys (key)", "")
        with sqlite3.connect(":memory:") as database:
            database.execute("create table touched (key text)")
            database.executemany("insert into touched values (?)", [(key,) for key in keys])
            return database.execute(sql).fetchall()

    found: list[list[str]] = Rendering(answer=answer, is_incremental=True).call(
        "key_ranges", "select key from touched"
    )
    return [[first.strip("'"), last.strip("'")] for first, last in found]


def test_few_keys_are_ranges_of_their_own() -> None:
    assert ranges(["A1", "B7", "C3"]) == [["A1", "A1"], ["B7", "B7"], ["C3", "C3"]]


def test_a_late_key_does_not_widen_the_ranges_of_the_others() -> None:
    """One range from the first to the last would cover all that lies between."""
    keys = [f"K{number:05}" for number in (7, *range(90_000, 90_400))]
    found = ranges(keys)
    assert len(found) == 32
    assert sum(int(last[1:]) - int(first[1:]) > 1000 for first, last in found) == 1
    assert all(any(first <= key <= last for first, last in found) for key in keys)


def test_without_keys_there_is_nowhere_to_look() -> None:
    assert ranges([]) == []
    rendering = Rendering(is_incremental=True)
    assert rendering.call("is_within", [], "order_id").strip() == "false"
