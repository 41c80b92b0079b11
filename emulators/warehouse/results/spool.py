"""Rows of a result in files: the tasks that compute them write them, so no process ever holds them all."""

from __future__ import annotations

import shutil
import uuid
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame

FOLDER = "results"
"""Below Spark's scratch folder, which is emptied at each start."""

INDEX = "partition int, file string, position bigint, size bigint, row_count bigint"
"""What a task tells of each batch that it wrote."""


SMALL_BYTES = 1 << 20
SMALL_INPUT_BYTES = 64 << 10

ROWS_PER_BATCH = 16_384
WIDE_BYTES = 64 << 20
"""A batch of so many rows beyond so many bytes has wide rows: then Spark is to bound batches by bytes. It
measures them after every row, which costs as much as all the rest, so it is told to only then."""

TOO_WIDE = "rows are too wide for batches without a bound"
BOUND = "spark.sql.execution.arrow.maxBytesPerBatch"
UNBOUND = str((1 << 31) - 1)
BOUNDED_BYTES = 16 << 20


class Size(Enum):
    """How large a result is before it is computed."""

    BOUNDED = auto()
    """Surely few rows."""
    SMALL = auto()
    """Few rows, as far as can be told."""
    LARGE = auto()


@dataclass(frozen=True)
class Chunk:
    """One Arrow batch, as a message in a file."""

    file: Path
    position: int
    size: int
    num_rows: int

    def message(self) -> bytes:
        """The batch as a message of an Arrow stream."""
        with self.file.open("rb") as file:
            file.seek(self.position)
            return file.read(self.size)

    def read(self, schema: pa.Schema) -> pa.RecordBatch:
        """The batch; its fields are taken from the schema in their order."""
        return pa.ipc.read_record_batch(pa.py_buffer(self.message()), schema)


class Spool:
    """The folder of one result's files; it goes when the spool is closed or forgotten."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._remove = weakref.finalize(self, shutil.rmtree, str(folder), ignore_errors=True)

    def collect(self, frame: DataFrame) -> list[Chunk]:
        """Run a query; its rows are in files then, in the order of the query."""
        # PySpark reads names as expressions here: a name with a dot is not found.
        plain = frame.toDF(*[f"c{index}" for index in range(len(frame.columns))])
        try:
            index = plain.mapInArrow(_writer(str(self._folder), is_bounded=False), INDEX).toArrow()
        except Exception as error:
            if TOO_WIDE not in str(error) and not is_too_large(error):
                raise
            for each in self._folder.iterdir():
                each.unlink()
            with _bounded_batches(frame):
                index = plain.mapInArrow(_writer(str(self._folder), is_bounded=True), INDEX).toArrow()
        rows = sorted(zip(*(each.to_pylist() for each in index.columns), strict=True))
        return [Chunk(self._folder / file, position, size, count) for _, file, position, size, count in rows]

    def close(self) -> None:
        """Remove the files."""
        self._remove()


def is_too_large(error: Exception) -> bool:
    """Whether a query failed because what Spark held of its rows was more than it may or can hold."""
    return any(each in str(error) for each in ("spark.driver.maxResultSize", "OutOfMemory"))


def of(frame: DataFrame) -> Spool:
    """A spool in the scratch folder of a query's session."""
    scratch = frame.sparkSession.sparkContext.getConf().get("spark.local.dir")
    if scratch is None:
        raise ValueError("spark.local.dir is not set")
    return Spool(Path(scratch) / FOLDER / uuid.uuid4().hex)


def expected_size(frame: DataFrame, rows: int) -> Size:
    """What Spark's optimizer knows and expects of a query's result.

    It takes the rows of a join to be the product of its sides, so the size of what is read counts too.
    """
    plan: Any = frame._jdf.queryExecution().optimizedPlan()
    most = plan.maxRows()
    if most.isDefined() and most.get() <= rows:
        return Size.BOUNDED
    if plan.stats().sizeInBytes() <= SMALL_BYTES:
        return Size.SMALL
    leaves = plan.collectLeaves()
    inputs = sum(_size(leaves.apply(index)) for index in range(leaves.size()))
    return Size.SMALL if inputs <= SMALL_INPUT_BYTES else Size.LARGE


def _size(leaf: Any) -> int:
    """The size of a relation; of rows a client brought along nothing is known, and they are few."""
    return 0 if leaf.nodeName() == "LogicalRDD" else int(leaf.stats().sizeInBytes())


@contextmanager
def _bounded_batches(frame: DataFrame) -> Iterator[None]:
    """Have Spark measure batches meanwhile."""
    conf = frame.sparkSession.conf
    conf.set(BOUND, str(BOUNDED_BYTES))
    try:
        yield
    finally:
        conf.set(BOUND, UNBOUND)


def _writer(folder: str, is_bounded: bool) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What each task does with its batches; it travels to Spark's Python workers whole.

    Raises:
        ValueError: `TOO_WIDE`, unless Spark bounds its batches.
    """

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        context = TaskContext.get()
        partition, attempt = (context.partitionId(), context.taskAttemptId()) if context else (0, 0)
        name = f"{partition}-{attempt}"
        found, position = [], 0
        with Path(folder, name).open("wb") as output:
            for batch in batches:
                if batch.nbytes > WIDE_BYTES and not is_bounded:
                    raise ValueError(TOO_WIDE)
                if batch.num_rows:
                    size = output.write(batch.serialize())
                    found.append((partition, name, position, size, batch.num_rows))
                    position += size
        kinds = (pa.int32(), pa.string(), pa.int64(), pa.int64(), pa.int64())
        columns = [pa.array([each[index] for each in found], kind) for index, kind in enumerate(kinds)]
        yield pa.RecordBatch.from_arrays(
            columns, names=["partition", "file", "position", "size", "row_count"]
        )

    return write
