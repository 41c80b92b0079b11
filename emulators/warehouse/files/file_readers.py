"""Files that statements read: where they are, and how Spark's readers are told to take them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import types as t

from emulators.warehouse.errors import SqlError, unsupported
from emulators.warehouse.files import csv_headers
from emulators.warehouse.files.volume_paths import VolumePaths, is_in_volume, path_not_found
from emulators.warehouse.sql.statements import ReadFiles

_FORMATS = {
    "avro": "avro",
    "csv": "csv",
    "json": "json",
    "jsonl": "json",
    "ndjson": "json",
    "orc": "orc",
    "parquet": "parquet",
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


def local(path: str, paths: VolumePaths) -> str:
    """The path on this machine, which may hold a glob, behind a path of a statement.

    Raises:
        SqlError: it is in another place, or in a volume that is not there.
    """
    if is_in_volume(path):
        return str(paths.file_of(path))
    plain = re.sub(r"^file:/+", "/", path)
    if not plain.startswith("/"):
        raise unsupported(f"Reading {path}, neither in a volume nor a path of this machine,")
    return plain


def found(path: str, spark: SparkSession, options: Mapping[str, str]) -> list[Path]:
    """The files under a path or glob, in every folder below, that the options of a reader do not leave out.

    Names that begin with `_` or `.` are hidden.
    """
    jvm: Any = spark._jvm
    session: Any = spark._jsparkSession
    hadoop = jvm.org.apache.hadoop.fs
    pattern = hadoop.Path(path)
    system = pattern.getFileSystem(session.sessionState().newHadoopConf())
    files: list[Path] = []
    for status in system.globStatus(pattern) or ():
        each = Path(status.getPath().toUri().getPath())
        inside = sorted(each.rglob("*")) if each.is_dir() else [each]
        files += [file for file in inside if file.is_file() and not _is_hidden(file.relative_to(each))]
    catalyst, sources = jvm.org.apache.spark.sql.catalyst, jvm.org.apache.spark.sql.execution.datasources
    any_case = getattr(getattr(catalyst.util, "CaseInsensitiveMap$"), "MODULE$")
    of = any_case.apply(jvm.PythonUtils.toScalaMap(dict(options)))
    filters = sources.PathFilterFactory.create(of)
    for accepts in (filters.apply(each) for each in range(filters.size())):
        files = [each for each in files if accepts.accept(system.getFileStatus(hadoop.Path(str(each))))]
    return files


def _is_hidden(path: Path) -> bool:
    return any(each.startswith(("_", ".")) for each in path.parts)


@dataclass(frozen=True)
class Known:
    """What an earlier reading told of files: format and columns, which keep their types from then on."""

    format: str = ""
    columns: t.StructType = field(default_factory=t.StructType)

    def dump(self) -> str:
        """This as text, for `load`."""
        return json.dumps({"format": self.format, "columns": self.columns.jsonValue()})

    @staticmethod
    def load(text: str) -> Known:
        """What `dump` wrote."""
        values = json.loads(text)
        return Known(values["format"], t.StructType.fromJson(values["columns"]))


class Reading:
    """How files are to be read, as the options of `read_files` say.

    Args:
        call: the path as written, and the options.
        path: as `local` gives it.
        spark: reads the files where columns are not declared.
        known: what an earlier reading told.

    Raises:
        SqlError: the path is not there, format or columns cannot be told, or an option is not carried out.
    """

    def __init__(self, call: ReadFiles, path: str, spark: SparkSession, known: Known) -> None:
        self.path = path
        self.has_renamed = False
        """Whether columns have names that the headers of their files do not have."""
        self._known = known
        own = {name.lower(): value for name, value in call.options.items()}
        _refuse_unmet(own, call.is_stream)
        self.options = {
            name: value for name, value in call.options.items() if name.lower() not in _OWN_OPTIONS
        }
        if "filenamepattern" in own:
            self.options["pathGlobFilter"] = own["filenamepattern"]
        self._files = found(path, spark, self.options)
        if not self._files and not Path(path).exists():
            raise path_not_found(call.path)
        self.format = known.format or own.get("format", "").lower() or self._format(call.path)
        if not self._is_partitioned():
            self.options["recursiveFileLookup"] = "true"
        self.schema = self._schema(own, spark)

    def _is_partitioned(self) -> bool:
        """Whether the folders below the path have the names and values of columns: `day=2026-01-31`."""
        fixed = list(takewhile(lambda part: not _GLOB.search(part), Path(self.path).parts))
        below = (file.parent.parts[len(fixed) :] for file in self._files)
        return any("=" in part for parts in below for part in parts)

    def _format(self, path: str) -> str:
        if not self._files:
            raise _nothing_to_tell_from(path)
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
            rescues = bool(rescued)
        else:
            hints = _columns(own.get("schemahints", ""))
            inferred = self._inferred(own, spark)
            schema, is_read_off = _hinted(inferred, [*self._known.columns, *hints])
            self._check_headers(inferred, is_read_off, spark)
            rescued, rescues = own.get("rescueddatacolumn", RESCUED), is_read_off
        self.known = Known(self.format, schema)
        if rescued and self.format not in _FIXED:
            schema = t.StructType([*schema, t.StructField(rescued, t.StringType())])
        if self.format != "csv" or rescues:
            # Without this, CSV takes every record for malformed that has fewer columns than are wanted.
            self.options["columnNameOfCorruptRecord"] = rescued or _CORRUPT
        return schema

    def _inferred(self, own: Mapping[str, str], spark: SparkSession) -> t.StructType:
        if not self._files:
            if not self._known.columns:
                raise _nothing_to_tell_from(self.path)
            return self._known.columns
        reader = spark.read.format(self.format).options(**self.options)
        is_typed = own.get("infercolumntypes", "true").lower() == "true"
        if self.format in _INFERRED:
            reader = reader.option("inferSchema", is_typed).option("primitivesAsString", not is_typed)
            reader = reader.option("columnNameOfCorruptRecord", _CORRUPT)
        elif self.format not in _FIXED:
            reader = reader.option("mergeSchema", "true")
        columns = t.StructType([each for each in reader.load(self.path).schema if each.name != _CORRUPT])
        if self.format == "csv":
            columns = csv_headers.spelled(columns, self._files, self.options, spark, is_typed)
        return columns

    def _check_headers(self, inferred: t.StructType, is_read_off: bool, spark: SparkSession) -> None:
        """See to it that CSV's files with other names in their headers than the first has are refused."""
        if self.format != "csv":
            return
        self.has_renamed = csv_headers.renamed(inferred, self._files, self.options, spark)
        if self.has_renamed:
            csv_headers.check_alike(self._files, self.options, spark)
        elif is_read_off:
            self.options.setdefault("enforceSchema", "false")
        elif self._files:  # there are more columns than in the files: all of these are read to compare
            reader = spark.read.format("csv").options(**self.options).option("enforceSchema", "false")
            reader.schema(inferred).load(self.path).write.format("noop").mode("overwrite").save()


def _refuse_unmet(options: Mapping[str, str], is_stream: bool) -> None:
    """Refuse options that would change what is read, and are not carried out."""
    evolution = "none" if "schema" in options else "addnewcolumns"
    met = {"includeexistingfiles": "true", "allowoverwrites": "false", "usestrictglobber": "true"}
    if is_stream:
        met["schemaevolutionmode"] = evolution
    for name, value in options.items():
        if name == "partitioncolumns" or value.lower() != met.get(name, value.lower()):
            raise unsupported(f"read_files with {name} => '{value}'")


def _nothing_to_tell_from(path: str) -> SqlError:
    return SqlError(
        "CF_EMPTY_DIR_FOR_SCHEMA_INFERENCE",
        f"Cannot infer schema when the input path `{path}` is empty. Please try to start the stream when "
        "there are files in the input path, or specify the schema.",
        "42000",
    )


def _hinted(schema: t.StructType, hints: Iterable[t.StructField]) -> tuple[t.StructType, bool]:
    """Columns with the types of hints, the last of a name, and whether all of them are in the files."""
    hinted = {each.name.lower(): each for each in hints}
    fields = [hinted.pop(each.name.lower(), each) for each in schema]
    return t.StructType([*fields, *hinted.values()]), not hinted


def _columns(text: str) -> t.StructType:
    """Columns as `schema` and `schemaHints` word them: `id int, name string`."""
    columns = t.DataType.fromDDL(text) if text else t.StructType()
    return columns if isinstance(columns, t.StructType) else t.StructType().add("value", columns)
