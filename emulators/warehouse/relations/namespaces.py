"""Carries out statements about catalogs and schemas: create, drop, comment, tag, and USE."""

from __future__ import annotations

from emulators.settings import CATALOG
from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.object_names import check_object_name
from emulators.warehouse.errors import SqlError, already_exists, no_such_catalog
from emulators.warehouse.files.volumes import Volumes
from emulators.warehouse.names import DEFAULT_SCHEMA, SYSTEM, own_catalog, spark_schema, split
from emulators.warehouse.sessions.handlers import Handlers
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql import statements
from emulators.warehouse.sql.quoting import quoted


class Namespaces:
    """Carries out the statements about catalogs and schemas that Spark does not know."""

    def __init__(self, catalog: Catalog, volumes: Volumes) -> None:
        self._catalog = catalog
        self._volumes = volumes
        self._records = catalog.records

    def handlers(self) -> Handlers:
        """What carries out each of the statements."""
        return {
            statements.UseSchema: self.use,
            statements.CreateCatalog: self.create_catalog,
            statements.DropCatalog: self.drop_catalog,
            statements.CommentOnCatalog: self.comment_on_catalog,
            statements.SetNamespaceTags: self.set_tags,
        }

    def create_catalog(self, statement: statements.CreateCatalog, session: Session) -> None:
        """Carry out `CREATE CATALOG`.

        Raises:
            SqlError: there is one of this name, or it is no name for a catalog.
        """
        check_object_name(statement.name)
        if not self._catalog.has_catalog(statement.name):
            self._catalog.create_catalog(statement.name, statement.comment)
        elif not statement.if_not_exists:
            raise already_exists("CATALOG", quoted((statement.name,)))

    def drop_catalog(self, statement: statements.DropCatalog, session: Session) -> None:
        """Carry out `DROP CATALOG`.

        Raises:
            SqlError: there is none of this name, it holds something, or it is not to be dropped.
        """
        name = own_catalog(statement.name)
        if name in (CATALOG, SYSTEM):
            raise SqlError("BUILT_IN_CATALOG", "DROP CATALOG doesn't support built-in catalogs.", "42832")
        if not self._catalog.has_catalog(name):
            if statement.if_exists:
                return
            raise no_such_catalog(statement.name)
        schemas = self._records.schemas.all(name)
        is_empty = all(
            each.schema == DEFAULT_SCHEMA
            and not self._records.relations.all(each.name)
            and not self._records.volumes.all(each.name)
            for each in schemas
        )
        if not is_empty and not statement.is_cascade:
            raise SqlError(
                "CATALOG_NOT_EMPTY",
                f"Cannot drop catalog '{name}' because it is not empty: name CASCADE to drop what it holds.",
                "2BP01",
            )
        self._catalog.drop_catalog(name)
        self._volumes.drop_orphans()

    def comment_on_catalog(self, statement: statements.CommentOnCatalog, session: Session) -> None:
        """Carry out `COMMENT ON CATALOG`."""
        self._records.catalogs.put(self._own_catalog(statement.name), statement.comment)

    def set_tags(self, statement: statements.SetNamespaceTags, session: Session) -> None:
        """Carry out `ALTER {CATALOG | SCHEMA} … {SET | UNSET} TAGS`."""
        if statement.schema:
            found = self._catalog.resolve_schema(statement.schema, session)
            where = (found.catalog, found.schema)
        else:
            where = (self._own_catalog(statement.catalog or session.catalog), "")
        self._records.tags.put_of_namespace(*where, statement.tags)

    def use(self, statement: statements.UseSchema, session: Session) -> None:
        """Carry out `USE [CATALOG | SCHEMA] name`.

        Raises:
            SqlError: the catalog or the schema does not exist.
        """
        if statement.catalog:
            catalog = self._catalog.check_catalog(statement.catalog)
            if statement.schema is None:
                session.catalog = statement.catalog.lower()
                session.schema = spark_schema(catalog, DEFAULT_SCHEMA)
                session.has_entered = catalog != SYSTEM
                if session.has_entered:
                    session.spark.sql(f"use {quoted((session.schema,))}")
        if statement.schema:
            session.spark.sql(f"use {quoted((statement.schema,))}")
            session.schema = statement.schema.lower()
            catalog, said = split(session.schema)[0], statement.catalog or session.catalog
            session.catalog = said.lower() if own_catalog(said) == catalog else catalog
            session.has_entered = True

    def _own_catalog(self, name: str) -> str:
        found = self._catalog.check_catalog(name)
        if found == SYSTEM:
            raise SqlError("BUILT_IN_CATALOG", "The statement doesn't support built-in catalogs.", "42832")
        return found
