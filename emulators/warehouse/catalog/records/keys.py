"""What the warehouse remembers of keys, which Delta has no place for."""

from __future__ import annotations

import json

from emulators.warehouse.names import split
from emulators.warehouse.sql.quoting import listed, quoted
from emulators.warehouse.sql.statements import Key
from emulators.warehouse.storage.database import Database


class KeyRecords:
    """Records of primary, unique and foreign keys."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, schema: str, name: str, key: Key, key_name: str, parent: tuple[str, str] | None) -> None:
        """Record a key."""
        self._db.run(
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

    def of(self, schema: str, name: str) -> list[tuple[str, Key, tuple[str, str] | None]]:
        """The keys of a relation: name, key, and the parent of a foreign one."""
        rows = self._db.rows(
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

    def drop(self, schema: str, name: str, key_name: str) -> None:
        """Forget a key."""
        self._db.run(
            "delete from key_record where schema_name = ? and relation_name = ? and name = ?",
            schema,
            name,
            key_name,
        )

    def to(self, schema: str, name: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
        """The foreign keys that point to a relation: where they are, their names, the columns they name."""
        rows = self._db.rows(
            "select schema_name, relation_name, name, parent_columns from key_record "
            "where parent_schema = ? and parent_name = ? order by schema_name, relation_name, name",
            schema,
            name,
        )
        return [(child_schema, child, key, tuple(json.loads(to))) for child_schema, child, key, to in rows]


def key_definition(key: Key, parent: tuple[str, str] | None) -> str:
    """A recorded key as a statement words it: ``FOREIGN KEY (`a`) REFERENCES `c`.`s`.`t` (`b`)``."""
    found = f"{key.kind} ({listed(key.columns)})"
    if parent:
        found += f" REFERENCES {quoted((*split(parent[0]), parent[1]))}"
        found += f" ({listed(key.parent_columns)})" if key.parent_columns else ""
    return found
