from __future__ import annotations

import pytest

from emulators.warehouse.errors import SqlError
from emulators.warehouse.sql.parameter_markers import filled


def words(sql: str) -> str:
    return " ".join(sql.split())


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select :a, ':a', \":a\" -- :a\nfrom t", "select 'x' , ':a', \":a\" -- :a from t"),
        ("select :a::int, v:a, v:a.b, c :a", "select 'x' ::int, v:a, v:a.b, c 'x'"),
        ("select x[:n], f(:n), 1 -:m", "select x[ 2L ], f( 2L ), 1 - (-3)"),
        ("select :other, :A", "select :other, :A"),
        ("create view v as select $$ :a $$", "create view v as select $$ :a $$"),
    ],
)
def test_named_markers_are_filled_in(sql: str, expected: str) -> None:
    assert words(filled(sql, {"a": "'x'", "n": "2L", "m": "-3"})) == expected


def test_positional_markers_are_filled_in_by_their_order() -> None:
    found = filled("select ?, '?', c?::int, ?::int from t where a = ?", ["1", "'2'", "null"])

    assert words(found) == "select 1 , '?', c?::int, '2' ::int from t where a = null"
    assert words(filled("select ?, ?", ["1"])) == "select 1 , ?"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select * from identifier(:t)", "select * from `s`.`t`"),
        ("select * from IDENTIFIER('c.' || :t) as x", "select * from `c`.`s`.`t` as x"),
        ("use schema identifier('my' '-schema')", "use schema identifier('my' '-schema')"),
        ("use schema identifier('`my-schema`')", "use schema `my-schema`"),
        ("select * from identifier('c').s.t", "select * from `c`.s.t"),
        ("select * from event_log(table(identifier(:t)))", "select * from event_log(table(`s`.`t`))"),
        (
            "insert into identifier(:t) replace using (a) select 1",
            "insert into `s`.`t` replace using (a) select 1",
        ),
        ("select identifier('abs')(-1), identifier from t", "select `abs`(-1), identifier from t"),
        ("select * from identifier(concat('a', 'b'))", "select * from identifier(concat('a', 'b'))"),
    ],
)
def test_names_come_out_of_their_clauses(sql: str, expected: str) -> None:
    assert words(filled(sql, {"t": "'s.t'"})) == expected


@pytest.mark.parametrize("marker", [":missing", "?"])
def test_a_name_without_a_value_is_refused(marker: str) -> None:
    with pytest.raises(SqlError) as caught:
        filled(f"select * from identifier({marker})", {})
    assert (caught.value.error_class, caught.value.sql_state) == ("UNBOUND_SQL_PARAMETER", "42P02")
