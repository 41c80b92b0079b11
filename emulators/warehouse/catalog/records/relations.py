"""What the warehouse remembers, in one SQLite file: every relation, and what Spark has no place for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import types as t

from emulators.warehouse import names
from emulators.warehouse.catalog.records.derived import DerivedRecords
from emulators.warehouse.catalog.records.files import FileRecords
from emulators.warehouse.catalog.records.namespaces import NamespaceRecords
from emulators.warehouse.catalog.records.privileges import OWNER
from emulators.warehouse.catalog.records.volumes import VolumeRecords
from emulators.warehouse.catalog.spark_catalog import RelationEntry
from emulators.warehouse.clock import at, now
from emulators.warehouse.sql import type_names
from emulators.warehouse.sql.statements import Key
from emulators.warehouse.sql.table_properties import FORMAT

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


@dataclass(frozen=True)
class ColumnRecord:
    """A column as recorded; `type` is Spark's, `comment` the one in force."""

    name: str
    type: t.DataType
    is_nullable: bool
    comment: str | None
    is_partition: bool
    default: str | None = None
    generation: str | None = None


class Records(NamespaceRecords, VolumeRecords, DerivedRecords, FileRecords):
    """What is recorded of relations, beside what is of namespaces, volumes, derived relations and files."""

    def drop_schema(self, name: str) -> None:
        """Forget a schema and all that was in it."""
        with self.transaction():
            for (relation,) in self._rows("select name from relation_record where schema_name = ?", name):
                self.drop_relation(name, relation)
            super().drop_schema(name)

    def put_relation(self, entry: RelationEntry, kind: str | None = None) -> None:
        """Record a relation as Spark's catalog holds it now; columns of Delta tables follow from the log."""
        moment = now()
        with self.transaction():
            self._run(
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
                self.as_written(names.restored(entry.view_text)) if entry.view_text else None,
                json.dumps(shown_properties(entry.properties)),
                at(entry.created_at / 1000),
                moment,
            )
            if entry.provider != "delta":
                self.put_columns(entry.schema, entry.name, entry.columns, entry.partition_columns)

    def put_delta_state(
        self,
        schema: str,
        name: str,
        version: int,
        written_at: float,
    ) -> None:
        """Record the version of a Delta log that was read, and when it was written."""
        self._run(
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
        self._run(
            "update relation_record set comment = ?, properties = ? where schema_name = ? and name = ?",
            comment,
            json.dumps(properties),
            schema,
            name,
        )

    def put_clustering(self, schema: str, name: str, columns: Sequence[str]) -> None:
        """Record the columns a Delta table is clustered by."""
        self._run(
            "update relation_record set clustering_columns = ? where schema_name = ? and name = ?",
            json.dumps(columns),
            schema,
            name,
        )

    def put_definition(self, schema: str, name: str, kind: str, definition: str) -> None:
        """Record that a relation is of a kind Spark does not know, and its query."""
        self._run(
            "update relation_record set type = ?, definition = ? where schema_name = ? and name = ?",
            kind,
            names.restored(definition),
            schema,
            name,
        )

    def put_type(self, schema: str, name: str, kind: str) -> None:
        """Record that a relation is of a kind Spark does not know."""
        self._run(
            "update relation_record set type = ? where schema_name = ? and name = ?", kind, schema, name
        )

    def set_auto_clustered(self, schema: str, name: str, is_auto: bool) -> None:
        """Record `CLUSTER BY AUTO`."""
        self._run(
            "update relation_record set is_auto_clustered = ? where schema_name = ? and name = ?",
            is_auto,
            schema,
            name,
        )

    def put_columns(
        self, schema: str, name: str, columns: dict[str, Any], partition_columns: Sequence[str]
    ) -> None:
        """Record the columns of a relation, from Spark's JSON; of those that are gone nothing stays."""
        with self.transaction():
            self._run("delete from column_record where schema_name = ? and relation_name = ?", schema, name)
            for position, each in enumerate(t.StructType.fromJson(columns)):
                kind = type_names.declared(each.dataType, each.metadata)
                precision = type_names.numeric_precision(kind)
                self._run(
                    "insert into column_record values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    schema,
                    name,
                    each.name,
                    position,
                    kind.json(),
                    type_names.data_type(kind),
                    type_names.full_data_type(kind),
                    precision,
                    kind.scale if isinstance(kind, t.DecimalType) else 0 if precision else None,
                    each.nullable,
                    (each.metadata or {}).get("CURRENT_DEFAULT"),
                    partition_columns.index(each.name) + 1 if each.name in partition_columns else None,
                    (each.metadata or {}).get("comment"),
                    _generation(each.metadata or {}),
                )
            for table in ("comment_record", "tag_record"):
                self._run(
                    f"delete from {table} where schema_name = ? and relation_name = ? "  # noqa: S608
                    "and column_name <> '' and column_name not in "
                    "(select name from column_record where schema_name = ? and relation_name = ?)",
                    *(schema, name) * 2,
                )

    def rename_column(self, schema: str, name: str, column: str, new_column: str) -> None:
        """Carry what was recorded about a column over to its new name."""
        with self.transaction():
            for table in ("comment_record", "tag_record", "column_mask_record"):
                self._run(
                    f"update {table} set column_name = ? "  # noqa: S608
                    "where schema_name = ? and relation_name = ? and column_name = ?",
                    new_column,
                    schema,
                    name,
                    column,
                )

    def drop_comments(self, schema: str, name: str) -> None:
        """Forget the comments of a relation's columns."""
        self._run("delete from comment_record where schema_name = ? and relation_name = ?", schema, name)

    def drop_relation(self, schema: str, name: str) -> None:
        """Forget a relation and everything recorded about it."""
        with self.transaction():
            self.reset_relation(schema, name)
            self.drop_policies(schema, name)
            self._run("delete from refresh_record where schema_name = ? and name = ?", schema, name)
            self._run("delete from relation_record where schema_name = ? and name = ?", schema, name)

    def reset_relation(self, schema: str, name: str) -> None:
        """Forget what was recorded about a relation that is made anew.

        Tags, the row filter and the masks stay, as on Databricks.
        """
        with self.transaction():
            for table in ("column_record", "comment_record", "key_record", "copied_file_record"):
                self._run(
                    f"delete from {table} where schema_name = ? and relation_name = ?",  # noqa: S608
                    schema,
                    name,
                )
            self._run("delete from materialized_view_record where schema_name = ? and name = ?", schema, name)
            self.set_auto_clustered(schema, name, False)

    def drop_tags(self, schema: str, name: str) -> None:
        """Forget tags, grants and the owner of a relation that was dropped."""
        with self.transaction():
            self._run("delete from tag_record where schema_name = ? and relation_name = ?", schema, name)
            self.drop_privileges("TABLE", schema, name)

    def rename_relation(self, schema: str, name: str, new_schema: str, new_name: str) -> None:
        """Carry everything recorded about a relation over to its new name."""
        with self.transaction():
            self.drop_relation(new_schema, new_name)
            self.drop_tags(new_schema, new_name)
            for table in (
                "comment_record",
                "tag_record",
                "key_record",
                "row_filter_record",
                "column_mask_record",
                "copied_file_record",
            ):
                self._run(
                    f"update {table} set schema_name = ?, relation_name = ? "  # noqa: S608
                    "where schema_name = ? and relation_name = ?",
                    new_schema,
                    new_name,
                    schema,
                    name,
                )
            self.rename_privileges("TABLE", (schema, name), (new_schema, new_name))
            self._run(
                "update key_record set parent_schema = ?, parent_name = ? "
                "where parent_schema = ? and parent_name = ?",
                new_schema,
                new_name,
                schema,
                name,
            )
            self._run("delete from column_record where schema_name = ? and relation_name = ?", schema, name)
            self._run("delete from relation_record where schema_name = ? and name = ?", schema, name)

    def entries(self) -> list[RelationEntry]:
        """Every relation as Spark's catalog held it; tables before the views that may read them."""
        rows = self._rows("select entry from relation_record order by type like '%VIEW', schema_name, name")
        return [RelationEntry.load(text) for (text,) in rows]

    def relation(self, schema: str, name: str) -> Relation | None:
        """The relation of this name."""
        return next(iter(self._relations("where schema_name = ? and name = ?", schema, name)), None)

    def relations(self, schema: str | None = None) -> list[Relation]:
        """The relations of a schema, or all."""
        if schema is None:
            return self._relations("")
        return self._relations("where schema_name = ?", schema)

    def columns(self, schema: str, name: str) -> list[ColumnRecord]:
        """The columns of a relation, in order."""
        rows = self._rows(
            "select r.name, r.type, r.is_nullable, "
            "case when c.column_name is null then r.comment else c.comment end, "
            "r.partition_position is not null, r.column_default, r.generation "
            "from column_record as r left join comment_record as c "
            "on c.schema_name = r.schema_name and c.relation_name = r.relation_name "
            "and c.column_name = r.name "
            "where r.schema_name = ? and r.relation_name = ? order by r.position",
            schema,
            name,
        )
        parse = t._parse_datatype_json_string
        return [
            ColumnRecord(column, parse(kind), bool(nullable), comment, bool(partition), default, generation)
            for column, kind, nullable, comment, partition, default, generation in rows
        ]

    # What Spark has no place for

    def put_comment(self, schema: str, name: str, column: str, comment: str | None) -> None:
        """Record a column's comment."""
        self._run("insert or replace into comment_record values (?, ?, ?, ?)", schema, name, column, comment)

    def put_tags(self, schema: str, name: str, column: str | None, tags: dict[str, str | None]) -> None:
        """Set tags; a value of None unsets."""
        with self.transaction():
            for tag, value in tags.items():
                key = (schema, name, column or "", tag)
                if value is None:
                    self._run(
                        "delete from tag_record where schema_name = ? and relation_name = ? "
                        "and column_name = ? and name = ?",
                        *key,
                    )
                else:
                    self._run("insert or replace into tag_record values (?, ?, ?, ?, ?)", *key, value)

    def put_key(
        self, schema: str, name: str, key: Key, key_name: str, parent: tuple[str, str] | None
    ) -> None:
        """Record a key."""
        self._run(
            "insert into key_record values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            schema,
            name,
            key_name,
            key.kind,
            json.dumps(key.columns),
            parent[0] if parent else None,
            parent[1] if parent else None,
            json.dumps(key.parent_columns),
            key.is_rely,
        )

    def keys(self, schema: str, name: str) -> list[tuple[str, Key, tuple[str, str] | None]]:
        """The keys of a relation: name, key, and the parent of a foreign one."""
        rows = self._rows(
            "select name, type, columns, parent_schema, parent_name, parent_columns, is_rely from key_record "
            "where schema_name = ? and relation_name = ? order by type desc, name",
            schema,
            name,
        )
        found = []
        for key_name, kind, columns, parent_schema, parent_name, parent_columns, is_rely in rows:
            parent = (parent_schema, parent_name) if parent_name else None
            key = Key(
                key_name,
                kind,
                tuple(json.loads(columns)),
                parent or (),
                tuple(json.loads(parent_columns)),
                bool(is_rely),
            )
            found.append((key_name, key, parent))
        return found

    def drop_key(self, schema: str, name: str, key_name: str) -> None:
        """Forget a key."""
        self._run(
            "delete from key_record where schema_name = ? and relation_name = ? and name = ?",
            schema,
            name,
            key_name,
        )

    def keys_to(self, schema: str, name: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
        """The foreign keys that point to a relation: where they are, their names, the columns they name."""
        rows = self._rows(
            "select schema_name, relation_name, name, parent_columns from key_record "
            "where parent_schema = ? and parent_name = ? order by schema_name, relation_name, name",
            schema,
            name,
        )
        return [(child_schema, child, key, tuple(json.loads(to))) for child_schema, child, key, to in rows]

    def _relations(self, where: str, *values: Any) -> list[Relation]:
        rows = self._rows(f"{_RELATIONS} {where} order by schema_name, name", *values)
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


def _generation(metadata: dict[str, Any]) -> str | None:
    """How a column is generated, by what the Delta protocol keeps of it in the schema."""
    if (expression := metadata.get("delta.generationExpression")) is not None:
        return f"GENERATED ALWAYS AS ( {expression} )"
    if (start := metadata.get("delta.identity.start")) is not None:
        when = "BY DEFAULT" if metadata.get("delta.identity.allowExplicitInsert") else "ALWAYS"
        step = metadata["delta.identity.step"]
        return f"GENERATED {when} AS IDENTITY (START WITH {start} INCREMENT BY {step})"
    return None


def shown_properties(properties: dict[str, str]) -> dict[str, str]:
    """The properties a person set, without those in which Spark keeps a view's context and comment."""
    return {
        name: value
        for name, value in properties.items()
        if not name.startswith("view.") and name != "comment"
    }
