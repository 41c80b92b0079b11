"""Files in queries: calls of `read_files`, and names of files in volumes.

A call becomes a table of Spark's over the files, for as long as it is needed. Its columns are those of the
files when the statement begins. The rescued data column holds the text of records that do not fit them.
https://docs.databricks.com/aws/en/sql/language-manual/functions/read_files
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import types as t

from emulators.warehouse import source_files
from emulators.warehouse.catalog import Catalog
from emulators.warehouse.names import short_hash
from emulators.warehouse.spark_catalog import RelationEntry, SparkCatalog
from emulators.warehouse.sql_text import changed, quoted
from emulators.warehouse.statements import READ_FILES, ReadFiles, calls_of_read_files
from emulators.warehouse.volumes import PATH, Volumes

SCHEMA = "__files"
"""Schema inside Spark of these tables; clients cannot see it."""

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
        self._volumes = volumes
        self._inner = SparkCatalog(spark)
        spark.sql(f"create schema if not exists {SCHEMA}")
        for entry in catalog.records.file_relations():
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
        tables: list[str] = []
        try:
            changes = self._volumes.names_of_files(sql)
            for call in calls_of_read_files(sql):
                tables.append(f"f_{uuid.uuid4().hex}")
                known = schemas / f"{short_hash(sql[call.start : call.end])}.json" if schemas else None
                changes.append((call.start, call.end, self._table(tables[-1], call, spark, known)))
            if is_kept:
                self._keep(sql, changes)
            yield changed(sql, changes)
        except BaseException:
            is_kept = False
            raise
        finally:
            for each in tables if not is_kept else ():
                spark.sql(f"drop table if exists {self._name(each)}")

    def _name(self, table: str) -> str:
        return quoted((self._catalog.name, SCHEMA, table))

    def _table(self, name: str, call: ReadFiles, spark: SparkSession, known: Path | None) -> str:
        """Make a table over the files of a call, and give what stands for the call."""
        path = source_files.local(call.path, self._volumes)
        columns = t.StructType()
        if known and known.exists():
            columns = t.StructType.fromJson(json.loads(known.read_text()))
        reading = source_files.Reading(call, path, spark, columns)
        if known:
            known.parent.mkdir(exist_ok=True)
            known.write_text(reading.read_off.json())
        spark.catalog.createTable(
            self._name(name),
            path,
            reading.format,
            reading.schema,
            **{**reading.options, "maxFileAge": _FOREVER},
        )
        return f"{'stream ' if call.is_stream else ''}{self._name(name)}"

    def _keep(self, sql: str, changes: list[tuple[int, int, str]]) -> None:
        """Remember what a view needs: what was written, and the tables in its place."""
        for start, end, text in changes:
            is_table = text.startswith(quoted((self._catalog.name, SCHEMA)))
            entry = self._inner.relation(SCHEMA, text.split("`")[-2]) if is_table else None
            self._catalog.records.put_file_relation(text, sql[start:end], entry.dump() if entry else None)
