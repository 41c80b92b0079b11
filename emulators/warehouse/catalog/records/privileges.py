"""What the warehouse remembers of grants and owners of every kind of object."""

from __future__ import annotations

from collections.abc import Iterable

from emulators.warehouse.storage.database import Database

OWNER = "root"
"""Who owns what nobody was given."""

_TABLES = ("grant_record", "owner_record")


class PrivilegeRecords:
    """Records of grants and owners."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put_grants(
        self, kind: str, schema: str, name: str, principal: str, privileges: Iterable[str], is_grant: bool
    ) -> None:
        """Record what GRANT gave or REVOKE took."""
        with self._db.transaction():
            for privilege in privileges:
                key = (kind, schema, name, principal, privilege)
                if is_grant:
                    self._db.run("insert or replace into grant_record values (?, ?, ?, ?, ?)", *key)
                else:
                    self._db.run(
                        "delete from grant_record where kind = ? and schema_name = ? and relation_name = ? "
                        "and principal = ? and privilege = ?",
                        *key,
                    )

    def grants(self, kind: str, schema: str, name: str) -> list[tuple[str, str]]:
        """Principals and their privileges."""
        return [
            (principal, privilege)
            for principal, privilege in self._db.rows(
                "select principal, privilege from grant_record "
                "where kind = ? and schema_name = ? and relation_name = ? order by 1, 2",
                kind,
                schema,
                name,
            )
        ]

    def put_owner(self, kind: str, schema: str, name: str, owner: str) -> None:
        """Record whose an object is from now on."""
        self._db.run("insert or replace into owner_record values (?, ?, ?, ?)", kind, schema, name, owner)

    def owner(self, kind: str, schema: str, name: str = "") -> str:
        """Whose an object is."""
        rows = self._db.rows(
            "select owner from owner_record where kind = ? and schema_name = ? and relation_name = ?",
            kind,
            schema,
            name,
        )
        return str(rows[0][0]) if rows else OWNER

    def drop(self, kind: str, schema: str, name: str) -> None:
        """Forget the grants and the owner of an object that was dropped."""
        for table in _TABLES:
            self._db.run(
                f"delete from {table} where kind = ? and schema_name = ? and relation_name = ?",  # noqa: S608
                kind,
                schema,
                name,
            )

    def rename(self, kind: str, old: tuple[str, str], new: tuple[str, str]) -> None:
        """Carry the grants and the owner of an object over to its new schema and name."""
        for table in _TABLES:
            self._db.run(
                f"update {table} set schema_name = ?, relation_name = ? "  # noqa: S608
                "where kind = ? and schema_name = ? and relation_name = ?",
                *new,
                kind,
                *old,
            )
