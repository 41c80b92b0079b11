"""Files in queries: calls of `read_files`, and names of files in volumes.

A call becomes a table of Spark's over the files, for as long as it is needed. Its columns are those of the
files when the statement begins. The rescued data column holds the text of records that do not fit them.
https://docs.databricks.com/aws/en/sql/language-manual/functions/read_files
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.spark_catalog import RelationEntry, SparkCatalog
from emulators.warehouse.files import csv_headers, file_readers
from emulators.warehouse.files.file_readers import Known, Reading
from emulators.warehouse.files.volume_paths import PATH
from emulators.warehouse.files.volumes import Volumes
from emulators.warehouse.names import short_hash
from emulators.warehouse.sql.quoting import changed, quoted
from emulators.warehouse.sql.statements import READ_FILES, ReadFiles, calls_of_read_files

SCHEMA = "__files"
"""Schema inside Spark of these tables; no list shows it."""

_FOREVER = "36500d"
"""A stream forgets files that are so much older than the newest it has read."""


class FileRelations:
    """Puts what Spark knows in the place of files.

    Args:
        catalog: remembers what views need.
        volumes: where files are.
        spark: any session of the warehouse.
    """

    def __init__(self, catalog: Catalog, volumes: Volumes, spark: SparkSession) -> None:
        self._catalog = catalog
        self._paths = volumes.paths
        self._inner = SparkCatalog(spark)
        self._lock = threading.Lock()
        spark.sql(f"create schema if not exists {SCHEMA}")
        for entry in catalog.records.files.relations():
            self._inner.create_relation(RelationEntry.load(entry))

    @contextmanager
    def named(
        self, sql: str, spark: SparkSession, is_kept: bool = False, schemas: Path | None = None
    ) -> Iterator[str]:
        """The statement with names of Spark's in the place of files.

        Args:
            sql: any statement.
            spark: the session that runs it.
            is_kept: whether the names are needed beyond the block: by a view.
            schemas: folder that remembers the columns of each call: once read off, they keep their types.

        Raises:
            SqlError: a call cannot be carried out, or there is no such volume.
        """
        if READ_FILES not in sql.upper() and PATH not in sql:
            yield sql
            return
        changes = self._paths.names_of_files(sql)
        if is_kept:
            for start, end, text in changes:
                self._catalog.records.files.put_relation(text, sql[start:end], None)
        tables: list[str] = []
        try:
            for call in calls_of_read_files(sql):
                written = sql[call.start : call.end]
                reading = self._reading(call, written, spark, schemas)
                if reading.has_renamed and (is_kept or call.is_stream):
                    raise csv_headers.not_kept(call.path)
                if is_kept:
                    text = self._kept(call.is_stream, written, reading, spark)
                else:
                    tables.append(f"f_{uuid.uuid4().hex}")
                    text = self._text(tables[-1], call.is_stream)
                    self._create(tables[-1], reading, spark)
                changes.append((call.start, call.end, text))
            yield changed(sql, changes)
        finally:
            for each in tables:
                spark.sql(f"drop table if exists {self._text(each)}")

    def _text(self, table: str, is_stream: bool = False) -> str:
        return f"{'stream ' if is_stream else ''}{quoted((self._catalog.name, SCHEMA, table))}"

    def _reading(self, call: ReadFiles, written: str, spark: SparkSession, schemas: Path | None) -> Reading:
        path = file_readers.local(call.path, self._paths)
        if schemas is None:
            return Reading(call, path, spark, Known())
        file = schemas / f"{short_hash(written)}.json"
        reading = Reading(call, path, spark, Known.load(file.read_text()) if file.exists() else Known())
        schemas.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        new.write_text(reading.known.dump())
        new.replace(file)
        return reading

    def _kept(self, is_stream: bool, written: str, reading: Reading, spark: SparkSession) -> str:
        """What views have in the place of a call: one table for all that write and read the same."""
        parts = (
            written,
            reading.path,
            reading.format,
            reading.schema.json(),
            sorted(reading.options.items()),
        )
        table = f"v_{hashlib.sha256(repr(parts).encode()).hexdigest()}"
        with self._lock:
            if self._inner.relation(SCHEMA, table) is None:
                self._create(table, reading, spark)
            entry = self._inner.relation(SCHEMA, table)
        text = self._text(table, is_stream)
        self._catalog.records.files.put_relation(text, written, entry.dump() if entry else None)
        return text

    def _create(self, table: str, reading: Reading, spark: SparkSession) -> None:
        options = {**reading.options, "maxFileAge": _FOREVER}
        spark.catalog.createTable(self._text(table), reading.path, reading.format, reading.schema, **options)
