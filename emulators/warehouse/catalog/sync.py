"""Keeps the records the same as Spark's catalog and the logs of Delta tables."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from pyspark.sql import SparkSession

from emulators.warehouse.catalog import delta_log
from emulators.warehouse.catalog.kinds import KEPT_TYPES
from emulators.warehouse.catalog.locations import local_path
from emulators.warehouse.catalog.object_names import HIDDEN, is_object_name
from emulators.warehouse.catalog.records.records import Records
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.catalog.spark_catalog import SparkCatalog
from emulators.warehouse.sql.quoting import quoted

log = logging.getLogger(__name__)


class Sync:
    """Records what statements and other writers have changed.

    Args:
        spark: any session of the warehouse.
        inner: the catalog inside Spark.
        records: what is remembered.
        tables: folder of managed schemas and tables.
    """

    def __init__(self, spark: SparkSession, inner: SparkCatalog, records: Records, tables: Path) -> None:
        self._spark = spark
        self._inner = inner
        self._records = records
        self._tables = tables
        self._lock = records.lock

    def schema(self, name: str) -> None:
        """Record a schema as Spark's catalog holds it now."""
        with self._lock:
            entry = self._inner.schema(name)
            if entry:
                self._records.schemas.put(entry)
            else:
                self._records.schemas.drop(name)

    def reconcile(self) -> None:
        """Record all that Spark's catalog holds now: for statements that do not say what they change."""
        with self._lock:
            schemas = {each for each in self._inner.schema_names() if not each.startswith(HIDDEN)}
            for schema in schemas | {each.name for each in self._records.schemas.all()}:
                self.schema(schema)
            known = {(each.schema, each.name): each for each in self._records.relations.entries()}
            there = {(schema, name) for schema in schemas for name in self._inner.relation_names(schema)}
            for where in sorted(there | set(known)):
                entry, recorded = self._inner.relation(*where), known.get(where)
                if entry != recorded:
                    is_same = entry and recorded and entry.created_at == recorded.created_at
                    self.relation(*where, is_new=not is_same)

    def relation(self, schema: str, name: str, is_new: bool) -> None:
        """Record a relation as Spark's catalog holds it now.

        Args:
            schema: its schema.
            name: its name.
            is_new: it was made anew, so what was recorded of an older one of this name goes.
        """
        with self._lock, self._records.transaction():
            entry = self._inner.relation(schema, name)
            if entry is None:
                self._records.relations.drop(schema, name)
                return
            known = self._records.relations.get(schema, name)
            if is_new:
                self._records.relations.reset(schema, name)
            kind = known.type if known and not is_new and known.type in KEPT_TYPES else None
            definition = known.definition if kind and known else None
            self._records.relations.put(entry, kind)
            if kind and definition is not None:
                self._records.relations.put_definition(schema, name, kind, definition)
            found = self._records.relations.get(schema, name)
            if found:
                self.follow_relation(found)

    def follow(self) -> None:
        """Bring every record up to date with its Delta log: tables are also written by path."""
        with self._lock:
            for relation in self._records.relations.all():
                try:
                    self.follow_relation(relation)
                except Exception:  # it is being dropped, or its log is broken: that concerns nobody else
                    log.info("%s.%s is not looked at", relation.schema, relation.name, exc_info=True)

    def follow_relation(self, relation: Relation) -> bool:
        """Read the commits made to a Delta table since its record was; True when there were any."""
        folder = local_path(relation.location)
        if not relation.is_delta or folder is None:
            return False
        try:
            state = delta_log.state(folder, relation.delta_version)
        except OSError:  # its disk does not answer: what is recorded stays
            log.info("%s.%s is not looked at", relation.schema, relation.name, exc_info=True)
            return False
        if state is None or state.version == relation.delta_version:
            return False
        where = (relation.schema, relation.name)
        known = -1 if relation.delta_version is None else relation.delta_version
        if known > state.version:  # it was made anew by its path
            known = -1
        with self._records.transaction():
            try:
                found = delta_log.changes_since(folder, known, state.version)
            except FileNotFoundError:  # cleaned up: Spark reads the checkpoint
                self._record_as_spark_reads(*where)
            else:
                if found.metadata:
                    metadata = found.metadata
                    self._records.columns.put(*where, metadata.schema, metadata.partition_columns)
                    self._records.relations.put_delta_metadata(*where, metadata.comment, metadata.properties)
                if found.clustering_columns is not None:
                    self._records.relations.put_clustering(*where, found.clustering_columns)
            self._records.relations.put_delta_state(*where, state.version, state.written_at)
        return True

    def _record_as_spark_reads(self, schema: str, name: str) -> None:
        """Record what Spark says of a Delta table, which takes a job."""
        where = (schema, name)
        detail = self._spark.sql(f"describe detail {quoted(where)}").collect()[0]
        columns = self._spark.table(quoted(where)).schema.jsonValue()
        self._records.columns.put(*where, columns, detail["partitionColumns"])
        self._records.relations.put_delta_metadata(*where, detail["description"], detail["properties"])
        self._records.relations.put_clustering(*where, detail["clusteringColumns"])

    def clear(self, schema: str, name: str) -> None:
        """Remove the folder of a managed table of this name if there is none."""
        with self._lock:
            found = self._records.schemas.get(schema)
            parent = local_path(found.location) if found else None
            if parent is None or not parent.is_relative_to(self._tables) or not is_object_name(name):
                return
            if self._inner.relation(schema, name) is None and delta_log.state(parent / name) is None:
                shutil.rmtree(parent / name, ignore_errors=True)
