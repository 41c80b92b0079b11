"""Headers of CSV files: each is that of the first, and Spark renames columns without a name of their own.

Spark takes the columns of CSV by their place. With `enforceSchema => false` it refuses a file whose header
has other names than the columns; but it also refuses names that it has given itself: to those that come
twice (`id, id` is `id0, id1`) and to empty ones (`_c0`). Then the headers are compared here.

Headers may differ in the case of letters, as names in SQL do. Columns are spelled as in the first file: Spark
takes the names of the largest, so that they would change with the next one. Where Spark also finds out types,
it takes a header in another case than the first for a row: then every column is text, which is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import types as t

from emulators.warehouse.errors import SqlError

_OPTIONS_OF_ROWS = {"header", "inferschema", "mode", "columnnameofcorruptrecord", "pathglobfilter"}
"""Options that say nothing of how the line of a header is read."""

Header = tuple[str, ...]


def renamed(
    columns: t.StructType, files: Sequence[Path], options: Mapping[str, str], spark: SparkSession
) -> bool:
    """Whether Spark has given names of its own to columns that it has read off files."""
    may_be = any(each.name.endswith(str(place)) for place, each in enumerate(columns))
    return may_be and _is_header(options) and bool(files) and not _is_plain(_header(files[0], options, spark))


def spelled(
    columns: t.StructType,
    files: Sequence[Path],
    options: Mapping[str, str],
    spark: SparkSession,
    is_typed: bool,
) -> t.StructType:
    """Columns that Spark has read off files, in the spelling of the first file's header.

    Args:
        columns: what Spark says.
        files: all that it has read.
        options: how.
        spark: reads headers.
        is_typed: whether the types were told from the rows.

    Raises:
        SqlError: they were, and may be wrong, as headers differ in case.
    """
    if len(files) < 2 or not _is_header(options):
        return columns
    header = _header(files[0], options, spark)
    if is_typed and all(isinstance(each.dataType, t.StringType) for each in columns):
        _check_case(header, files, options, spark)
    found = [
        t.StructField(_spelled(each.name, name, place), each.dataType, each.nullable, each.metadata)
        for place, (each, name) in enumerate(zip(columns, header, strict=False))
    ]
    return t.StructType([*found, *columns.fields[len(found) :]])


def check_alike(files: Sequence[Path], options: Mapping[str, str], spark: SparkSession) -> None:
    """Refuse files whose headers differ, in whatever but the case of letters.

    Raises:
        SqlError: two of them do.
    """
    first = _header(files[0], options, spark)
    for each in files[1:]:
        other = _header(each, options, spark)
        if [name.lower() for name in other] != [name.lower() for name in first]:
            raise SqlError(
                "FAILED_READ_FILE.NO_HINT",
                f"Encountered error while reading file {each}: its header is {_shown(other)}, that of "
                f"{files[0].name} is {_shown(first)}.",
                "KD001",
            )


def not_kept(path: str) -> SqlError:
    """The error of a stream or view over such files: nobody compares the headers of those that come later."""
    return SqlError(
        "UNSUPPORTED_FEATURE",
        f"The header of CSV files in {path} has a duplicate column name, or one that is empty: a stream or "
        "view of them is not supported by the local SQL warehouse. Name the columns with `schema => '…'`.",
        "0A000",
    )


def _header(file: Path, options: Mapping[str, str], spark: SparkSession) -> Header:
    kept = {name: value for name, value in options.items() if name.lower() not in _OPTIONS_OF_ROWS}
    reader = spark.read.format("csv").options(**kept)
    row = reader.options(header="false", inferSchema="false", __globPaths__="false").load(str(file)).head()
    return tuple(each or "" for each in row) if row else ()


def _check_case(
    first: Header, files: Sequence[Path], options: Mapping[str, str], spark: SparkSession
) -> None:
    for each in files[1:]:
        other = _header(each, options, spark)
        if other != first and [name.lower() for name in other] == [name.lower() for name in first]:
            raise SqlError(
                "FAILED_READ_FILE.NO_HINT",
                f"Encountered error while reading file {each}: its header is {_shown(other)}, that of "
                f"{files[0].name} is {_shown(first)}; types cannot be told from files whose headers differ "
                "in case. Name the columns with `schema => '…'`, or read text: `inferColumnTypes => false`, "
                "in COPY INTO without 'inferSchema'.",
                "KD001",
            )


def _spelled(name: str, in_header: str, place: int) -> str:
    spellings = (in_header, f"{in_header}{place}")
    return next((each for each in spellings if each.lower() == name.lower()), name)


def _is_header(options: Mapping[str, str]) -> bool:
    return any(name.lower() == "header" and value.lower() == "true" for name, value in options.items())


def _is_plain(header: Header) -> bool:
    names = [each.lower() for each in header]
    return "" not in names and len(set(names)) == len(names)


def _shown(header: Header) -> str:
    return ", ".join(each or "''" for each in header) or "empty"
