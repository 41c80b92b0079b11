"""COPY INTO: loads the files of a place that it has not yet loaded into a Delta table.

A copy is one commit, which names the copy in its user metadata; what it is about to load is recorded before.
So a process that is killed on the way leaves no doubt which files are loaded: the log knows.
https://docs.databricks.com/aws/en/sql/language-manual/delta-copy-into
"""

from __future__ import annotations

import uuid
from functools import partial
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name everyone gives it
from pyspark.sql import types as t

from emulators.warehouse.catalog import delta_log
from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.locations import local_path
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.errors import SqlError, unsupported
from emulators.warehouse.files import csv_headers, file_readers
from emulators.warehouse.files.volume_paths import path_not_found
from emulators.warehouse.files.volumes import Volumes
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import AFFECTED_ROWS, Column, ResultSet
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql.quoting import quoted
from emulators.warehouse.sql.statements import CopyInto

_TEXTS = (t.StringType, t.CharType, t.VarcharType)
_SKIPPING = ("ignorecorruptfiles", "ignoremissingfiles")
"""Options by which Spark leaves files out, and does not say which: they would count as loaded."""

_COUNTS = (AFFECTED_ROWS, "num_inserted_rows", "num_skipped_corrupt_files")


class Copies:
    """Carries out COPY INTO, one at a time for each table, and never while the table is made anew."""

    def __init__(self, catalog: Catalog, volumes: Volumes) -> None:
        self._catalog = catalog
        self._records = catalog.records
        self._paths = volumes.paths

    def run(self, statement: CopyInto, session: Session) -> ResultSet:
        """Carry out `COPY INTO`; the counts of its rows, or with VALIDATE the first of them.

        Raises:
            SqlError: there is no such table or path, a file cannot be read, or an option is not carried out;
                then no file is loaded.
        """
        _refuse_unmet(statement)
        where = self._catalog.resolve(statement.name, session)
        with self._catalog.locks.held(where):
            relation = self._catalog.get(statement.name, session)
            table = local_path(relation.location)
            if not relation.is_delta or table is None:
                message = "COPY INTO target must be a Delta table."
                raise SqlError("COPY_INTO_NON_DELTA_TARGET", message, "0A000")
            self._settle(where, table)
            files = self._files(statement, where, session.spark)
            if statement.validated is not None:
                return self._validated(statement, files, relation, session)
            if not files:
                return _counts(0)
            copy = uuid.uuid4().hex
            self._records.files.begin_copy(*where, copy, files)
            try:
                frame = self._frame(statement, files, relation, session)
                writer = frame.writeTo(quoted((self._catalog.name, *where))).option("userMetadata", copy)
                writer.option("mergeSchema", statement.copy_options.get("mergeschema", "false")).append()
            finally:
                self._settle(where, table)
            version = delta_log.version_of(table, copy)
            return _counts((version is not None and delta_log.inserted_rows(table, version - 1)) or 0)

    def _settle(self, where: tuple[str, str], table: Path) -> None:
        """Record of every copy that has begun whether it was committed."""
        for copy in self._records.files.open_copies(*where):
            self._records.files.end_copy(copy, delta_log.version_of(table, copy) is not None)

    def _files(self, statement: CopyInto, where: tuple[str, str], spark: SparkSession) -> list[str]:
        """The files to load: those named, or found, that no copy has loaded and no option leaves out."""
        path = file_readers.local(statement.path, self._paths)
        found = partial(file_readers.found, spark=spark, options=statement.format_options)
        if statement.files:
            named = [found(f"{path}/{each}") for each in statement.files]
            missing = [each for each, its in zip(statement.files, named, strict=True) if not its]
            files = list(dict.fromkeys(file for its in named for file in its))
        else:
            files = found(f"{path}/{statement.pattern}" if statement.pattern else path)
            missing = [] if files or Path(path).exists() else [""]
        if missing:
            raise path_not_found("/".join(filter(None, (statement.path, missing[0]))))
        if statement.copy_options.get("force", "false").lower() == "true":
            return [str(each) for each in files]
        loaded = self._records.files.copied(*where)
        return [str(each) for each in files if str(each) not in loaded]

    def _frame(
        self, statement: CopyInto, files: list[str], relation: Relation, session: Session
    ) -> DataFrame:
        options = dict(statement.format_options)
        if "enforceschema" not in map(str.lower, options):
            options["enforceSchema"] = "false"  # CSV: other names in another file's header are an error
        options["__globPaths__"] = "false"  # these are names of files, whatever characters they have
        frame = session.spark.read.format(statement.format).options(**options).load(files)
        if statement.format == "csv":
            paths = [Path(each) for each in files]
            is_typed = any(
                name.lower() == "inferschema" and value.lower() == "true" for name, value in options.items()
            )
            schema = csv_headers.spelled(frame.schema, paths, options, session.spark, is_typed)
            is_checked = options.get("enforceSchema") == "false"
            is_renamed = is_checked and csv_headers.renamed(schema, paths, options, session.spark)
            if is_renamed:
                csv_headers.check_alike(paths, options, session.spark)
                options["enforceSchema"] = "true"
            if is_renamed or schema != frame.schema:
                frame = session.spark.read.schema(schema).options(**options).csv(files)
        if statement.expressions:
            frame = frame.alias(statement.alias) if statement.alias else frame
            frame = frame.selectExpr(*statement.expressions)
        columns = self._records.columns.of(relation.schema, relation.name)
        if not statement.by_position and not statement.columns:
            _refuse_texts(frame.schema, {each.name.lower(): each.type for each in columns})
            return frame
        if statement.columns:
            known = {each.name.lower(): each for each in columns}
            for each in statement.columns:
                self._catalog.check_column(relation.schema, relation.name, each)
            columns = [known[each.lower()] for each in statement.columns]
        if len(columns) != len(frame.columns):
            raise SqlError(
                "COPY_INTO_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS"
                if len(columns) > len(frame.columns)
                else "COPY_INTO_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS",
                f"Cannot write to {quoted((relation.schema, relation.name))}: {len(columns)} table columns "
                f"and {len(frame.columns)} data columns.",
                "21S01",
            )
        named = frame.toDF(*(each.name for each in columns))
        return named.select(
            [F.col(quoted((each.name,))).cast(each.type).alias(each.name) for each in columns]
        )

    def _validated(
        self, statement: CopyInto, files: list[str], relation: Relation, session: Session
    ) -> ResultSet:
        """Read all that would be loaded, and show some of it."""
        if not files:
            return result_set.empty()
        frame = self._frame(statement, files, relation, session)
        frame.write.format("noop").mode("overwrite").save()
        return result_set.from_dataframe(frame, statement.validated)


def _refuse_unmet(statement: CopyInto) -> None:
    options = {name.lower(): value.lower() for name, value in statement.format_options.items()}
    for each in _SKIPPING:
        if options.get(each) == "true":
            raise unsupported(f"COPY INTO … {each}")
    if statement.by_position and (statement.format != "csv" or options.get("header", "false") == "true"):
        raise SqlError(
            "COPY_INTO_FEATURE_INCOMPATIBLE_SETTING",
            "COPY INTO feature 'BY POSITION' is not compatible with files other than CSV without header.",
            "42613",
        )


def _refuse_texts(found: t.StructType, wanted: dict[str, t.DataType]) -> None:
    """Refuse text for a column of another type, as Databricks does: Spark would cast it."""
    for each in found:
        kind = wanted.get(each.name.lower())
        if isinstance(each.dataType, t.StringType) and kind and not isinstance(kind, _TEXTS):
            raise SqlError(
                "DELTA_FAILED_TO_MERGE_FIELDS",
                f"Failed to merge fields '{each.name}' and '{each.name}': the table has "
                f"{kind.simpleString()}, the files have string. Cast it in a SELECT, or name 'inferSchema' "
                "in FORMAT_OPTIONS.",
                "22005",
            )


def _counts(rows: int) -> ResultSet:
    return result_set.from_rows([Column(each, t.LongType()) for each in _COUNTS], [(rows, rows, 0)])
