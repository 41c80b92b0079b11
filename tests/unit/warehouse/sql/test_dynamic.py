from __future__ import annotations

import pytest

from emulators.warehouse.errors import SqlError
from emulators.warehouse.sql.statements import (
    Command,
    CompoundStatement,
    ExecuteImmediate,
    dynamic,
    recognise,
)


@pytest.mark.parametrize(
    ("clauses", "text", "into", "using"),
    [
        ("'select 1'", "'select 1'", "", ""),
        ("v", "v", "", ""),
        ("'a ' || upper(v, 1)", "'a ' || upper(v, 1)", "", ""),
        ("'select ?' using 1, v", "'select ?'", "", "1, v"),
        ("v into a, b using (1 as x, 'into' as y);", "v", "a, b", "1 as x, 'into' as y"),
        ("v using (1), (2)", "v", "", "(1), (2)"),
        ("v into a", "v", "a", ""),
    ],
)
def test_the_parts_of_execute_immediate(clauses: str, text: str, into: str, using: str) -> None:
    sql = f"/* b */ execute immediate {clauses}"
    found = dynamic(sql)
    assert isinstance(found, ExecuteImmediate)
    assert (found.text, found.into, found.using) == (text, into, using)
    assert sql[found.start :].startswith(text)


@pytest.mark.parametrize(
    ("text", "literal"),
    [("'select ''a'''", "select 'a'"), ("'select ' '1'", "select 1"), ("v", None), ("'a' || v", None)],
)
def test_a_text_is_known_when_it_is_a_string_alone(text: str, literal: str | None) -> None:
    assert ExecuteImmediate("", text, 0).literal() == literal


@pytest.mark.parametrize("sql", ["execute immediate", "execute immediate 'a' into", "begin select 1"])
def test_what_is_half_of_it_is_a_syntax_error(sql: str) -> None:
    with pytest.raises(SqlError, match="PARSE_SYNTAX_ERROR"):
        dynamic(sql)


@pytest.mark.parametrize("sql", ["begin", "begin transaction", "begin atomic insert into t values (1); end"])
def test_transactions_are_refused(sql: str) -> None:
    with pytest.raises(SqlError, match="UNSUPPORTED_FEATURE"):
        dynamic(sql)


def test_all_else_holds_no_other_statement() -> None:
    assert dynamic("select 'begin'") is None
    assert isinstance(dynamic("begin end"), CompoundStatement)


@pytest.mark.parametrize(
    ("sql", "is_unknown"),
    [
        ("convert to delta parquet.`/a`", True),
        ("msck repair table a", True),
        ("create index i on a (b)", True),
        ("something new", True),
        ("set a = b", False),
        ("create temporary view v as select 1", False),
        ("optimize a", False),
        ("insert overwrite directory '/a' using json select 1", False),
        ("create table a (b int)", False),
        ("drop function f", False),
    ],
)
def test_what_may_change_what_it_does_not_name_is_looked_after(sql: str, is_unknown: bool) -> None:
    found = recognise(sql)
    assert isinstance(found, Command)
    assert found.is_unknown == is_unknown


@pytest.mark.parametrize("word", ["schema", "database", "namespace"])
def test_schemas_go_by_three_names(word: str) -> None:
    for sql in (f"create {word} a", f"drop {word} a", f"alter {word} a set dbproperties (b = 1)"):
        found = recognise(sql)
        assert isinstance(found, Command)
        assert found.schema == ("a",)


def test_replace_table_makes_it_anew() -> None:
    found = recognise("replace table a.b as select 1")
    assert isinstance(found, Command)
    assert found.defines == (("a", "b"),)
    assert found.replaces


def test_rows_inserted_from_before_are_written() -> None:
    found = recognise("from a insert into b select *")
    assert isinstance(found, Command)
    assert found.writes == ("b",)
    with pytest.raises(SqlError, match="UNSUPPORTED_FEATURE"):
        recognise("from a insert into b select * insert into c select *")
