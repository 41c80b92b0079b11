from __future__ import annotations

import pytest

from emulators.warehouse.errors import SqlError
from emulators.warehouse.sql.scripts import parts


@pytest.mark.parametrize(
    ("sql", "statements", "conditions"),
    [
        ("begin end", [], []),
        ("begin select 1; end;", ["select 1"], []),
        ("begin not atomic create table t (a int); end", ["create table t (a int)"], []),
        (
            "begin select case when a then 1 else 2 end from t; insert into t values (1); end",
            ["select case when a then 1 else 2 end from t", "insert into t values (1)"],
            [],
        ),
        (
            "begin if exists (select 1 from t) then drop table t; elseif a then select 2; else select 3; "
            "end if; end",
            ["drop table t", "select 2", "select 3"],
            ["exists (select 1 from t)", "a"],
        ),
        (
            "begin case (select n from t) when 1 then select 1; else select 2; end case; end",
            ["select 1", "select 2"],
            ["(select n from t)", "1"],
        ),
        ("begin case when a = 1 then select 1; end case; end", ["select 1"], ["a = 1"]),
        (
            "begin declare i int = 0; w: while i < 3 do set i = i + 1; if i = 2 then leave w; end if; "
            "end while w; end",
            ["declare i int = 0", "set i = i + 1"],
            ["i < 3", "i = 2"],
        ),
        (
            "begin repeat insert into t select 1; until f(a) end repeat; end",
            ["insert into t select 1"],
            ["f(a)"],
        ),
        ("begin l: loop iterate l; end loop l; end", [], []),
        (
            "begin for r as select * from t do delete from u; end for; end",
            ["delete from u"],
            ["select * from t"],
        ),
        ("begin for select * from t do delete from u; end for; end", ["delete from u"], ["select * from t"]),
        (
            "begin declare exit handler for sqlstate '22012', not found begin drop view v; end; "
            "begin select ';'; end; end",
            ["drop view v", "select ';'"],
            [],
        ),
        ("begin declare exit handler for sqlexception select 1; select 2; end", ["select 1", "select 2"], []),
    ],
)
def test_a_script_falls_into_statements_and_conditions(
    sql: str, statements: list[str], conditions: list[str]
) -> None:
    found = parts(sql)
    assert [sql[each.start : each.end] for each in found if each.is_statement] == statements
    assert [sql[each.start : each.end] for each in found if not each.is_statement] == conditions


@pytest.mark.parametrize(
    "sql",
    [
        "begin select 1; ",
        "begin if a then select 1; end; end",
        "begin while a do select 1; end",
        "begin select 1; end select 2",
    ],
)
def test_what_is_not_closed_is_a_syntax_error(sql: str) -> None:
    with pytest.raises(SqlError, match="PARSE_SYNTAX_ERROR"):
        parts(sql)
