"""Puts the catalog back at the start, and clears what a killed process left half done."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable
from pathlib import Path

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from emulators.settings import CATALOG
from emulators.warehouse.catalog import delta_log
from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.locations import local_path
from emulators.warehouse.catalog.spark_catalog import RelationEntry, SchemaEntry
from emulators.warehouse.names import DEFAULT_SCHEMA, HIVE_METASTORE, own_catalog
from emulators.warehouse.sql.quoting import quoted

log = logging.getLogger(__name__)


class Recovery:
    """Brings Spark's catalog, which begins empty, to what was recorded.

    Args:
        spark: any session of the warehouse.
        catalog: the catalog, whose records are put back.
        tables: folder of managed schemas and tables.
    """

    def __init__(self, spark: SparkSession, catalog: Catalog, tables: Path) -> None:
        self._spark = spark
        self._inner = catalog.inner
        self._catalog = catalog
        self._records = catalog.records
        self._tables = tables

    def restore(self, catalogs: Iterable[str] = ()) -> None:
        """Put what was recorded back into Spark, and clear what a killed statement left half done.

        Args:
            catalogs: those that are made when they are not there.
        """
        for each in self._records.schemas.all():
            entry = SchemaEntry(each.name, each.comment, each.location, each.properties)
            self._inner.create_schema(entry, self._tables)
        for name in self._inner.schema_names():
            self._catalog.sync.schema(name)
        for relation in self._records.relations.entries():
            if self._is_gone(relation):
                log.warning("The files of %s.%s are gone: it is dropped", relation.schema, relation.name)
                self._records.relations.drop(relation.schema, relation.name)
            else:
                self._inner.create_relation(relation)
        self._sweep()
        known = {each.name for each in self._records.catalogs.all()}
        for name in map(own_catalog, (CATALOG, *catalogs)):
            if name not in known:
                self._records.catalogs.put(name, None)
        if self._records.catalogs.get(HIVE_METASTORE):
            log.warning(
                "%s is another name of %s now. What was in a catalog of that name is in schemas of %s: %s",
                *(HIVE_METASTORE, CATALOG, CATALOG),
                ", ".join(each.name for each in self._records.schemas.all(HIVE_METASTORE)),
            )
        for catalog in self._records.catalogs.all():
            self._catalog.complete(catalog.name)

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

    def _sweep(self) -> None:
        """Take in tables that no record names, and remove folders of tables that never came to be.

        A table whose CREATE or RENAME was committed is there, even if the process ended before its record.
        """
        known = {local_path(each.location) for each in self._records.relations.all()}
        for schema in self._records.schemas.all():
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
                    self._catalog.sync.relation(schema.name, each.name, is_new=True)

    def restore_functions(self) -> None:
        """Put the functions back into Spark, which reads their bodies again: all else has to be there."""
        for sql, schema in self._records.functions.statements():
            self._spark.sql(f"use {quoted((schema,))}")
            try:
                self._spark.sql(sql)
            except PySparkException:
                log.warning("A function is not there until it is created again: %s", sql, exc_info=True)
        self._spark.sql(f"use {quoted((DEFAULT_SCHEMA,))}")


def _is_table(folder: Path) -> bool:
    """Whether a Delta table is in a folder; True when the disk does not say."""
    try:
        return delta_log.state(folder) is not None
    except OSError:
        return True
