"""Files that statements read: where they are, and how Spark's readers are told to take them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import types as t

from emulators.warehouse.catalog import local_path
from emulators.warehouse.errors import SqlError, unsupported
from emulators.warehouse.statements import ReadFiles
from emulators.warehouse.volumes import Volumes, is_in_volume, path_not_found

_FORMATS = {
    "avro": "avro",
    "csv": "csv",
    "json": "json",
    "jsonl": "json",
    "ndjson": "json",
    "orc": "orc",
    "parquet": "parquet",
    "tsv": "csv",
    "txt": "text",
    "xml": "xml",
}
"""Formats by the ends of files' names."""

_COMPRESSED = {".bz2", ".deflate", ".gz", ".lz4", ".snappy", ".zst"}

_INFERRED = {"csv", "json", "xml"}
"""Formats whose columns and types are read off the data."""

_FIXED = {"text", "binaryfile"}
"""Formats whose columns are always the same."""

_GLOB = re.compile(r"[*?\[{]")

RESCUED = "_rescued_data"
_CORRUPT = "_corrupt"
"""What Spark calls the column of malformed records while it reads the columns off."""

_OWN_OPTIONS = {
    "format",
    "schema",
    "schemahints",
    "infercolumntypes",
    "rescueddatacolumn",
    "schemaevolutionmode",
    "includeexistingfiles",
    "usestrictglobber",
}
"""Options of `read_files` that Spark's readers do not have."""


def local(path: str, volumes: Volumes) -> str:
    """The path on this machine, which may hold a glob, behind a path of a statement.

    Raises:
        SqlError: it is in another place, or in a volume that is not there.
    """
    if is_in_volume(path):
        return str(volumes.file_of(path))
    if path.startswith("/"):
        return path
    found = local_path(path)
    if found is None or not found.is_absolute():
        raise unsupported(f"Reading {path}, neither in a volume nor a path of this machine,")
    return str(found)


def found(path: str, spark: SparkSession) -> list[Path]:
    """The files under a path or glob, in every folder below; names that begin with `_` or `.` are hidden."""
    jvm: Any = spark._jvm
    session: Any = spark._jsparkSession
    pattern = jvm.org.apache.hadoop.fs.Path(path)
    system = pattern.getFileSystem(session.sessionState().newHadoopConf())
    files: list[Path] = []
    for status in system.globStatus(pattern) or ():
        each = Path(status.getPath().toUri().getPath())
        inside = sorted(each.rglob("*")) if each.is_dir() else [each]
        files += [file for file in inside if file.is_file() and not _is_hidden(file.relative_to(each))]
    return files


def _is_hidden(path: Path) -> bool:
    return any(each.startswith(("_", ".")) for each in path.parts)


class Reading:
    """How files are to be read, as the options of `read_files` say.

    Args:
        call: the path as written, and the options.
        path: as `local` gives it.
        spark: reads the files where columns are not declared.
        known: columns that keep their types, whatever the files say.

    Raises:
        SqlError: there are no files, or their format cannot be told.
    """

    def __init__(self, call: ReadFiles, path: str, spark: SparkSession, known: t.StructType) -> None:
        self.path = path
        self._known = known
        own = {name.lower(): value for name, value in call.options.items()}
        self._files = found(path, spark)
        if not self._files:
            raise path_not_found(call.path)
        self.format = own.get("format", "").lower() or self._format()
        self.options = {
            name: value for name, value in call.options.items() if name.lower() not in _OWN_OPTIONS
        }
        if "filenamepattern" in own:
            self.options["pathGlobFilter"] = own["filenamepattern"]
        if not self._is_partitioned():
            self.options["recursiveFileLookup"] = "true"
        self.schema = self._schema(own, spark)

    def _is_partitioned(self) -> bool:
        """Whether the folders below the path have the names and values of columns: `day=2026-01-31`."""
        fixed = list(takewhile(lambda part: not _GLOB.search(part), Path(self.path).parts))
        below = (file.parent.parts[len(fixed) :] for file in self._files)
        return any("=" in part for parts in below for part in parts)

    def _format(self) -> str:
        for file in self._files:
            suffixes = [each for each in file.suffixes if each.lower() not in _COMPRESSED]
            if suffixes and (known := _FORMATS.get(suffixes[-1].lower().removeprefix("."))):
                return known
        raise SqlError(
            "REQUIRED_PARAMETER_NOT_FOUND",
            f"Cannot tell the format of {self._files[0].name}: name it with `format => '…'`.",
            "4274K",
        )

    def _schema(self, own: Mapping[str, str], spark: SparkSession) -> t.StructType:
        if "schema" in own:
            schema, is_read_off, rescued = _columns(own["schema"]), False, own.get("rescueddatacolumn")
        else:
            hints = _columns(own.get("schemahints", ""))
            schema, is_read_off = _hinted(self._inferred(own, spark), [*self._known, *hints])
            rescued = own.get("rescueddatacolumn", RESCUED)
        self.read_off = schema
        """The columns without that of rescued data."""
        if rescued and self.format not in _FIXED:
            schema = t.StructType([*schema, t.StructField(rescued, t.StringType())])
        if self.format != "csv" or is_read_off:
            # Without this, CSV takes every record for malformed that has fewer columns than are wanted.
            self.options["columnNameOfCorruptRecord"] = rescued or _CORRUPT
        if self.format == "csv" and is_read_off:
            # CSV takes columns by their place: other names in another file's header are an error.
            self.options.setdefault("enforceSchema", "false")
        return schema

    def _inferred(self, own: Mapping[str, str], spark: SparkSession) -> t.StructType:
        reader = spark.read.format(self.format).options(**self.options)
        if self.format in _INFERRED:
            is_typed = own.get("infercolumntypes", "true").lower() == "true"
            reader = reader.option("inferSchema", is_typed).option("primitivesAsString", not is_typed)
            reader = reader.option("columnNameOfCorruptRecord", _CORRUPT)
        elif self.format not in _FIXED:
            reader = reader.option("mergeSchema", "true")
        schema = reader.load(self.path).schema
        return t.StructType([each for each in schema if each.name != _CORRUPT])


def _hinted(schema: t.StructType, hints: Iterable[t.StructField]) -> tuple[t.StructType, bool]:
    """Columns with the types of hints, the last of a name, and whether all of them are in the files."""
    hinted = {each.name.lower(): each for each in hints}
    fields = [hinted.pop(each.name.lower(), each) for each in schema]
    return t.StructType([*fields, *hinted.values()]), not hinted


def _columns(text: str) -> t.StructType:
    """Columns as `schema` and `schemaHints` word them: `id int, name string`."""
    columns = t.DataType.fromDDL(text) if text else t.StructType()
    return columns if isinstance(columns, t.StructType) else t.StructType().add("value", columns)
