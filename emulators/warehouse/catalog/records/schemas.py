"""What the warehouse remembers of schemas."""

from __future__ import annotations

import json
from dataclasses import dataclass

from emulators.warehouse import names
from emulators.warehouse.catalog.records.relations import RelationRecords
from emulators.warehouse.catalog.spark_catalog import SchemaEntry
from emulators.warehouse.clock import now
from emulators.warehouse.storage.database import Database


@dataclass(frozen=True)
class SchemaRecord:
    """A schema as recorded: `name` inside Spark, `catalog` and `schema` as clients say it."""

    name: str
    catalog: str
    schema: str
    comment: str
    location: str
    properties: dict[str, str]


_SCHEMAS = "select name, catalog_name, schema_name, comment, location, properties from schema_record"


class SchemaRecords:
    """Records of schemas."""

    def __init__(self, database: Database, relations: RelationRecords) -> None:
        self._db = database
        self._relations = relations

    def put(self, entry: SchemaEntry) -> None:
        """Record a schema as it is now."""
        moment = now()
        self._db.run(
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

    def all(self, catalog: str | None = None) -> list[SchemaRecord]:
        """The schemas of a catalog, or all."""
        return self._schemas("catalog_name = ? or ? is null", catalog, catalog)

    def get(self, name: str) -> SchemaRecord | None:
        """The schema of this name inside Spark."""
        return next(iter(self._schemas("name = ?", name)), None)

    def has(self, name: str) -> bool:
        """Whether a schema of this name inside Spark is recorded."""
        return bool(self._db.rows("select 1 from schema_record where name = ?", name))

    def drop(self, name: str) -> None:
        """Forget a schema and all that was in it, its volumes aside: their files go with them."""
        with self._db.transaction():
            for relation in self._relations.all(name):
                self._relations.drop(name, relation.name)
            self._db.run("delete from function_record where schema_name = ?", name)
            self._db.run("delete from tag_record where schema_name = ?", name)
            for table in ("grant_record", "owner_record"):
                self._db.run(f"delete from {table} where schema_name = ? and kind <> 'CATALOG'", name)  # noqa: S608
            self._db.run(
                "delete from namespace_tag_record where catalog_name = ? and schema_name = ?",
                *names.split(name),
            )
            self._db.run("delete from schema_record where name = ?", name)

    def _schemas(self, where: str, *values: str | None) -> list[SchemaRecord]:
        rows = self._db.rows(f"{_SCHEMAS} where {where} order by catalog_name, schema_name", *values)
        return [
            SchemaRecord(name, catalog, schema, comment, location, json.loads(properties))
            for name, catalog, schema, comment, location, properties in rows
        ]
