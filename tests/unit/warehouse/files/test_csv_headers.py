from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from unittest.mock import MagicMock

import pytest
from pyspark.sql import types as t

from emulators.warehouse.errors import SqlError
from emulators.warehouse.files import csv_headers

WITH_HEADER = {"HEADER": "TRUE"}


class Reader:
    """Reads the first line of a CSV file, as Spark does."""

    def __init__(self) -> None:
        self.read = self
        self.given: dict[str, str] = {}

    def format(self, name: str) -> Reader:
        return self

    def options(self, **given: str) -> Reader:
        self.given = {**self.given, **given}
        return self

    def load(self, path: str) -> Any:
        rows = csv.reader(Path(path).read_text().splitlines(), delimiter=self.given.get("sep", ","))
        first = next(rows, None)
        row: list[str | None] = [each or None for each in first or ()]
        return MagicMock(head=lambda: row or None)


@pytest.fixture
def reader() -> Any:
    return Reader()


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., list[Path]]:
    def written(*headers: str) -> list[Path]:
        found = [tmp_path / f"{number}.csv" for number in range(len(headers))]
        for file, header in zip(found, headers, strict=True):
            file.write_text(header)
        return found

    return written


def columns(*names: str) -> t.StructType:
    return t.StructType([t.StructField(each, t.StringType()) for each in names])


@pytest.mark.parametrize(
    ("header", "names", "expected"),
    [
        ("id,id", ("id0", "id1"), True),
        ("a,id,ID,iD", ("a", "id1", "ID2", "iD3"), True),
        (",name", ("_c0", "name"), True),
        ("a,,b,", ("a", "_c1", "b", "_c3"), True),
        ("a0,b1", ("a0", "b1"), False),
        ("a,b", ("a", "b"), False),
        ("", (), False),
    ],
)
def test_it_knows_the_names_that_spark_has_given(
    files: Callable[..., list[Path]], reader: Any, header: str, names: tuple[str, ...], expected: bool
) -> None:
    found = files(header)
    assert csv_headers.renamed(columns(*names), found, WITH_HEADER, reader) is expected
    assert not csv_headers.renamed(columns(*names), found, {}, reader)
    assert not csv_headers.renamed(columns(*names), [], WITH_HEADER, reader)


def test_headers_that_differ_are_named(files: Callable[..., list[Path]], reader: Any) -> None:
    csv_headers.check_alike(files("id,id", "ID,id", "id,id"), WITH_HEADER, reader)
    found = files("id,id", "id,id", "id,,x")
    with pytest.raises(SqlError, match=r"2\.csv: its header is id, '', x, that of 0\.csv is id, id\."):
        csv_headers.check_alike(found, WITH_HEADER, reader)


@pytest.mark.parametrize(
    ("headers", "names", "expected"),
    [
        (("Id,name", "id,Name"), ("id", "Name"), ("Id", "name")),
        (("Id,name", "id,Name"), ("id", "Name", "day"), ("Id", "name", "day")),  # of a folder `day=…`
        (("ID,id,,Name", "id,ID,,name"), ("id0", "ID1", "_c2", "name"), ("ID0", "id1", "_c2", "Name")),
        (("a,b", "A,other"), ("A", "other"), ("a", "other")),  # refused when it is read
        (("a,b,c", "A"), ("A",), ("a",)),
        (("Id,name",), ("id", "Name"), ("id", "Name")),
    ],
)
def test_columns_are_spelled_as_in_the_first_file(
    files: Callable[..., list[Path]],
    reader: Any,
    headers: tuple[str, ...],
    names: tuple[str, ...],
    expected: tuple[str, ...],
) -> None:
    found = files(*headers)
    assert csv_headers.spelled(columns(*names), found, WITH_HEADER, reader, False) == columns(*expected)
    assert csv_headers.spelled(columns(*names), found, {}, reader, True) == columns(*names)


def test_types_that_a_header_in_another_case_has_spoilt_are_refused(
    files: Callable[..., list[Path]], reader: Any
) -> None:
    found = files("Id,name", "Id,name", "id,Name")
    with pytest.raises(SqlError, match=r"2\.csv: its header is id, Name, that of 0\.csv is Id, name; types"):
        csv_headers.spelled(columns("Id", "name"), found, WITH_HEADER, reader, True)
    assert csv_headers.spelled(columns("Id", "name"), found[:2], WITH_HEADER, reader, True)


def test_types_stay_where_the_spelling_changes(files: Callable[..., list[Path]], reader: Any) -> None:
    kind = t.StructType([t.StructField("ID", t.LongType(), False, {"comment": "Key."})])
    (found,) = csv_headers.spelled(kind, files("id", "ID"), WITH_HEADER, reader, True)
    assert found == t.StructField("id", t.LongType(), False, {"comment": "Key."})


def test_a_header_is_read_as_the_rows_are(files: Callable[..., list[Path]], reader: Any) -> None:
    options = {"header": "true", "sep": ";", "mode": "FAILFAST", "inferSchema": "true"}
    assert csv_headers.renamed(columns("a0", "a1"), files("a;a"), options, reader)
    given = cast(Reader, reader).given
    assert (given["header"], given["inferSchema"], "mode" in given) == ("false", "false", False)
