from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emulators.warehouse.sessions.history import PRUNE_EVERY, Entry, History, statement_type
from emulators.warehouse.sessions.session_settings import tags_of


def entry(text: str, number: int = 0, **given: Any) -> Entry:
    moment = 1_700_000_000.0 + number
    return Entry(f"id-{number}", "session", "FINISHED", text, moment, moment + 0.25, **given)


def texts(history: History) -> list[str]:
    return [each["statement_text"] for each in history.recent(10_000)]


def test_what_was_added_is_there_after_a_restart(tmp_path: Path) -> None:
    history = History(tmp_path / "history.sqlite")
    history.add(entry("select 1", 1, produced_rows=1, tags={"team": "sales"}))
    history.add(entry("insert into t values (1)", 2, written_rows=1, parameters=["1"], driver="d/1"))
    history.close()

    second, first = History(tmp_path / "history.sqlite").recent(10)

    assert (first["statement_type"], first["produced_rows"], first["query_tags"]) == (
        "SELECT",
        1,
        '{"team": "sales"}',
    )
    assert first["start_time"] == "2023-11-14 22:13:21.000000"
    assert (first["total_duration_ms"], first["from_result_cache"]) == (250, 0)
    assert (second["written_rows"], second["client_driver"]) == (1, "d/1")
    assert second["query_parameters"] == (
        '{"named_parameters": null, "pos_parameters": ["1"], "is_truncated": false}'
    )


def test_it_holds_so_many_statements_and_so_much_text(tmp_path: Path) -> None:
    by_number = History(tmp_path / "a.sqlite", most=10)
    by_size = History(tmp_path / "b.sqlite", most_characters=100)
    for number in range(PRUNE_EVERY):
        by_number.add(entry(f"select {number}", number))
        by_size.add(entry("x" * 30, number))

    assert texts(by_number) == [f"select {number}" for number in range(PRUNE_EVERY - 1, PRUNE_EVERY - 11, -1)]
    assert len(texts(by_size)) == 3


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("select 1", "SELECT"),
        ("/* {} */ -- x\n  (with a as (select 1) select * from a)", "SELECT"),
        ("desc extended t", "DESCRIBE"),
        ("merge into t", "MERGE"),
        ("-- GetTables", "OTHER"),
        ("/* never closed", "OTHER"),
        ("", "OTHER"),
    ],
)
def test_statements_have_a_kind(text: str, kind: str) -> None:
    assert statement_type(text) == kind


def test_tags_are_read_as_drivers_write_them() -> None:
    assert tags_of("") == {}
    assert tags_of(r"team:sales,urgent,note:a\,b\:c\\d") == {
        "team": "sales",
        "urgent": None,
        "note": "a,b:c\\d",
    }
