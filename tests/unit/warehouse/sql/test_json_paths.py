from __future__ import annotations

import pytest

from emulators.warehouse.sql.json_paths import Step, StepKind, restored, rewritten, steps

PATHS = [
    ("select body:order.id from t", "select __json_path(body, 'order.id') from t"),
    ("select body:order.id::int from t", "select __json_path(body, 'order.id')::int from t"),
    ("select r.body:a from r where r.body:a = 1", None),
    ("select body:['it''s'].b, c from t", None),
    ("select body:lines[1].sku, body:lines[*].sku from t", None),
    ("select body:`ship to` from t", "select __json_path(body, '`ship to`') from t"),
    ("select (body):a, f(x, g(y)):b, s.t[0]:c from t", None),
    ("select parse_json(body):a.b::int from t", "select __json_path(parse_json(body), 'a.b')::int from t"),
    ("select x::variant:a from t", "select __json_path(x::variant, 'a') from t"),
    ("select '{\"a\": 1}':a", "select __json_path('{\"a\": 1}', 'a')"),
    (
        "select from_json(body:a, 'b int'):b",
        "select __json_path(from_json(__json_path(body, 'a'), 'b int'), 'b')",
    ),
    ("select case when a:b then c:d end from t where e in (f:g) group by h:i", None),
    ("select a < b:c from t", "select a < __json_path(b, 'c') from t"),
]


@pytest.mark.parametrize(("sql", "expected"), PATHS)
def test_a_path_becomes_a_call_and_the_call_a_path(sql: str, expected: str | None) -> None:
    found = rewritten(sql)
    assert found.count("__json_path(") >= 1
    assert expected is None or found == expected
    assert restored(found) == sql


@pytest.mark.parametrize(
    "sql",
    [
        "select :a, a = :b, ? from t where :c",
        "select * from t limit :n",
        "create table t (a struct<b:int, c: array<struct<d:string>>>)",
        "select cast(a as struct<b:int>) from t",
        "select 'a:b', `a:b` -- a:b\nfrom t",
        "select a::int from t",
        "select current_timestamp() > '12:30:00'",
    ],
)
def test_other_colons_stay(sql: str) -> None:
    assert rewritten(sql) == sql


def test_the_steps_of_a_path() -> None:
    assert steps("a.`B c`['D'][0][*].e") == [
        Step(StepKind.FIELD, "a"),
        Step(StepKind.FIELD, "B c"),
        Step(StepKind.EXACT_FIELD, "D"),
        Step(StepKind.INDEX, "0"),
        Step(StepKind.EACH),
        Step(StepKind.FIELD, "e"),
    ]
