from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import lz4.frame
import pyarrow as pa
import pytest
from pyspark.sql import types as t

from emulators.warehouse.results.encoding import COLUMNS, Encoder, Format, describe, format_of
from emulators.warehouse.results.result_set import Column, ResultSet, empty, from_rows
from emulators.warehouse.results.spool import Chunk
from emulators.warehouse.thrift_types import ttypes

NATIVE = Format()


def rows_of(
    result: ResultSet, max_rows: int = 0, max_bytes: int = 0, wanted: Format = NATIVE
) -> list[tuple[int, list[Any]]]:
    """Every page as a driver reads it: its offset and its rows."""
    encoder = Encoder(result, wanted)
    schema = encoder.metadata().arrowSchema
    assert encoder.metadata().lz4Compressed is wanted.is_lz4
    pages = []
    has_more = True
    while has_more:
        page, has_more = encoder.next_rows(max_rows, max_bytes)
        batches = [
            lz4.frame.decompress(each.batch) if wanted.is_lz4 else each.batch for each in page.arrowBatches
        ]
        table = pa.ipc.open_stream(schema + b"".join(batches)).read_all()
        assert sum(each.rowCount for each in page.arrowBatches) == table.num_rows
        pages.append((page.startRowOffset, [tuple(row.values()) for row in table.to_pylist()]))
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
    assert [each.columnName for each in Encoder(result, NATIVE).metadata().schema.columns] == ["n"]
    assert rows_of(result) == [(0, [])]
    assert Encoder(empty(), NATIVE).metadata().schema.columns == []


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
    description = describe(Column("d", t.DecimalType(12, 2)), 1)

    entry = description.typeDesc.types[0].primitiveEntry
    assert entry.type == ttypes.TTypeId.DECIMAL_TYPE
    assert {name: value.i32Value for name, value in entry.typeQualifiers.qualifiers.items()} == {
        "precision": 12,
        "scale": 2,
    }


def test_a_variant_is_named_in_the_arrow_schema() -> None:
    metadata = Encoder(from_rows([Column("v", t.VariantType())], []), NATIVE).metadata()

    field = pa.ipc.read_schema(pa.py_buffer(metadata.arrowSchema)).field("v")
    assert field.type == pa.string()
    assert field.metadata[b"Spark:DataType:SqlName"] == b"VARIANT"


def test_affected_rows_are_read_from_the_row_that_says_them() -> None:
    columns = [Column("num_affected_rows", t.LongType()), Column("num_inserted_rows", t.LongType())]

    assert from_rows(columns, [(3, 2)]).affected_rows == 3
    assert from_rows([Column("n", t.LongType())], [(3,)]).affected_rows is None


def test_a_name_that_comes_twice_is_told_as_it_is_and_unique_in_arrow() -> None:
    columns = [Column(name, t.LongType()) for name in ("a", "a", "A")]
    metadata = Encoder(from_rows(columns, [(1, 2, 3)]), NATIVE).metadata()

    assert [each.columnName for each in metadata.schema.columns] == ["a", "a", "A"]
    assert pa.ipc.read_schema(pa.py_buffer(metadata.arrowSchema)).names == ["a", "a_1", "A"]


def test_batches_are_lz4_frames_when_the_client_asks() -> None:
    result = from_rows([Column("s", t.StringType())], [("x" * 1000,)] * 10)

    assert rows_of(result, 4, wanted=Format(is_lz4=True))[1] == (4, [("x" * 1000,)] * 4)


def test_pages_are_cut_from_batches_in_files(tmp_path: Path) -> None:
    schema = pa.schema([pa.field("n", pa.int64())])
    chunks, position = [], 0
    with (tmp_path / "rows").open("wb") as file:
        for start in range(0, 30, 10):
            batch = pa.RecordBatch.from_arrays(
                [pa.array(range(start, start + 10), pa.int64())], schema=schema
            )
            size = file.write(batch.serialize())
            chunks.append(Chunk(tmp_path / "rows", position, size, 10))
            position += size

    result = ResultSet([Column("n", t.LongType())], schema, chunks)

    assert rows_of(result, max_rows=12) == [
        (0, [(n,) for n in range(12)]),
        (12, [(n,) for n in range(12, 24)]),
        (24, [(n,) for n in range(24, 30)]),
    ]
    result.close()
    assert result.is_exhausted


NESTED = t.StructType(
    [
        t.StructField("d", t.DecimalType(5, 2)),
        t.StructField("m", t.MapType(t.IntegerType(), t.TimestampType())),
        t.StructField("a", t.ArrayType(t.StringType())),
        t.StructField("b", t.BooleanType()),
    ]
)


def test_what_a_client_does_not_read_natively_travels_as_text() -> None:
    at = datetime(2024, 1, 2, 3, 4, 5, 120000, tzinfo=UTC)
    columns = [Column("s", NESTED), Column("d", t.DecimalType(5, 2)), Column("at", t.TimestampType())]
    row = ({"d": Decimal("1.50"), "m": [(1, at)], "a": ["ü", None], "b": True}, Decimal("2.50"), at)

    result = from_rows(columns, [row, (None, None, None)])

    text = '{"d":1.50,"m":{"1":"2024-01-02 03:04:05.12"},"a":["ü",null],"b":true}'
    wanted = Format(as_text=(t.StructType, t.DecimalType, t.TimestampType))
    assert rows_of(result, wanted=wanted) == [
        (0, [(text, "2.50", "2024-01-02 03:04:05.12"), (None, None, None)])
    ]


def test_a_client_without_arrow_gets_columns() -> None:
    columns = [
        Column("i", t.IntegerType()),
        Column("b", t.BooleanType()),
        Column("d", t.DateType()),
        Column("x", t.BinaryType()),
        Column("n", t.NullType()),
        Column("f", t.FloatType()),
    ]
    rows = [(1, True, date(2024, 1, 2), b"\x00", None, 0.5), (None,) * 6]

    encoder = Encoder(from_rows(columns, rows), COLUMNS)
    page, has_more = encoder.next_rows(0, 0)

    assert (encoder.metadata().resultFormat, has_more) == (ttypes.TSparkRowSetType.COLUMN_BASED_SET, False)
    values = [
        page.columns[0].i32Val,
        page.columns[1].boolVal,
        page.columns[2].stringVal,
        page.columns[3].binaryVal,
        page.columns[4].stringVal,
        page.columns[5].doubleVal,
    ]
    assert [each.values[0] for each in values] == [1, True, "2024-01-02", b"\x00", "", 0.5]
    assert [each.nulls for each in values] == [b"\x02", b"\x02", b"\x02", b"\x02", b"\x03", b"\x02"]


def test_a_client_says_what_it_reads() -> None:
    def request(**given: Any) -> Any:
        return ttypes.TExecuteStatementReq(canReadArrowResult=True, **given)

    native = ttypes.TSparkArrowTypes(timestampAsArrow=True, decimalAsArrow=True, complexTypesAsArrow=False)
    assert format_of(ttypes.TExecuteStatementReq()) == COLUMNS
    assert format_of(request(useArrowNativeTypes=native, canDecompressLZ4Result=True)) == Format(
        is_lz4=True, as_text=(t.ArrayType, t.MapType, t.StructType)
    )
    assert t.DecimalType in format_of(request()).as_text
    text = {"spark.thriftserver.arrowBasedRowSet.timestampAsString": "true"}
    assert t.TimestampType in format_of(request(confOverlay=text)).as_text
