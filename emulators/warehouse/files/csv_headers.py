"""Headers of CSV files: each is that of the first, and Spark renames columns without a name of their own.

Spark takes the columns of CSV by their place. With `enforceSchema => false` it refuses a file whose header
has other names than the columns; but it also refuses names that it has given itself: to those that come
twice (`id, id` is `id0, id1`) and to empty ones (`_c0`). Then the headers are compared here.
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


def _is_header(options: Mapping[str, str]) -> bool:
    return any(name.lower() == "header" and value.lower() == "true" for name, value in options.items())


def _is_plain(header: Header) -> bool:
    names = [each.lower() for each in header]
    return "" not in names and len(set(names)) == len(names)


def _shown(header: Header) -> str:
    return ", ".join(each or "''" for each in header) or "empty"
