"""What the warehouse remembers of functions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from emulators.warehouse.catalog.records.privileges import PrivilegeRecords
from emulators.warehouse.clock import now
from emulators.warehouse.sql import routines
from emulators.warehouse.storage.database import Database


@dataclass(frozen=True)
class FunctionRecord:
    """A function as recorded: the statement that made it, and what it says."""

    schema: str
    name: str
    sql: str
    details: dict[str, Any]


_FUNCTIONS = "select schema_name, name, sql, details from function_record"


class FunctionRecords:
    """Records of functions."""

    def __init__(self, database: Database, privileges: PrivilegeRecords) -> None:
        self._db = database
        self._privileges = privileges

    def put(self, schema: str, name: str, sql: str, current_schema: str) -> None:
        """Record a function by the statement that made it."""
        self._db.run(
            "insert or replace into function_record "
            "(schema_name, name, sql, current_schema, details, created) values (?, ?, ?, ?, ?, ?)",
            schema,
            name,
            sql,
            current_schema,
            json.dumps(routines.details(sql)),
            now(),
        )

    def has(self, schema: str, name: str) -> bool:
        """Whether a function of this name is recorded."""
        found = self._db.rows(
            "select 1 from function_record where schema_name = ? and name = ?", schema, name
        )
        return bool(found)

    def get(self, schema: str, name: str) -> FunctionRecord | None:
        """The function of this name."""
        return next(iter(self._functions("schema_name = ? and name = ?", schema, name)), None)

    def all(self, schema: str | None = None) -> list[FunctionRecord]:
        """The functions of a schema, or all."""
        return self._functions("schema_name = ? or ? is null", schema, schema)

    def statements(self) -> list[tuple[str, str]]:
        """The statements that make every function, each with the schema it runs in."""
        return [
            (sql, schema)
            for sql, schema in self._db.rows(
                "select sql, current_schema from function_record order by created"
            )
        ]

    def drop(self, schema: str, name: str) -> None:
        """Forget a function, its grants and its owner."""
        with self._db.transaction():
            self._privileges.drop("FUNCTION", schema, name)
            self._db.run("delete from function_record where schema_name = ? and name = ?", schema, name)

    def _functions(self, where: str, *values: str | None) -> list[FunctionRecord]:
        rows = self._db.rows(f"{_FUNCTIONS} where {where} order by schema_name, name", *values)
        return [FunctionRecord(schema, name, sql, json.loads(details)) for schema, name, sql, details in rows]
