"""What the warehouse remembers of catalogs."""

from __future__ import annotations

from dataclasses import dataclass

from emulators.warehouse.catalog.records.privileges import PrivilegeRecords
from emulators.warehouse.clock import now
from emulators.warehouse.storage.database import Database


@dataclass(frozen=True)
class CatalogRecord:
    """A catalog as recorded; its name is in lower case."""

    name: str
    comment: str | None
    created: str
    last_altered: str


class CatalogRecords:
    """Records of catalogs."""

    def __init__(self, database: Database, privileges: PrivilegeRecords) -> None:
        self._db = database
        self._privileges = privileges

    def put(self, name: str, comment: str | None) -> None:
        """Record a catalog, or its comment."""
        moment = now()
        self._db.run(
            "insert into catalog_record values (?, ?, ?, ?) on conflict do update set "
            "comment = excluded.comment, last_altered = excluded.last_altered",
            name,
            comment,
            moment,
            moment,
        )

    def all(self) -> list[CatalogRecord]:
        """Every catalog."""
        rows = self._db.rows("select name, comment, created, last_altered from catalog_record order by name")
        return [CatalogRecord(*row) for row in rows]

    def get(self, name: str) -> CatalogRecord | None:
        """The catalog of this name."""
        rows = self._db.rows(
            "select name, comment, created, last_altered from catalog_record where name = ?", name
        )
        return CatalogRecord(*rows[0]) if rows else None

    def drop(self, name: str) -> None:
        """Forget a catalog whose schemas are gone."""
        with self._db.transaction():
            self._db.run("delete from namespace_tag_record where catalog_name = ?", name)
            self._privileges.drop("CATALOG", name, "")
            self._db.run("delete from catalog_record where name = ?", name)
