"""What the warehouse remembers of catalogs, schemas and functions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from emulators.warehouse import names
from emulators.warehouse.catalog.records.privileges import PrivilegeRecords
from emulators.warehouse.catalog.spark_catalog import SchemaEntry
from emulators.warehouse.clock import now
from emulators.warehouse.sql import routines


@dataclass(frozen=True)
class CatalogRecord:
    """A catalog as recorded; its name is in lower case."""

    name: str
    comment: str | None
    created: str
    last_altered: str


@dataclass(frozen=True)
class SchemaRecord:
    """A schema as recorded: `name` inside Spark, `catalog` and `schema` as clients say it."""

    name: str
    catalog: str
    schema: str
    comment: str
    location: str
    properties: dict[str, str]


@dataclass(frozen=True)
class FunctionRecord:
    """A function as recorded: the statement that made it, and what it says."""

    schema: str
    name: str
    sql: str
    details: dict[str, Any]


_SCHEMAS = "select name, catalog_name, schema_name, comment, location, properties from schema_record"
_FUNCTIONS = "select schema_name, name, sql, details from function_record"


class NamespaceRecords(PrivilegeRecords):
    """Records of catalogs, schemas and functions."""

    # Catalogs and schemas

    def put_catalog(self, name: str, comment: str | None) -> None:
        """Record a catalog, or its comment."""
        moment = now()
        self._run(
            "insert into catalog_record values (?, ?, ?, ?) on conflict do update set "
            "comment = excluded.comment, last_altered = excluded.last_altered",
            name,
            comment,
            moment,
            moment,
        )

    def drop_catalog(self, name: str) -> None:
        """Forget a catalog whose schemas are gone."""
        with self.transaction():
            self._run("delete from namespace_tag_record where catalog_name = ?", name)
            self.drop_privileges("CATALOG", name, "")
            self._run("delete from catalog_record where name = ?", name)

    def catalogs(self) -> list[CatalogRecord]:
        """Every catalog."""
        rows = self._rows("select name, comment, created, last_altered from catalog_record order by name")
        return [CatalogRecord(*row) for row in rows]

    def catalog(self, name: str) -> CatalogRecord | None:
        """The catalog of this name."""
        rows = self._rows(
            "select name, comment, created, last_altered from catalog_record where name = ?", name
        )
        return CatalogRecord(*rows[0]) if rows else None

    def put_schema(self, entry: SchemaEntry) -> None:
        """Record a schema as it is now."""
        moment = now()
        self._run(
            "insert into schema_record (name, catalog_name, schema_name, comment, location, properties, "
            "created, last_altered) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set "
            "comment = excluded.comment, location = excluded.location, properties = excluded.properties, "
            "last_altered = excluded.last_altered",
            entry.name,
            *names.split(entry.name),
            entry.comment or "",
            entry.location,
            json.dumps(entry.properties),
            moment,
            moment,
        )

    def drop_schema(self, name: str) -> None:
        """Forget a schema and its functions."""
        with self.transaction():
            self._run("delete from function_record where schema_name = ?", name)
            self._run("delete from tag_record where schema_name = ?", name)
            for table in ("grant_record", "owner_record"):
                self._run(f"delete from {table} where schema_name = ? and kind <> 'CATALOG'", name)  # noqa: S608
            self._run(
                "delete from namespace_tag_record where catalog_name = ? and schema_name = ?",
                *names.split(name),
            )
            self._run("delete from schema_record where name = ?", name)

    def schemas(self, catalog: str | None = None) -> list[SchemaRecord]:
        """The schemas of a catalog, or all."""
        return self._schemas("catalog_name = ? or ? is null", catalog, catalog)

    def schema(self, name: str) -> SchemaRecord | None:
        """The schema of this name inside Spark."""
        return next(iter(self._schemas("name = ?", name)), None)

    def has_schema(self, name: str) -> bool:
        """Whether a schema of this name inside Spark is recorded."""
        return bool(self._rows("select 1 from schema_record where name = ?", name))

    def _schemas(self, where: str, *values: str | None) -> list[SchemaRecord]:
        rows = self._rows(f"{_SCHEMAS} where {where} order by catalog_name, schema_name", *values)
        return [
            SchemaRecord(name, catalog, schema, comment, location, json.loads(properties))
            for name, catalog, schema, comment, location, properties in rows
        ]

    def put_namespace_tags(self, catalog: str, schema: str, tags: dict[str, str | None]) -> None:
        """Set tags of a catalog (no schema) or schema, named as clients do; a value of None unsets."""
        with self.transaction():
            for tag, value in tags.items():
                key = (catalog, schema, tag)
                self._run(
                    "delete from namespace_tag_record "
                    "where catalog_name = ? and schema_name = ? and name = ?",
                    *key,
                )
                if value is not None:
                    self._run("insert into namespace_tag_record values (?, ?, ?, ?)", *key, value)

    # Functions

    def put_function(self, schema: str, name: str, sql: str, current_schema: str) -> None:
        """Record a function by the statement that made it."""
        self._run(
            "insert or replace into function_record "
            "(schema_name, name, sql, current_schema, details, created) values (?, ?, ?, ?, ?, ?)",
            schema,
            name,
            sql,
            current_schema,
            json.dumps(routines.details(sql)),
            now(),
        )

    def drop_function(self, schema: str, name: str) -> None:
        """Forget a function, its grants and its owner."""
        with self.transaction():
            self.drop_privileges("FUNCTION", schema, name)
            self._run("delete from function_record where schema_name = ? and name = ?", schema, name)

    def has_function(self, schema: str, name: str) -> bool:
        """Whether a function of this name is recorded."""
        found = self._rows("select 1 from function_record where schema_name = ? and name = ?", schema, name)
        return bool(found)

    def functions(self) -> list[tuple[str, str]]:
        """The statements that make every function, each with the schema it runs in."""
        return [
            (sql, schema)
            for sql, schema in self._rows("select sql, current_schema from function_record order by created")
        ]

    def functions_of(self, schema: str | None = None) -> list[FunctionRecord]:
        """The functions of a schema, or all."""
        return self._functions("schema_name = ? or ? is null", schema, schema)

    def function(self, schema: str, name: str) -> FunctionRecord | None:
        """The function of this name."""
        return next(iter(self._functions("schema_name = ? and name = ?", schema, name)), None)

    def _functions(self, where: str, *values: str | None) -> list[FunctionRecord]:
        rows = self._rows(f"{_FUNCTIONS} where {where} order by schema_name, name", *values)
        return [FunctionRecord(schema, name, sql, json.loads(details)) for schema, name, sql, details in rows]
