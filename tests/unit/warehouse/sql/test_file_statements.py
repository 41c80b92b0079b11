from __future__ import annotations

import pytest

from emulators.warehouse.errors import SqlError
from emulators.warehouse.sql.statements import CopyInto, ReadFiles, calls_of_read_files, recognise


def test_copy_into_with_all_that_it_may_say() -> None:
    sql = (
        "copy into c.s.t from (select a::int as a, f(b, c), _metadata.file_path from '/Volumes/c/s/v' as x) "
        "fileformat = CSV pattern = '*.csv' format_options ('header' = 'true', 'sep' = ';') "
        "copy_options ('mergeSchema' = true) validate 15 rows"
    )

    assert recognise(sql) == CopyInto(
        sql,
        ("c", "s", "t"),
        "/Volumes/c/s/v",
        "csv",
        expressions=("a::int as a", "f(b, c)", "_metadata.file_path"),
        alias="x",
        pattern="*.csv",
        format_options={"header": "true", "sep": ";"},
        copy_options={"mergeschema": "true"},
        validated=15,
    )


def test_copy_into_in_short() -> None:
    by_position = "copy into t by position from '/d' fileformat = csv files = ('a', 'b')"
    assert recognise(by_position) == CopyInto(
        by_position, ("t",), "/d", "csv", by_position=True, files=("a", "b")
    )
    listed = "copy into t (b, a) from '/d' fileformat = csv validate all"
    assert recognise(listed) == CopyInto(listed, ("t",), "/d", "csv", columns=("b", "a"), validated=50)


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("copy into t from '/d'", "PARSE_SYNTAX_ERROR"),
        ("copy into t from '/d' fileformat = csv whatever", "PARSE_SYNTAX_ERROR"),
        ("copy into t from 's3://x' with (credential c) fileformat = csv", "UNSUPPORTED_FEATURE"),
        ("copy into t from '/d' fileformat = csv format_options ('a' = now())", "UNSUPPORTED_FEATURE"),
        ("copy into t from '/d' fileformat = csv copy_options ('a' = 'b')", "UNSUPPORTED_FEATURE"),
        ("copy into t from '/d' fileformat = csv files = ('a') pattern = 'b'", "PARSE_SYNTAX_ERROR"),
    ],
)
def test_copies_that_are_refused(sql: str, error: str) -> None:
    with pytest.raises(SqlError, match=error):
        recognise(sql)


def test_calls_of_read_files() -> None:
    first = "stream read_files('/a', format => 'csv', header => true, `x.y` => -1)"
    second = "READ_FILES(path => '/b')"
    third = "stream(read_files('/c'))"
    sql = f"select 'read_files(1)', read_files from {first} r, stream t, {second}, {third}"

    assert calls_of_read_files(sql) == [
        ReadFiles(
            sql.index(first),
            sql.index(first) + len(first),
            True,
            "/a",
            {"format": "csv", "header": "true", "x.y": "-1"},
        ),
        ReadFiles(sql.index(second), sql.index(second) + len(second), False, "/b", {}),
        ReadFiles(sql.index(third), sql.index(third) + len(third), True, "/c", {}),
    ]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("read_files(format => 'csv')", "REQUIRED_PARAMETER_NOT_FOUND"),
        ("read_files('/a', format => lower('CSV'))", "UNSUPPORTED_FEATURE"),
        ("read_files('/a' format => 'csv')", "PARSE_SYNTAX_ERROR"),
    ],
)
def test_calls_that_are_refused(call: str, error: str) -> None:
    with pytest.raises(SqlError, match=error):
        calls_of_read_files(f"select * from {call}")
