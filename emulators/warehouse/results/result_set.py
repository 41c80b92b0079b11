"""Results of statements: rows as Arrow, in memory or in files, handed out in pages."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everyone gives it
from pyspark.sql import types as t
from pyspark.sql.pandas.types import to_arrow_schema

from emulators.warehouse.results import spool
from emulators.warehouse.results.sent_types import contains, sent, sent_type, unique
from emulators.warehouse.results.spool import Chunk, Size, Spool
from emulators.warehouse.sql.type_names import sql_name

ROWS_PER_BATCH = 65_536
DRIVER_ROWS = 50_000
"""At most so many rows come through Spark's driver, which holds what it collects."""

MAX_PAGE_BYTES = 32 << 20
"""No page is larger, whatever a client asks for; it holds at least a row."""

SQL_NAME = b"Spark:DataType:SqlName"
"""Arrow field metadata in which Databricks names the SQL type; drivers read VARIANT from it."""

AFFECTED_ROWS = "num_affected_rows"


@dataclass(frozen=True)
class Column:
    """One column of a result as the driver is told: its name and Spark type."""

    name: str
    type: t.DataType


@dataclass(frozen=True)
class Page:
    """Some rows of a result, in order: where the first of them stands, and their batches."""

    start: int
    batches: list[pa.RecordBatch] = field(default_factory=list)


class ResultSet:
    """The rows of one statement, handed out once from the first to the last.

    Args:
        columns: what the driver is told of each column.
        schema: the rows' Arrow schema; one field per column.
        chunks: the rows; batches in memory, or the places of batches in the files of a spool.
        files: the spool; None when all rows are in memory.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        schema: pa.Schema,
        chunks: Sequence[pa.RecordBatch | Chunk],
        files: Spool | None = None,
    ) -> None:
        self.columns = list(columns)
        self.schema = schema
        self._chunks = chunks
        self._files = files
        self._chunk = 0
        self._current: pa.RecordBatch | None = None
        self._row = 0
        self._sent = 0
        self._lock = threading.Lock()
        self.is_staging_operation = False
        """Whether its row tells the driver of a file that it is to send or to fetch."""
        self.row_count = sum(each.num_rows for each in chunks)
        self.affected_rows = _affected_rows(self)

    @property
    def spooled(self) -> list[Chunk]:
        """The places of its batches when they are in files."""
        return [each for each in self._chunks if isinstance(each, Chunk)]

    @property
    def is_exhausted(self) -> bool:
        """Whether every row has been handed out."""
        return self._chunk >= len(self._chunks)

    def next_page(self, max_rows: int = 0, max_bytes: int = 0) -> Page:
        """The next rows: at most `max_rows`, and about `max_bytes` but at least a row; 0 is no limit."""
        with self._lock:
            page = Page(self._sent)
            rows_left = max_rows or self.row_count
            bytes_left = min(max_bytes or MAX_PAGE_BYTES, MAX_PAGE_BYTES)
            while rows_left > 0 and not self.is_exhausted:
                batch = self._load().slice(self._row)
                row_size = max(1, batch.nbytes // batch.num_rows)
                fitting = bytes_left // row_size
                if fitting < 1 and page.batches:
                    break
                batch = batch.slice(0, min(rows_left, max(1, fitting)))
                page.batches.append(batch)
                rows_left -= batch.num_rows
                bytes_left -= batch.num_rows * row_size
                self._advance(batch.num_rows)
            return page

    def close(self) -> None:
        """Let the rows go."""
        with self._lock:
            self._chunks, self._chunk, self._current = [], 0, None
            if self._files:
                self._files.close()

    def _load(self) -> pa.RecordBatch:
        if self._current is None:
            chunk = self._chunks[self._chunk]
            self._current = chunk.read(self.schema) if isinstance(chunk, Chunk) else chunk
        return self._current

    def _advance(self, rows: int) -> None:
        self._sent += rows
        self._row += rows
        if self._row >= self._chunks[self._chunk].num_rows:
            self._chunk, self._row, self._current = self._chunk + 1, 0, None


def from_dataframe(frame: DataFrame, limit: int | None = None) -> ResultSet:
    """Run a query and take its rows.

    The driver holds what it collects, so rows go that way only when they are few: Spark knows or expects so,
    and a limit makes sure. The tasks of any other query write them to files themselves, batch by batch.
    """
    columns = [Column(each.name, each.dataType) for each in frame.schema]
    if limit is not None:
        frame = frame.limit(limit)
    if _needs_names(columns):
        names = [f"c{index}" for index in range(len(columns))]
        frame = frame.toDF(*names)
        sent_columns = [sent(F.col(name), each.type) for name, each in zip(names, columns, strict=True)]
        frame = frame.select([each.alias(name) for name, each in zip(names, sent_columns, strict=True)])
    schema = _named(columns, to_arrow_schema(frame.schema, timezone=_zone(frame, columns)))
    expected = spool.expected_size(frame, DRIVER_ROWS)
    if expected is not Size.LARGE:
        try:
            few = frame if expected is Size.BOUNDED else frame.limit(DRIVER_ROWS + 1)
            table = few.toArrow()
            if table.num_rows <= DRIVER_ROWS:
                return _from_table(columns, table, schema)
        except Exception as error:
            if not spool.is_too_large(error):
                raise
    files = spool.of(frame)
    try:
        chunks = files.collect(frame)
    except BaseException:
        files.close()
        raise
    return ResultSet(columns, schema, chunks, files)


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
    return _from_table(columns, pa.Table.from_arrays(arrays, schema=schema), _named(columns, schema))


def empty() -> ResultSet:
    """The result of a statement that returns nothing."""
    return ResultSet([], pa.schema([]), [])


def _from_table(columns: Sequence[Column], table: pa.Table, schema: pa.Schema) -> ResultSet:
    arrays = table.rename_columns(schema.names).cast(schema)
    batches = [each for each in arrays.to_batches(max_chunksize=ROWS_PER_BATCH) if each.num_rows]
    return ResultSet(columns, schema, batches)


def _zone(frame: DataFrame, columns: Sequence[Column]) -> str:
    """The time zone in which a client is shown timestamps: its session's."""
    if not any(contains(each.type, (t.TimestampType,)) for each in columns):
        return "UTC"
    return str(frame.sparkSession.conf.get("spark.sql.session.timeZone"))


def _needs_names(columns: Sequence[Column]) -> bool:
    """Whether columns must be called `c0`, `c1`, … on their way: two share a name, or one is converted."""
    names = {each.name.lower() for each in columns}
    return len(names) < len(columns) or any(sent_type(each.type) != each.type for each in columns)


def _arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    fields = [t.StructField(f"c{index}", sent_type(each.type)) for index, each in enumerate(columns)]
    return to_arrow_schema(t.StructType(fields), timezone="UTC")


def _named(columns: Sequence[Column], schema: pa.Schema) -> pa.Schema:
    """The schema under the columns' own names, each field telling its SQL type as Databricks does.

    Clients name columns by what they are told beside the schema; in it a name that comes twice is made
    unique.
    """
    names = unique(each.name for each in columns)
    metadata = [{SQL_NAME: sql_name(each.type).encode()} for each in columns]
    return pa.schema(
        [
            pa.field(name, given.type, True, its)
            for name, given, its in zip(names, schema, metadata, strict=True)
        ]
    )


def _affected_rows(result: ResultSet) -> int | None:
    if result.row_count != 1 or AFFECTED_ROWS not in result.schema.names:
        return None
    return int(result._load()[AFFECTED_ROWS][0].as_py() or 0)
