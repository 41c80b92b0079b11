"""The catalog: what a name means to a session, and which catalogs there are."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from emulators.settings import CATALOG
from emulators.warehouse.catalog.locks import RelationLocks
from emulators.warehouse.catalog.records.records import Records
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.catalog.records.schemas import SchemaRecord
from emulators.warehouse.catalog.spark_catalog import SparkCatalog
from emulators.warehouse.catalog.sync import Sync
from emulators.warehouse.errors import SqlError, no_such_catalog, schema_not_found, table_not_found
from emulators.warehouse.names import DEFAULT_SCHEMA, HIVE_METASTORE, SYSTEM, own_catalog, spark_schema, split
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql.quoting import listed, quoted
from emulators.warehouse.sql.statements import Name
from emulators.warehouse.sql.translation import Translation


class Catalog:
    """Names, relations and their records.

    Every catalog that clients see lives in the one catalog inside Spark, under the names of `names.py`.

    Args:
        spark: any session of the warehouse; they all share one catalog.
        records: what is remembered.
        tables: folder of managed schemas and tables.

    Attributes:
        inner: the catalog inside Spark.
        sync: keeps the records the same as that.
        locks: of relations.
        translation: of statements, by the catalogs that there are.
    """

    name = CATALOG
    """The catalog inside Spark, for statements that are made here."""

    def __init__(self, spark: SparkSession, records: Records, tables: Path) -> None:
        self.records = records
        self.translation = Translation(())
        self.locks = RelationLocks()
        self.inner = SparkCatalog(spark)
        self.sync = Sync(spark, self.inner, records, tables)
        self._spark = spark
        self._lock = records.lock

    def create_catalog(self, name: str, comment: str | None) -> None:
        """Make a catalog, with its schema `default`."""
        with self._lock:
            self.records.catalogs.put(name.lower(), comment)
            self.complete(name.lower())

    def drop_catalog(self, name: str) -> None:
        """Drop a catalog and all that is in it."""
        with self._lock:
            for schema in self.records.schemas.all(name):
                self._spark.sql(f"drop schema if exists {quoted((self.name, schema.name))} cascade")
                self.sync.schema(schema.name)
            self.records.catalogs.drop(name)
            self._translate()

    def complete(self, catalog: str) -> None:
        """Give a catalog its schema `default`, and let statements name it."""
        schema = spark_schema(catalog, DEFAULT_SCHEMA)
        if not self.records.schemas.has(schema):
            self._spark.sql(f"create schema if not exists {quoted((self.name, schema))}")
            self.sync.schema(schema)
        self._translate()

    def _translate(self) -> None:
        self.translation = Translation(
            each.name for each in self.records.catalogs.all() if each.name != CATALOG
        )

    def catalog_names(self) -> list[str]:
        """The names of all catalogs, that of the system and the default one's other name among them."""
        return sorted({SYSTEM, HIVE_METASTORE, *(each.name for each in self.records.catalogs.all())})

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
        found = self.records.schemas.get(wanted)
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
        return own == SYSTEM or self.records.catalogs.get(own) is not None

    def find(self, name: Name, session: Session) -> Relation | None:
        """The recorded relation of a name, brought up to date with its Delta log."""
        schema, relation = self.resolve(name, session)
        found = self.records.relations.get(schema, relation)
        if found and self.sync.follow_relation(found):
            return self.records.relations.get(schema, relation)
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
        names = [each.name for each in self.records.columns.of(schema, relation)]
        if column.lower() not in {each.lower() for each in names}:
            known = listed(names)
            raise SqlError(
                "UNRESOLVED_COLUMN.WITH_SUGGESTION",
                f"A column, variable, or function parameter with name {quoted((column,))} cannot be "
                f"resolved. Did you mean one of the following? [{known}].",
                "42703",
            )
