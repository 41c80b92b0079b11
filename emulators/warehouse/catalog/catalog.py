"""The catalog: Spark's own, the records beside it, and how the two are kept the same."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlparse

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from emulators.settings import CATALOG
from emulators.warehouse.catalog import delta_log
from emulators.warehouse.catalog.kinds import KEPT_TYPES
from emulators.warehouse.catalog.locks import RelationLocks
from emulators.warehouse.catalog.object_names import is_object_name
from emulators.warehouse.catalog.records.namespaces import SchemaRecord
from emulators.warehouse.catalog.records.relations import Records, Relation
from emulators.warehouse.catalog.spark_catalog import RelationEntry, SchemaEntry, SparkCatalog
from emulators.warehouse.errors import SqlError, no_such_catalog, schema_not_found, table_not_found
from emulators.warehouse.names import DEFAULT_SCHEMA, HIVE_METASTORE, SYSTEM, own_catalog, spark_schema, split
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql.quoting import listed, quoted
from emulators.warehouse.sql.statements import Name
from emulators.warehouse.sql.translation import Translation

log = logging.getLogger(__name__)

HIDDEN = "__"
"""How names begin that the warehouse gives to what it makes for itself: no list shows these."""


class Catalog:
    """Names, relations and their records.

    Every catalog that clients see lives in the one catalog inside Spark, under the names of `names.py`.

    Args:
        spark: any session of the warehouse; they all share one catalog.
        records: what is remembered.
        tables: folder of managed schemas and tables.
    """

    name = CATALOG
    """The catalog inside Spark, for statements that are made here."""

    def __init__(self, spark: SparkSession, records: Records, tables: Path) -> None:
        self.records = records
        self.translation = Translation(())
        self._spark = spark
        self._inner = SparkCatalog(spark)
        self.locks = RelationLocks()
        self._tables = tables
        self._lock = records.lock

    def restore(self, catalogs: Iterable[str] = ()) -> None:
        """Put what was recorded back into Spark, and clear what a killed statement left half done.

        Args:
            catalogs: those that are made when they are not there.
        """
        for each in self.records.schemas():
            entry = SchemaEntry(each.name, each.comment, each.location, each.properties)
            self._inner.create_schema(entry, self._tables)
        for name in self._inner.schema_names():
            self.sync_schema(name)
        for relation in self.records.entries():
            if self._is_gone(relation):
                log.warning("The files of %s.%s are gone: it is dropped", relation.schema, relation.name)
                with self.records.transaction():
                    self.records.drop_relation(relation.schema, relation.name)
                    self.records.drop_tags(relation.schema, relation.name)
            else:
                self._inner.create_relation(relation)
        self._sweep()
        known = {each.name for each in self.records.catalogs()}
        for name in map(own_catalog, (CATALOG, *catalogs)):
            if name not in known:
                self.records.put_catalog(name, None)
        for catalog in self.records.catalogs():
            self._complete(catalog.name)

    def _is_gone(self, entry: RelationEntry) -> bool:
        """Whether a managed table has lost its files.

        Of a table in another place they may only be out of reach, on a disk that is not mounted yet: it
        stays, with all that is recorded of it, and can be read again when they are there.
        """
        folder = local_path(entry.location)
        if entry.provider != "delta" or folder is None or _is_table(folder):
            return False
        if entry.kind == "MANAGED" and folder.is_relative_to(self._tables):
            return True
        log.warning("The files of %s.%s cannot be reached: %s", entry.schema, entry.name, folder)
        return False

    def restore_functions(self) -> None:
        """Put the functions back into Spark, which reads their bodies again: all else has to be there."""
        for sql, schema in self.records.functions():
            self._spark.sql(f"use {quoted((schema,))}")
            try:
                self._spark.sql(sql)
            except PySparkException:
                log.warning("A function is not there until it is created again: %s", sql, exc_info=True)
        self._spark.sql(f"use {quoted((DEFAULT_SCHEMA,))}")

    def create_catalog(self, name: str, comment: str | None) -> None:
        """Make a catalog, with its schema `default`."""
        with self._lock:
            self.records.put_catalog(name.lower(), comment)
            self._complete(name.lower())

    def drop_catalog(self, name: str) -> None:
        """Drop a catalog and all that is in it."""
        with self._lock:
            for schema in self.records.schemas(name):
                self._spark.sql(f"drop schema if exists {quoted((self.name, schema.name))} cascade")
                self.sync_schema(schema.name)
            self.records.drop_catalog(name)
            self._translate()

    def _complete(self, catalog: str) -> None:
        """Give a catalog its schema `default`, and let statements name it."""
        schema = spark_schema(catalog, DEFAULT_SCHEMA)
        if not self.records.has_schema(schema):
            self._spark.sql(f"create schema if not exists {quoted((self.name, schema))}")
            self.sync_schema(schema)
        self._translate()

    def _translate(self) -> None:
        self.translation = Translation(each.name for each in self.records.catalogs() if each.name != CATALOG)

    def catalog_names(self) -> list[str]:
        """The names of all catalogs, that of the system and the default one's other name among them."""
        return sorted({SYSTEM, HIVE_METASTORE, *(each.name for each in self.records.catalogs())})

    def resolve(self, name: Name, session: Session) -> tuple[str, str]:
        """Schema and relation of a name, as the session reads it.

        Raises:
            SqlError: the name has too many parts or names another catalog.
        """
        if len(name) == 1:
            return session.schema, name[0].lower()
        if len(name) == 3:
            self.check_catalog(name[0])
        elif len(name) > 3:
            raise table_not_found(quoted(name))
        return name[-2].lower(), name[-1].lower()

    def resolve_schema(self, name: Name | None, session: Session) -> SchemaRecord:
        """The schema of a name; of no name, the session's own.

        Raises:
            SqlError: there is none, or the catalog is not there.
        """
        wanted = name[-1].lower() if name else session.schema
        if name and len(name) > 1:
            self.check_catalog(name[0])
        found = self.records.schema(wanted)
        if found is None:
            raise schema_not_found(quoted(split(wanted)))
        return found

    def check_catalog(self, name: str) -> str:
        """The name by which a catalog is recorded.

        Raises:
            SqlError: `NO_SUCH_CATALOG_EXCEPTION`.
        """
        if not self.has_catalog(name):
            raise no_such_catalog(name)
        return own_catalog(name)

    def has_catalog(self, name: str) -> bool:
        """Whether there is a catalog of this name."""
        own = own_catalog(name)
        return own == SYSTEM or self.records.catalog(own) is not None

    def find(self, name: Name, session: Session) -> Relation | None:
        """The recorded relation of a name, brought up to date with its Delta log."""
        schema, relation = self.resolve(name, session)
        found = self.records.relation(schema, relation)
        if found and self._follow(found):
            return self.records.relation(schema, relation)
        return found

    def get(self, name: Name, session: Session) -> Relation:
        """The recorded relation of a name.

        Raises:
            SqlError: `TABLE_OR_VIEW_NOT_FOUND`.
        """
        found = self.find(name, session)
        if found is None:
            raise table_not_found(quoted((self.name, *self.resolve(name, session))))
        return found

    def check_column(self, schema: str, relation: str, column: str) -> None:
        """Refuse a column that a relation does not have.

        Raises:
            SqlError: `UNRESOLVED_COLUMN`.
        """
        names = [each.name for each in self.records.columns(schema, relation)]
        if column.lower() not in {each.lower() for each in names}:
            known = listed(names)
            raise SqlError(
                "UNRESOLVED_COLUMN.WITH_SUGGESTION",
                f"A column, variable, or function parameter with name {quoted((column,))} cannot be "
                f"resolved. Did you mean one of the following? [{known}].",
                "42703",
            )

    def follow(self) -> None:
        """Bring every record up to date with its Delta log: tables are also written by path."""
        with self._lock:
            for relation in self.records.relations():
                try:
                    self._follow(relation)
                except Exception:  # it is being dropped, or its log is broken: that concerns nobody else
                    log.info("%s.%s is not looked at", relation.schema, relation.name, exc_info=True)

    def sync_schema(self, name: str) -> None:
        """Record a schema as Spark's catalog holds it now."""
        with self._lock:
            entry = self._inner.schema(name)
            if entry:
                self.records.put_schema(entry)
            else:
                self.records.drop_schema(name)

    def reconcile(self) -> None:
        """Record all that Spark's catalog holds now: for statements that do not say what they change."""
        with self._lock:
            schemas = {each for each in self._inner.schema_names() if not each.startswith(HIDDEN)}
            for schema in schemas | {each.name for each in self.records.schemas()}:
                self.sync_schema(schema)
            known = {(each.schema, each.name): each for each in self.records.entries()}
            there = {(schema, name) for schema in schemas for name in self._inner.relation_names(schema)}
            for where in sorted(there | set(known)):
                entry, recorded = self._inner.relation(*where), known.get(where)
                if entry != recorded:
                    is_same = entry and recorded and entry.created_at == recorded.created_at
                    self.sync_relation(*where, is_new=not is_same)

    def sync_relation(self, schema: str, name: str, is_new: bool) -> None:
        """Record a relation as Spark's catalog holds it now.

        Args:
            schema: its schema.
            name: its name.
            is_new: it was made anew, so what was recorded of an older one of this name goes.
        """
        with self._lock, self.records.transaction():
            entry = self._inner.relation(schema, name)
            if entry is None:
                self.records.drop_relation(schema, name)
                self.records.drop_tags(schema, name)
                return
            known = self.records.relation(schema, name)
            if is_new:
                self.records.reset_relation(schema, name)
            kind = known.type if known and not is_new and known.type in KEPT_TYPES else None
            definition = known.definition if kind and known else None
            self.records.put_relation(entry, kind)
            if kind and definition is not None:
                self.records.put_definition(schema, name, kind, definition)
            found = self.records.relation(schema, name)
            if found:
                self._follow(found)

    def clear(self, schema: str, name: str) -> None:
        """Remove the folder of a managed table of this name if there is none."""
        with self._lock:
            found = self.records.schema(schema)
            parent = local_path(found.location) if found else None
            if parent is None or not parent.is_relative_to(self._tables) or not is_object_name(name):
                return
            if self._inner.relation(schema, name) is None and delta_log.state(parent / name) is None:
                shutil.rmtree(parent / name, ignore_errors=True)

    def _follow(self, relation: Relation) -> bool:
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
        with self.records.transaction():
            try:
                found = delta_log.changes_since(folder, known, state.version)
            except FileNotFoundError:  # cleaned up: Spark reads the checkpoint
                self._record_as_spark_reads(*where)
            else:
                if found.metadata:
                    metadata = found.metadata
                    self.records.put_columns(*where, metadata.schema, metadata.partition_columns)
                    self.records.put_delta_metadata(*where, metadata.comment, metadata.properties)
                if found.clustering_columns is not None:
                    self.records.put_clustering(*where, found.clustering_columns)
            self.records.put_delta_state(*where, state.version, state.written_at)
        return True

    def _record_as_spark_reads(self, schema: str, name: str) -> None:
        """Record what Spark says of a Delta table, which takes a job."""
        where = (schema, name)
        detail = self._spark.sql(f"describe detail {quoted(where)}").collect()[0]
        columns = self._spark.table(quoted(where)).schema.jsonValue()
        self.records.put_columns(*where, columns, detail["partitionColumns"])
        self.records.put_delta_metadata(*where, detail["description"], detail["properties"])
        self.records.put_clustering(*where, detail["clusteringColumns"])

    def _sweep(self) -> None:
        """Take in tables that no record names, and remove folders of tables that never came to be.

        A table whose CREATE or RENAME was committed is there, even if the process ended before its record.
        """
        known = {local_path(each.location) for each in self.records.relations()}
        for schema in self.records.schemas():
            folder = local_path(schema.location)
            if folder is None or not folder.is_relative_to(self._tables) or not folder.is_dir():
                continue
            for each in folder.iterdir():
                if not each.is_dir() or each in known or not (each / delta_log.LOG).is_dir():
                    continue
                if delta_log.state(each) is None:
                    shutil.rmtree(each)
                else:
                    log.warning("%s.%s had not been recorded", schema.name, each.name)
                    self._inner.create_relation(RelationEntry.managed(schema.name, each.name, each.as_uri()))
                    self.sync_relation(schema.name, each.name, is_new=True)


def _is_table(folder: Path) -> bool:
    """Whether a Delta table is in a folder; True when the disk does not say."""
    try:
        return delta_log.state(folder) is not None
    except OSError:
        return True


def local_path(location: str | None) -> Path | None:
    """The folder of a `file:` location or plain path; None for other places."""
    if location is None:
        return None
    parsed = urlparse(location)
    if parsed.scheme not in ("", "file"):
        return None
    return Path(unquote(parsed.path))
