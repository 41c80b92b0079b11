"""What the warehouse remembers of tags."""

from __future__ import annotations

from collections.abc import Mapping

from emulators.warehouse.storage.database import Database

Tags = Mapping[str, str | None]
"""Values by name; None unsets."""


class TagRecords:
    """Records of the tags of catalogs, schemas, relations and columns."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, schema: str, name: str, column: str | None, tags: Tags) -> None:
        """Set tags of a relation or a column."""
        with self._db.transaction():
            for tag, value in tags.items():
                key = (schema, name, column or "", tag)
                if value is None:
                    self._db.run(
                        "delete from tag_record where schema_name = ? and relation_name = ? "
                        "and column_name = ? and name = ?",
                        *key,
                    )
                else:
                    self._db.run("insert or replace into tag_record values (?, ?, ?, ?, ?)", *key, value)

    def put_of_namespace(self, catalog: str, schema: str, tags: Tags) -> None:
        """Set tags of a catalog (no schema) or schema, named as clients do."""
        with self._db.transaction():
            for tag, value in tags.items():
                key = (catalog, schema, tag)
                self._db.run(
                    "delete from namespace_tag_record "
                    "where catalog_name = ? and schema_name = ? and name = ?",
                    *key,
                )
                if value is not None:
                    self._db.run("insert into namespace_tag_record values (?, ?, ?, ?)", *key, value)
