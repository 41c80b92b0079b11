"""Results on the wire: Arrow or columns, native or as text, compressed or not, as a client reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import lz4.frame
import pyarrow as pa
from pyspark.sql import types as t

from emulators.warehouse.results import result_links
from emulators.warehouse.results.result_links import Downloads
from emulators.warehouse.results.result_set import Column, Page, ResultSet
from emulators.warehouse.results.texts import as_texts
from emulators.warehouse.thrift_types import ttypes

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

_COMPLEX = (t.ArrayType, t.MapType, t.StructType)
_TIMESTAMPS = (t.TimestampType, t.TimestampNTZType)

END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"
"""What an Arrow stream ends with (Arrow columnar format, IPC streaming format)."""

TIMESTAMP_AS_STRING = "spark.thriftserver.arrowBasedRowSet.timestampAsString"
"""Setting by which clients older than `useArrowNativeTypes` ask for timestamps as text."""


@dataclass(frozen=True)
class Format:
    """How a client reads rows.

    Attributes:
        is_arrow: Arrow batches; otherwise a Thrift column each.
        is_lz4: each Arrow batch as one LZ4 frame.
        is_downloaded: large results as files of Arrow batches behind links.
        as_text: the types that travel as strings; complex ones as JSON.
    """

    is_arrow: bool = True
    is_lz4: bool = False
    is_downloaded: bool = False
    as_text: tuple[type[t.DataType], ...] = ()


COLUMNS = Format(is_arrow=False, as_text=(*_COMPLEX, *_TIMESTAMPS, t.DecimalType, t.DateType))
"""For clients without Arrow, and for the metadata calls of the protocol."""


def format_of(request: Any) -> Format:
    """The format that an `ExecuteStatement` asks for."""
    if not request.canReadArrowResult:
        return COLUMNS
    native = request.useArrowNativeTypes
    as_text: list[type[t.DataType]] = []
    if native is None or not native.complexTypesAsArrow:
        as_text += _COMPLEX
    if native is None or not native.decimalAsArrow:
        as_text.append(t.DecimalType)
    wanted = (request.confOverlay or {}).get(TIMESTAMP_AS_STRING, "false")
    if (native is None and wanted.lower() == "true") or (native and native.timestampAsArrow is False):
        as_text += _TIMESTAMPS
    return Format(
        is_lz4=bool(request.canDecompressLZ4Result),
        is_downloaded=bool(request.canDownloadResult),
        as_text=tuple(as_text),
    )


class Encoder:
    """Writes one result in a client's format.

    Args:
        result: the rows.
        wanted: the format.
        name: what links to its files call the result.
    """

    def __init__(self, result: ResultSet, wanted: Format, name: str = "") -> None:
        self._result = result
        self._format = wanted
        self._texts = [isinstance(each.type, wanted.as_text) for each in result.columns]
        fields = [
            pa.field(each.name, pa.string(), True, each.metadata) if is_text else each
            for each, is_text in zip(result.schema, self._texts, strict=True)
        ]
        self._schema = pa.schema(fields)
        chunks = result.spooled if wanted.is_downloaded else []
        self._downloads = Downloads(chunks, name) if result_links.are_worth(chunks) else None

    @property
    def is_downloaded(self) -> bool:
        """Whether the client gets links instead of rows: then the result is needed until it is closed."""
        return self._downloads is not None

    def metadata(self) -> Any:
        """The Thrift answer that describes the columns."""
        return ttypes.TGetResultSetMetadataResp(
            status=ttypes.TStatus(statusCode=ttypes.TStatusCode.SUCCESS_STATUS),
            schema=ttypes.TTableSchema(
                columns=[describe(each, index + 1) for index, each in enumerate(self._result.columns)]
            ),
            resultFormat=self._row_set_type(),
            lz4Compressed=self._format.is_lz4,
            arrowSchema=self._schema.serialize().to_pybytes() if self._format.is_arrow else None,
            isStagingOperation=self._result.is_staging_operation,
        )

    def next_rows(self, max_rows: int, max_bytes: int) -> tuple[Any, bool]:
        """The next rows, or links to them, as a Thrift row set, and whether there are more; 0 is no limit."""
        if self._downloads:
            return self._downloads.next_links()
        page = self._result.next_page(max_rows, max_bytes)
        return self._row_set(page), not self._result.is_exhausted

    def file(self, number: int) -> bytes:
        """What is behind a link: an Arrow stream, as one LZ4 frame if the client wants that.

        Raises:
            LookupError: there is no such file.
            OSError: the result has been closed.
        """
        if self._downloads is None or number < 0:
            raise LookupError(number)
        chunks = self._downloads.files[number].chunks
        if any(self._texts):
            messages = [self._converted(each.read(self._result.schema)).serialize() for each in chunks]
        else:
            messages = [each.message() for each in chunks]
        return self._compressed(b"".join((self._schema.serialize(), *messages, END_OF_STREAM)))

    def _row_set_type(self) -> Any:
        if self._downloads:
            return ttypes.TSparkRowSetType.URL_BASED_SET
        if self._format.is_arrow:
            return ttypes.TSparkRowSetType.ARROW_BASED_SET
        return ttypes.TSparkRowSetType.COLUMN_BASED_SET

    def _row_set(self, page: Page) -> Any:
        batches = [self._converted(each) for each in page.batches]
        if self._format.is_arrow:
            return ttypes.TRowSet(
                startRowOffset=page.start,
                rows=[],
                arrowBatches=[
                    ttypes.TSparkArrowBatch(batch=self._compressed(each.serialize()), rowCount=each.num_rows)
                    for each in batches
                ],
            )
        table = pa.Table.from_batches(batches, schema=self._schema)
        kinds = [each.type for each in self._result.columns]
        columns = [_column(*each) for each in zip(kinds, table.columns, strict=True)]
        return ttypes.TRowSet(startRowOffset=page.start, rows=[], columns=columns, columnCount=len(columns))

    def _converted(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        if not any(self._texts):
            return batch
        arrays = [
            as_texts(array, column.type) if is_text else array
            for array, column, is_text in zip(batch.columns, self._result.columns, self._texts, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)

    def _compressed(self, content: bytes | pa.Buffer) -> bytes:
        if not self._format.is_lz4:
            return bytes(content)
        return bytes(lz4.frame.compress(content, block_linked=False))  # JDBC reads independent blocks alone


def describe(column: Column, position: int) -> Any:
    """The Thrift description of a column; every type is a primitive entry, as on Databricks."""
    type_id = _TYPE_IDS.get(type(column.type), ttypes.TTypeId.STRING_TYPE)
    qualifiers = None
    if isinstance(column.type, t.DecimalType):
        qualifiers = ttypes.TTypeQualifiers(
            qualifiers={
                "precision": ttypes.TTypeQualifierValue(i32Value=column.type.precision),
                "scale": ttypes.TTypeQualifierValue(i32Value=column.type.scale),
            }
        )
    entry = ttypes.TTypeEntry(
        primitiveEntry=ttypes.TPrimitiveTypeEntry(type=type_id, typeQualifiers=qualifiers)
    )
    return ttypes.TColumnDesc(
        columnName=column.name,
        typeDesc=ttypes.TTypeDesc(types=[entry]),
        position=position,
        comment="",
    )


_Column = tuple[str, Callable[..., Any], Any]
_TEXT: _Column = ("stringVal", ttypes.TStringColumn, "")
_COLUMNS: dict[type[t.DataType], _Column] = {
    t.BooleanType: ("boolVal", ttypes.TBoolColumn, False),
    t.ByteType: ("byteVal", ttypes.TByteColumn, 0),
    t.ShortType: ("i16Val", ttypes.TI16Column, 0),
    t.IntegerType: ("i32Val", ttypes.TI32Column, 0),
    t.LongType: ("i64Val", ttypes.TI64Column, 0),
    t.FloatType: ("doubleVal", ttypes.TDoubleColumn, 0.0),
    t.DoubleType: ("doubleVal", ttypes.TDoubleColumn, 0.0),
    t.BinaryType: ("binaryVal", ttypes.TBinaryColumn, b""),
}


def _column(kind: t.DataType, array: pa.ChunkedArray) -> Any:
    """A Thrift column: nulls are bits, and their values anything."""
    name, make, filler = _COLUMNS.get(type(kind), _TEXT)
    values = array.to_pylist()
    nulls = bytearray((len(values) + 7) // 8)
    for index, value in enumerate(values):
        if value is None:
            nulls[index >> 3] |= 1 << (index & 7)
            values[index] = filler
    return ttypes.TColumn(**{name: make(values=values, nulls=bytes(nulls))})
