"""What the warehouse remembers of tables and views, beside their columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emulators.warehouse import names
from emulators.warehouse.catalog.records.columns import ColumnRecords
from emulators.warehouse.catalog.records.files import FileRecords
from emulators.warehouse.catalog.records.privileges import OWNER, PrivilegeRecords
from emulators.warehouse.catalog.spark_catalog import RelationEntry
from emulators.warehouse.clock import at, now
from emulators.warehouse.sql import json_paths
from emulators.warehouse.sql.table_properties import FORMAT
from emulators.warehouse.storage.database import Database

_RELATIONS = """
select schema_name, name, type, provider, location, comment, definition, properties, delta_version,
    clustering_columns, is_auto_clustered, created, last_altered,
    (
        select o.owner
        from owner_record as o
        where o.kind = 'TABLE' and o.schema_name = r.schema_name and o.relation_name = r.name
    )
from relation_record as r
"""


@dataclass(frozen=True)
class Relation:
    """A relation as recorded; its schema has the name it has inside Spark."""

    schema: str
    name: str
    type: str
    provider: str | None
    location: str | None
    comment: str | None
    definition: str | None
    properties: dict[str, str]
    delta_version: int | None
    clustering_columns: tuple[str, ...]
    is_auto_clustered: bool
    created: str
    last_altered: str
    owner: str = OWNER

    @property
    def is_delta(self) -> bool:
        """Whether its columns come from a Delta log."""
        return self.provider == "delta" and self.location is not None

    @property
    def format(self) -> str | None:
        """The provider as it is shown: what it was created `USING`."""
        return self.properties.get(FORMAT, self.provider)


_OF_ITS_MAKING = ("column_record", "comment_record", "key_record", "copied_file_record")
_KEPT_OVER_MAKING = ("tag_record", "row_filter_record", "column_mask_record")
"""Tables with rows about relations: those that go when a relation is made anew, and those that stay."""


class RelationRecords:
    """Records of tables and views."""

    def __init__(
        self, database: Database, columns: ColumnRecords, privileges: PrivilegeRecords, files: FileRecords
    ) -> None:
        self._db = database
        self._columns = columns
        self._privileges = privileges
        self._files = files

    def put(self, entry: RelationEntry, kind: str | None = None) -> None:
        """Record a relation as Spark's catalog holds it now; columns of Delta tables follow from the log."""
        moment = now()
        with self._db.transaction():
            self._db.run(
                "insert into relation_record (schema_name, name, entry, type, provider, location, comment, "
                "definition, properties, created, last_altered) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "on conflict do update set entry = excluded.entry, type = excluded.type, "
                "provider = excluded.provider, location = excluded.location, comment = excluded.comment, "
                "definition = excluded.definition, properties = excluded.properties, delta_version = null, "
                "last_altered = excluded.last_altered",
                entry.schema,
                entry.name,
                entry.dump(),
                kind or entry.kind,
                entry.provider,
                entry.location,
                entry.comment,
                self._written(entry.view_text) if entry.view_text else None,
                json.dumps(shown_properties(entry.properties)),
                at(entry.created_at / 1000),
                moment,
            )
            if entry.provider != "delta":
                self._columns.put(entry.schema, entry.name, entry.columns, entry.partition_columns)

    def put_delta_state(
        self,
        schema: str,
        name: str,
        version: int,
        written_at: float,
    ) -> None:
        """Record the version of a Delta log that was read, and when it was written."""
        self._db.run(
            "update relation_record set delta_version = ?, last_altered = ? "
            "where schema_name = ? and name = ?",
            version,
            at(written_at),
            schema,
            name,
        )

    def put_delta_metadata(
        self, schema: str, name: str, comment: str | None, properties: dict[str, str]
    ) -> None:
        """Record the comment and properties of a Delta table."""
        self._db.run(
            "update relation_record set comment = ?, properties = ? where schema_name = ? and name = ?",
            comment,
            json.dumps(properties),
            schema,
            name,
        )

    def put_clustering(self, schema: str, name: str, columns: Sequence[str]) -> None:
        """Record the columns a Delta table is clustered by."""
        self._db.run(
            "update relation_record set clustering_columns = ? where schema_name = ? and name = ?",
            json.dumps(columns),
            schema,
            name,
        )

    def _written(self, text: str) -> str:
        """The text of a view as its client wrote it."""
        return self._files.as_written(json_paths.restored(names.restored(text)))

    def put_definition(self, schema: str, name: str, kind: str, definition: str) -> None:
        """Record that a relation is of a kind Spark does not know, and its query."""
        self._db.run(
            "update relation_record set type = ?, definition = ? where schema_name = ? and name = ?",
            kind,
            self._written(definition),
            schema,
            name,
        )

    def put_type(self, schema: str, name: str, kind: str) -> None:
        """Record that a relation is of a kind Spark does not know."""
        self._db.run(
            "update relation_record set type = ? where schema_name = ? and name = ?", kind, schema, name
        )

    def set_auto_clustered(self, schema: str, name: str, is_auto: bool) -> None:
        """Record `CLUSTER BY AUTO`."""
        self._db.run(
            "update relation_record set is_auto_clustered = ? where schema_name = ? and name = ?",
            is_auto,
            schema,
            name,
        )

    def entries(self) -> list[RelationEntry]:
        """Every relation as Spark's catalog held it; tables before the views that may read them."""
        rows = self._db.rows(
            "select entry from relation_record order by type like '%VIEW', schema_name, name"
        )
        return [RelationEntry.load(text) for (text,) in rows]

    def get(self, schema: str, name: str) -> Relation | None:
        """The relation of this name."""
        return next(iter(self._relations("where schema_name = ? and name = ?", schema, name)), None)

    def all(self, schema: str | None = None) -> list[Relation]:
        """The relations of a schema, or all."""
        if schema is None:
            return self._relations("")
        return self._relations("where schema_name = ?", schema)

    def reset(self, schema: str, name: str) -> None:
        """Forget what was recorded about a relation that is made anew.

        Tags, the row filter and the masks stay, as on Databricks.
        """
        with self._db.transaction():
            self._delete(schema, name, _OF_ITS_MAKING)
            self._db.run(
                "delete from materialized_view_record where schema_name = ? and name = ?", schema, name
            )
            self.set_auto_clustered(schema, name, False)

    def drop(self, schema: str, name: str) -> None:
        """Forget a relation and everything recorded about it."""
        with self._db.transaction():
            self.reset(schema, name)
            self._delete(schema, name, _KEPT_OVER_MAKING)
            self._privileges.drop("TABLE", schema, name)
            self._db.run("delete from refresh_record where schema_name = ? and name = ?", schema, name)
            self._db.run("delete from relation_record where schema_name = ? and name = ?", schema, name)

    def _delete(self, schema: str, name: str, tables: Sequence[str]) -> None:
        for table in tables:
            self._db.run(
                f"delete from {table} where schema_name = ? and relation_name = ?",  # noqa: S608
                schema,
                name,
            )

    def rename(self, schema: str, name: str, new_schema: str, new_name: str) -> None:
        """Carry everything recorded about a relation over to its new name."""
        with self._db.transaction():
            self.drop(new_schema, new_name)
            for table in (*_OF_ITS_MAKING, *_KEPT_OVER_MAKING):
                if table == "column_record":  # these come from the log, or Spark's catalog
                    continue
                self._db.run(
                    f"update {table} set schema_name = ?, relation_name = ? "  # noqa: S608
                    "where schema_name = ? and relation_name = ?",
                    new_schema,
                    new_name,
                    schema,
                    name,
                )
            self._privileges.rename("TABLE", (schema, name), (new_schema, new_name))
            self._db.run(
                "update key_record set parent_schema = ?, parent_name = ? "
                "where parent_schema = ? and parent_name = ?",
                new_schema,
                new_name,
                schema,
                name,
            )
            self._delete(schema, name, ["column_record"])
            self._db.run("delete from relation_record where schema_name = ? and name = ?", schema, name)

    def _relations(self, where: str, *values: Any) -> list[Relation]:
        rows = self._db.rows(f"{_RELATIONS} {where} order by schema_name, name", *values)
        return [
            Relation(
                schema=row[0],
                name=row[1],
                type=row[2],
                provider=row[3],
                location=row[4],
                comment=row[5],
                definition=row[6],
                properties=json.loads(row[7]),
                delta_version=row[8],
                clustering_columns=tuple(json.loads(row[9])),
                is_auto_clustered=bool(row[10]),
                created=row[11],
                last_altered=row[12],
                owner=row[13] or OWNER,
            )
            for row in rows
        ]


def shown_properties(properties: dict[str, str]) -> dict[str, str]:
    """The properties a person set, without those in which Spark keeps a view's context and comment."""
    return {
        name: value
        for name, value in properties.items()
        if not name.startswith("view.") and name != "comment"
    }
