from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import types as t

from emulators.warehouse.results import Column, ResultSet, empty, from_rows
from emulators.warehouse.thrift import ttypes


def rows_of(result: ResultSet, max_rows: int = 0, max_bytes: int = 0) -> list[tuple[int, list[Any]]]:
    """Every page as a driver reads it: its offset and its rows."""
    schema = result.metadata().arrowSchema
    pages = []
    while True:
        page = result.next_page(max_rows, max_bytes)
        stream = schema + b"".join(each.batch for each in page.arrowBatches)
        table = pa.ipc.open_stream(stream).read_all()
        assert sum(each.rowCount for each in page.arrowBatches) == table.num_rows
        pages.append((page.startRowOffset, [tuple(row.values()) for row in table.to_pylist()]))
        if result.is_exhausted:
            return pages


def test_rows_come_back_as_they_went_in() -> None:
    columns = [
        Column("s", t.StringType()),
        Column("d", t.DecimalType(12, 2)),
        Column("at", t.TimestampType()),
        Column("local", t.TimestampNTZType()),
        Column("on", t.DateType()),
        Column("b", t.BinaryType()),
        Column("a", t.ArrayType(t.LongType())),
        Column("v", t.VariantType()),
    ]
    row = (
        "x",
        Decimal("1.50"),
        datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        datetime(2024, 1, 2, 3, 4, 5),
        date(2024, 1, 2),
        b"\x00\xff",
        [1, 2],
        '{"a":1}',
    )

    result = from_rows(columns, [row, (None,) * 8])

    assert rows_of(result) == [(0, [row, (None,) * 8])]


def test_a_result_without_rows_keeps_its_columns() -> None:
    result = from_rows([Column("n", t.LongType())], [])

    assert result.is_exhausted
    assert [each.columnName for each in result.metadata().schema.columns] == ["n"]
    assert rows_of(result) == [(0, [])]
    assert empty().metadata().schema.columns == []


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_pages_hold_at_most_so_many_rows(size: int) -> None:
    result = from_rows([Column("n", t.LongType())], [(number,) for number in range(7)])

    pages = rows_of(result, max_rows=size)

    assert all(len(rows) <= size for _, rows in pages)
    assert [offset for offset, _ in pages] == list(range(0, 7, size))
    assert [row[0] for _, rows in pages for row in rows] == list(range(7))


def test_pages_hold_about_so_many_bytes_and_at_least_a_row() -> None:
    result = from_rows([Column("s", t.StringType())], [("x" * 1000,) for _ in range(10)])

    pages = rows_of(result, max_bytes=3000)

    assert [len(rows) for _, rows in pages] == [2, 2, 2, 2, 2]
    assert len(rows_of(from_rows([Column("s", t.StringType())], [("x" * 1000,)]), max_bytes=1)) == 1


def test_decimals_tell_precision_and_scale() -> None:
    description = Column("d", t.DecimalType(12, 2)).describe(1)

    entry = description.typeDesc.types[0].primitiveEntry
    assert entry.type == ttypes.TTypeId.DECIMAL_TYPE
    assert {name: value.i32Value for name, value in entry.typeQualifiers.qualifiers.items()} == {
        "precision": 12,
        "scale": 2,
    }


def test_a_variant_is_named_in_the_arrow_schema() -> None:
    metadata = from_rows([Column("v", t.VariantType())], []).metadata()

    field = pa.ipc.read_schema(pa.py_buffer(metadata.arrowSchema)).field("v")
    assert field.type == pa.string()
    assert field.metadata[b"Spark:DataType:SqlName"] == b"VARIANT"


def test_affected_rows_are_read_from_the_row_that_says_them() -> None:
    columns = [Column("num_affected_rows", t.LongType()), Column("num_inserted_rows", t.LongType())]

    assert from_rows(columns, [(3, 2)]).affected_rows == 3
    assert from_rows([Column("n", t.LongType())], [(3,)]).affected_rows is None
