"""Results of statements: rows as Arrow, the types a driver is told, and pages of bounded size."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everyone gives it
from pyspark.sql import types as t
from pyspark.sql.pandas.types import to_arrow_schema

from emulators.warehouse.thrift import ttypes

ROWS_PER_BATCH = 65_536
SQL_NAME = b"Spark:DataType:SqlName"
"""Arrow field metadata in which Databricks names the SQL type; drivers read VARIANT from it."""

AFFECTED_ROWS = "num_affected_rows"

_TYPE_IDS: dict[type[t.DataType], int] = {
    t.BooleanType: ttypes.TTypeId.BOOLEAN_TYPE,
    t.ByteType: ttypes.TTypeId.TINYINT_TYPE,
    t.ShortType: ttypes.TTypeId.SMALLINT_TYPE,
    t.IntegerType: ttypes.TTypeId.INT_TYPE,
    t.LongType: ttypes.TTypeId.BIGINT_TYPE,
    t.FloatType: ttypes.TTypeId.FLOAT_TYPE,
    t.DoubleType: ttypes.TTypeId.DOUBLE_TYPE,
    t.DecimalType: ttypes.TTypeId.DECIMAL_TYPE,
    t.StringType: ttypes.TTypeId.STRING_TYPE,
    t.CharType: ttypes.TTypeId.STRING_TYPE,
    t.VarcharType: ttypes.TTypeId.STRING_TYPE,
    t.BinaryType: ttypes.TTypeId.BINARY_TYPE,
    t.DateType: ttypes.TTypeId.DATE_TYPE,
    t.TimestampType: ttypes.TTypeId.TIMESTAMP_TYPE,
    t.TimestampNTZType: ttypes.TTypeId.TIMESTAMP_TYPE,
    t.ArrayType: ttypes.TTypeId.ARRAY_TYPE,
    t.MapType: ttypes.TTypeId.MAP_TYPE,
    t.StructType: ttypes.TTypeId.STRUCT_TYPE,
    t.NullType: ttypes.TTypeId.NULL_TYPE,
    t.YearMonthIntervalType: ttypes.TTypeId.INTERVAL_YEAR_MONTH_TYPE,
    t.DayTimeIntervalType: ttypes.TTypeId.INTERVAL_DAY_TIME_TYPE,
}

_SENT_AS_TEXT = (t.YearMonthIntervalType, t.DayTimeIntervalType, t.CalendarIntervalType, t.VariantType)
"""Types that travel as strings: no Arrow type of theirs is read by every driver."""


@dataclass(frozen=True)
class Column:
    """One column of a result as the driver is told: its name and Spark type."""

    name: str
    type: t.DataType

    def describe(self, position: int) -> Any:
        """The Thrift description; every type is a primitive entry, as on Databricks."""
        type_id = _TYPE_IDS.get(type(self.type), ttypes.TTypeId.STRING_TYPE)
        qualifiers = None
        if isinstance(self.type, t.DecimalType):
            qualifiers = ttypes.TTypeQualifiers(
                qualifiers={
                    "precision": ttypes.TTypeQualifierValue(i32Value=self.type.precision),
                    "scale": ttypes.TTypeQualifierValue(i32Value=self.type.scale),
                }
            )
        entry = ttypes.TTypeEntry(
            primitiveEntry=ttypes.TPrimitiveTypeEntry(type=type_id, typeQualifiers=qualifiers)
        )
        return ttypes.TColumnDesc(
            columnName=self.name,
            typeDesc=ttypes.TTypeDesc(types=[entry]),
            position=position,
            comment="",
        )


class ResultSet:
    """The rows of one statement, handed out once from the first to the last.

    Args:
        columns: what the driver is told of each column.
        table: the rows; one Arrow column per column.
    """

    def __init__(self, columns: Sequence[Column], table: pa.Table) -> None:
        self.columns = list(columns)
        self._schema = table.schema
        self._batches = [each for each in table.to_batches(max_chunksize=ROWS_PER_BATCH) if each.num_rows]
        self._batch = 0
        self._row = 0
        self._sent = 0
        self._lock = threading.Lock()
        self.row_count = table.num_rows
        self.affected_rows = _affected_rows(table)

    @property
    def is_exhausted(self) -> bool:
        """Whether every row has been handed out."""
        return self._batch >= len(self._batches)

    def metadata(self) -> Any:
        """The Thrift answer that describes the columns."""
        return ttypes.TGetResultSetMetadataResp(
            status=ttypes.TStatus(statusCode=ttypes.TStatusCode.SUCCESS_STATUS),
            schema=ttypes.TTableSchema(
                columns=[each.describe(index + 1) for index, each in enumerate(self.columns)]
            ),
            resultFormat=ttypes.TSparkRowSetType.ARROW_BASED_SET,
            lz4Compressed=False,
            arrowSchema=self._schema.serialize().to_pybytes(),
            isStagingOperation=False,
        )

    def next_page(self, max_rows: int, max_bytes: int) -> Any:
        """The next rows as a Thrift row set: at most `max_rows`, and about `max_bytes` but at least a row."""
        with self._lock:
            start, rows_left, bytes_left = self._sent, max_rows or self.row_count, max_bytes or 1 << 62
            batches: list[Any] = []
            while rows_left > 0 and not self.is_exhausted:
                batch = self._batches[self._batch].slice(self._row)
                row_size = max(1, batch.nbytes // batch.num_rows)
                fitting = bytes_left // row_size
                if fitting < 1 and batches:
                    break
                batch = batch.slice(0, min(rows_left, max(1, fitting)))
                batches.append(
                    ttypes.TSparkArrowBatch(batch=batch.serialize().to_pybytes(), rowCount=batch.num_rows)
                )
                rows_left -= batch.num_rows
                bytes_left -= batch.num_rows * row_size
                self._sent += batch.num_rows
                self._row += batch.num_rows
                if self._row >= self._batches[self._batch].num_rows:
                    self._batch, self._row = self._batch + 1, 0
            return ttypes.TRowSet(startRowOffset=start, rows=[], arrowBatches=batches)


def from_dataframe(frame: DataFrame, limit: int | None = None) -> ResultSet:
    """Run a query and take its rows."""
    columns = [Column(each.name, each.dataType) for each in frame.schema]
    if limit is not None:
        frame = frame.limit(limit)
    if any(_contains(each.type, _SENT_AS_TEXT) for each in columns):
        frame = frame.toDF(*[f"c{index}" for index in range(len(columns))]).select(
            [_as_text(f"c{index}", each.type) for index, each in enumerate(columns)]
        )
    return ResultSet(columns, _with_fields(columns, frame.toArrow()))


def from_command(frame: DataFrame) -> ResultSet:
    """Take the rows of a command, which Spark has already run and holds: no job is started for them."""
    columns = [Column(each.name, each.dataType) for each in frame.schema]
    if not columns:
        return empty()
    try:
        return from_rows(columns, [tuple(row) for row in frame.collect()])
    except (pa.ArrowInvalid, pa.ArrowTypeError, NotImplementedError):  # maps, intervals: Spark converts them
        return from_dataframe(frame)


def from_rows(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> ResultSet:
    """A result of rows that are already here."""
    columns = list(columns)
    schema = _arrow_schema(columns)
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pa.array(list(each), type=field.type) for each, field in zip(values, schema, strict=True)]
    return ResultSet(columns, _with_fields(columns, pa.Table.from_arrays(arrays, schema=schema)))


def empty() -> ResultSet:
    """The result of a statement that returns nothing."""
    return ResultSet([], pa.table({}))


def _arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    fields = [
        t.StructField(each.name, t.StringType() if _contains(each.type, _SENT_AS_TEXT) else each.type)
        for each in columns
    ]
    return to_arrow_schema(t.StructType(fields), timezone="UTC")


def _with_fields(columns: Sequence[Column], table: pa.Table) -> pa.Table:
    """The table under the columns' own names, each field telling its SQL type as Databricks does."""
    fields = [
        pa.field(each.name, field.type, field.nullable, {SQL_NAME: each.type.simpleString().upper().encode()})
        for each, field in zip(columns, table.schema, strict=True)
    ]
    return pa.Table.from_arrays(table.columns, schema=pa.schema(fields))


def _affected_rows(table: pa.Table) -> int | None:
    if AFFECTED_ROWS not in table.column_names or table.num_rows != 1:
        return None
    return int(table[AFFECTED_ROWS][0].as_py() or 0)


def _contains(kind: t.DataType, wanted: tuple[type[t.DataType], ...]) -> bool:
    if isinstance(kind, wanted):
        return True
    if isinstance(kind, t.ArrayType):
        return _contains(kind.elementType, wanted)
    if isinstance(kind, t.MapType):
        return _contains(kind.keyType, wanted) or _contains(kind.valueType, wanted)
    if isinstance(kind, t.StructType):
        return any(_contains(each.dataType, wanted) for each in kind)
    return False


def _as_text(name: str, kind: t.DataType) -> Any:
    """The column, cast in Spark where its type travels as a string: `1-2`, `1 02:03:04.000000000`, JSON."""
    column = F.col(name)
    if isinstance(kind, t.YearMonthIntervalType):
        text = F.regexp_extract(column.cast("interval year to month").cast("string"), "'(.*)'", 1)
        return F.when(column.isNotNull(), text).alias(name)
    if isinstance(kind, t.DayTimeIntervalType):
        text = F.regexp_extract(
            column.cast("interval day to second").cast("string"), "'([^.]*)(\\.(.*))?'", 1
        )
        part = F.regexp_extract(
            column.cast("interval day to second").cast("string"), "'([^.]*)(\\.(.*))?'", 3
        )
        return F.when(column.isNotNull(), F.concat(text, F.lit("."), F.rpad(part, 9, "0"))).alias(name)
    if isinstance(kind, t.CalendarIntervalType):
        return column.cast("string").alias(name)
    return F.to_json(column).alias(name) if _contains(kind, _SENT_AS_TEXT) else column
