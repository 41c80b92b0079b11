from __future__ import annotations

import pytest

from emulators.warehouse.errors import SqlError
from emulators.warehouse.sql.lexer import Kind, Reader, tokenize


def test_comments_are_left_out_and_offsets_point_into_the_statement() -> None:
    sql = "/* {\"app\": \"dbt\"} */ -- it's\nselect `a b`, 'it\\'s' from t"

    tokens = tokenize(sql)

    assert [each.text for each in tokens] == ["select", "a b", ",", "it's", "from", "t"]
    assert [sql[each.start : each.end] for each in tokens] == [
        "select",
        "`a b`",
        ",",
        "'it\\'s'",
        "from",
        "t",
    ]
    assert [each.kind for each in tokens][1:4] == [Kind.QUOTED, Kind.SYMBOL, Kind.STRING]


def test_keywords_of_two_words_are_two_tokens() -> None:
    assert [each.keyword for each in tokenize("primary key group  by not null")] == [
        "PRIMARY",
        "KEY",
        "GROUP",
        "BY",
        "NOT",
        "NULL",
    ]


def test_a_show_statement_is_read_word_by_word() -> None:
    assert [each.text for each in tokenize("show schemas in `a`")] == ["show", "schemas", "in", "a"]


def test_a_quote_that_is_not_closed_is_a_syntax_error() -> None:
    with pytest.raises(SqlError, match=r"^\[PARSE_SYNTAX_ERROR\]"):
        tokenize("select 'a")


def test_a_name_takes_keywords_and_backticks() -> None:
    reader = Reader("`my cat`.schema.table")

    assert reader.name() == ("my cat", "schema", "table")
    assert reader.is_done


def test_accept_reads_all_of_its_keywords_or_none() -> None:
    reader = Reader("or replace x")

    assert not reader.accept("OR", "REFRESH")
    assert reader.accept("OR", "REPLACE")
    assert reader.peek() == "X"


def test_a_group_is_read_to_its_own_parenthesis() -> None:
    reader = Reader("(a, (b, ')'), c) rest")

    assert reader.skip_group() == "a, (b, ')'), c"
    assert reader.peek() == "REST"


def test_what_is_unexpected_is_named_with_its_place() -> None:
    reader = Reader("comment\n  oops")
    reader.expect("COMMENT")

    with pytest.raises(SqlError, match=r"near 'oops'\. \(line 2, pos 2\) SQLSTATE: 42601"):
        reader.expect("ON")


@pytest.mark.parametrize(
    ("sql", "text"),
    [("'it''s'", "it's"), ("'a' 'b'", "ab"), ("'it\\'s'", "it's"), ('"dq"', "dq"), ("r'a\\d'", "a\\d")],
)
def test_strings_are_read_as_spark_reads_them(sql: str, text: str) -> None:
    assert Reader(sql).string() == text


def test_a_name_may_begin_with_a_digit_and_a_number_is_none() -> None:
    assert Reader("s.2id").name() == ("s", "2id")
    assert Reader("3d5b538bbc9a5fbf").identifier() == "3d5b538bbc9a5fbf"
    assert [each.kind for each in tokenize("5e10")] == [Kind.NUMBER]
    with pytest.raises(SqlError):
        Reader("12").identifier()


@pytest.mark.parametrize("suffix", ["L", "l", "S", "Y", "BD", "D", "F", ""])
def test_a_number_and_the_suffix_that_types_it_are_one_token(suffix: str) -> None:
    first, _, second = tokenize(f"10{suffix} + a")
    assert (first.kind, first.text, first.start, first.end) == (Kind.NUMBER, "10", 0, 2 + len(suffix))
    assert second.text == "a"
