"""The session catalog inside Spark: reads what it holds as plain data, and puts it back after a restart.

Spark runs with its in-memory catalog, whose calls take microseconds (Hive on Derby takes 50 to 100 ms for
a change, and 4 s for its first). What it holds is kept in `records`.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession


@dataclass(frozen=True)
class SchemaEntry:
    """A schema as Spark's catalog holds it."""

    name: str
    comment: str
    location: str
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RelationEntry:
    """A table or view as Spark's catalog holds it; Delta tables keep their columns in their log instead.

    Attributes:
        kind: MANAGED, EXTERNAL, VIEW or METRIC_VIEW.
        columns: Spark's JSON of the columns.
        created_at: milliseconds since the epoch.
    """

    schema: str
    name: str
    kind: str
    provider: str | None
    location: str | None
    columns: dict[str, Any]
    partition_columns: list[str]
    options: dict[str, str]
    properties: dict[str, str]
    view_text: str | None
    comment: str | None
    created_at: int
    collation: str | None = None

    @staticmethod
    def managed(schema: str, name: str, location: str) -> RelationEntry:
        """The entry of a managed Delta table, as Delta makes it."""
        return RelationEntry(
            schema=schema,
            name=name,
            kind="MANAGED",
            provider="delta",
            location=location,
            columns={"type": "struct", "fields": []},
            partition_columns=[],
            options={},
            properties={},
            view_text=None,
            comment=None,
            created_at=int(time.time() * 1000),
        )

    def dump(self) -> str:
        """This entry as text, for `load`."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @staticmethod
    def load(text: str) -> RelationEntry:
        """The entry that `dump` wrote."""
        return RelationEntry(**json.loads(text))


class SparkCatalog:
    """Reaches Spark's external catalog through py4j."""

    def __init__(self, spark: SparkSession) -> None:
        jvm: Any = spark._jvm
        session: Any = spark._jsparkSession
        self._jvm = jvm
        self._catalog = session.sharedState().externalCatalog()
        self._mapper = jvm.com.fasterxml.jackson.databind.ObjectMapper()
        self._mapper.registerModule(jvm.com.fasterxml.jackson.module.scala.DefaultScalaModule())
        package = jvm.org.apache.spark.sql.catalyst.catalog
        self._storage_class = package.CatalogStorageFormat
        self._table_module = getattr(getattr(package, "CatalogTable$"), "MODULE$")
        self._type_class = package.CatalogTableType
        self._database_class = package.CatalogDatabase
        self._utils = getattr(getattr(package, "CatalogUtils$"), "MODULE$")

    def schema_names(self) -> list[str]:
        """Every schema."""
        return list(self._read(self._catalog.listDatabases()))

    def relation_names(self, schema: str) -> list[str]:
        """Every table and view of a schema."""
        return list(self._read(self._catalog.listTables(schema)))

    def schema(self, name: str) -> SchemaEntry | None:
        """The schema of this name."""
        if not self._catalog.databaseExists(name):
            return None
        found = self._catalog.getDatabase(name)
        return SchemaEntry(
            found.name(), found.description(), found.locationUri().toString(), self._read(found.properties())
        )

    def relation(self, schema: str, name: str) -> RelationEntry | None:
        """The table or view of this name."""
        if not self._catalog.databaseExists(schema) or not self._catalog.tableExists(schema, name):
            return None
        found = self._catalog.getTable(schema, name)
        location = _get(found.storage().locationUri())
        return RelationEntry(
            schema=schema,
            name=name,
            kind=found.tableType().name(),
            provider=_get(found.provider()),
            location=self._utils.URIToString(location) if location is not None else None,
            columns=json.loads(found.schema().json()),
            partition_columns=self._read(found.partitionColumnNames()),
            options=self._read(found.storage().properties()),
            properties=self._read(found.properties()),
            view_text=_get(found.viewText()),
            comment=_get(found.comment()),
            created_at=found.createTime(),
            collation=_get(found.collation()),
        )

    def create_schema(self, entry: SchemaEntry, folder: Path) -> None:
        """Put a recorded schema back.

        Args:
            entry: the schema.
            folder: any that is there: Spark makes that of a new schema, whose own may be out of reach.
        """
        properties = self._jvm.PythonUtils.toScalaMap(entry.properties)
        for uri in (folder.as_uri(), entry.location):
            location = self._jvm.java.net.URI(uri)
            database = self._database_class(entry.name, entry.comment, location, properties)
            if self._catalog.databaseExists(entry.name):
                self._catalog.alterDatabase(database)
            else:
                self._catalog.createDatabase(database, True)

    def create_relation(self, entry: RelationEntry) -> None:
        """Put a recorded table or view back."""
        jvm = self._jvm
        option = jvm.scala.Option
        to_map = jvm.PythonUtils.toScalaMap
        identifier = jvm.org.apache.spark.sql.catalyst.TableIdentifier(entry.name, option.apply(entry.schema))
        location = option.apply(self._utils.stringToURI(entry.location) if entry.location else None)
        none = option.empty()
        storage = self._storage_class(location, none, none, none, False, to_map(entry.options), none)
        values = {
            "identifier": identifier,
            "tableType": self._type_class(entry.kind),
            "storage": storage,
            "schema": jvm.org.apache.spark.sql.types.DataType.fromJson(json.dumps(entry.columns)),
            "provider": option.apply(entry.provider),
            "partitionColumnNames": jvm.PythonUtils.toSeq(entry.partition_columns),
            "createTime": entry.created_at,
            "properties": to_map(entry.properties),
            "viewText": option.apply(entry.view_text),
            "comment": option.apply(entry.comment),
            "collation": option.apply(entry.collation),
            "viewOriginalText": option.apply(entry.view_text),
            # Partitions of a table that is not Delta are found from its files, for nobody records them.
            "tracksPartitionsInCatalog": False,
        }
        self._catalog.createTable(self._table(values), True)

    def _table(self, values: dict[str, Any]) -> Any:
        """A CatalogTable of the named fields, and of the class's own defaults for the others."""
        arguments = []
        for index, name in enumerate(_FIELDS):
            if name in values:
                arguments.append(values[name])
            else:
                arguments.append(getattr(self._table_module, f"apply$default${index + 1}")())
        return self._table_module.apply(*arguments)

    def _read(self, scala: Any) -> Any:
        """A Scala collection of strings as Python data, in one call."""
        return json.loads(self._mapper.writeValueAsString(scala))


_FIELDS = (
    "identifier",
    "tableType",
    "storage",
    "schema",
    "provider",
    "partitionColumnNames",
    "bucketSpec",
    "owner",
    "createTime",
    "lastAccessTime",
    "createVersion",
    "properties",
    "stats",
    "viewText",
    "comment",
    "collation",
    "unsupportedFeatures",
    "tracksPartitionsInCatalog",
    "schemaPreservesCase",
    "ignoredProperties",
    "viewOriginalText",
    "multipartIdentifier",
)
"""Fields of Spark 4.2's CatalogTable, in order."""


def _get(option: Any) -> Any:
    return option.get() if option.isDefined() else None
