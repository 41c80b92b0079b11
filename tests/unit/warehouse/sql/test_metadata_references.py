from __future__ import annotations

import pytest

from emulators.warehouse.sql.metadata_references import references


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select * from information_schema.tables", [("information_schema.tables", "tables")]),
        ("select * from Main.`Information_Schema`.Tables t", [("Main.`Information_Schema`.Tables", "")]),
        ("select * from system.information_schema.tables as t", [("system.information_schema.tables", "")]),
        (
            "create table x as with a as (select * from information_schema.columns) select * from a",
            [("information_schema.columns", "columns")],
        ),
        ("insert into t table information_schema.views", [("information_schema.views", "")]),
        (
            "merge into t using information_schema.tables on a = table_name when matched then delete",
            [("information_schema.tables", "tables")],
        ),
        (
            "delete from t where a in (select table_name from information_schema.tables)",
            [("information_schema.tables", "tables")],
        ),
        (
            "select * from a, information_schema.tables where a = 1",
            [("information_schema.tables", "tables")],
        ),
        ("select 1 from System.Query.History limit 1", [("System.Query.History", "history")]),
        (
            "select * from event_log(table(s.`mv`)) where level = 'event_log(table(x))'",
            [("event_log(table(s.`mv`))", "")],
        ),
        ("select 'from information_schema.tables' as a, information_schema from t", []),
        ("select information_schema.tables.a from information_schema_tables", []),
        ("select system.query.history from t", []),
    ],
)
def test_they_are_found_where_a_relation_is_read(sql: str, found: list[tuple[str, str]]) -> None:
    assert [(sql[each.start : each.end], each.alias) for each in references(sql).relations] == found


def test_columns_lose_what_stands_before_the_relation() -> None:
    sql = (
        "select main.information_schema.tables.table_name, information_schema.tables.*, tables.a "
        "from main.information_schema.tables"
    )
    assert [sql[start:end] for start, end in references(sql).prefixes] == [
        "main.information_schema.",
        "information_schema.",
    ]


def test_event_logs_of_two_relations_are_told_apart() -> None:
    sql = "select * from event_log(table(a_b.c)) union all select * from event_log(table(a.b_c))"
    assert [each.name for each in references(sql).relations] == [("a_b", "c"), ("a", "b_c")]
