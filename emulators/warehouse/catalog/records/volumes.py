"""What the warehouse remembers of volumes."""

from __future__ import annotations

from dataclasses import dataclass

from emulators.warehouse.catalog.records.privileges import PrivilegeRecords
from emulators.warehouse.clock import now
from emulators.warehouse.storage.database import Database

MANAGED = "MANAGED"
EXTERNAL = "EXTERNAL"


@dataclass(frozen=True)
class VolumeRecord:
    """A volume as recorded.

    Attributes:
        schema: by the name it has inside Spark.
        location: URI of the folder of its files.
    """

    schema: str
    name: str
    type: str
    location: str
    comment: str | None


_VOLUMES = "select schema_name, name, type, location, comment from volume_record"


class VolumeRecords:
    """Records of volumes."""

    def __init__(self, database: Database, privileges: PrivilegeRecords) -> None:
        self._db = database
        self._privileges = privileges

    def put(self, volume: VolumeRecord) -> None:
        """Record a volume, or its comment."""
        moment = now()
        self._db.run(
            "insert into volume_record values (?, ?, ?, ?, ?, ?, ?) on conflict do update set "
            "comment = excluded.comment, last_altered = excluded.last_altered",
            volume.schema,
            volume.name,
            volume.type,
            volume.location,
            volume.comment,
            moment,
            moment,
        )

    def all(self, schema: str | None = None) -> list[VolumeRecord]:
        """The volumes of a schema, or all."""
        return self._volumes("schema_name = ? or ? is null", schema, schema)

    def get(self, schema: str, name: str) -> VolumeRecord | None:
        """The volume of this name."""
        return next(iter(self._volumes("schema_name = ? and name = ?", schema, name)), None)

    def _volumes(self, where: str, *values: str | None) -> list[VolumeRecord]:
        rows = self._db.rows(f"{_VOLUMES} where {where} order by schema_name, name", *values)
        return [VolumeRecord(*row) for row in rows]

    def rename(self, old: VolumeRecord, new: tuple[str, str]) -> None:
        """Carry what is recorded of a volume over to its new name."""
        with self._db.transaction():
            self._db.run(
                "update volume_record set schema_name = ?, name = ?, last_altered = ? "
                "where schema_name = ? and name = ?",
                *new,
                now(),
                *(old.schema, old.name),
            )
            self._privileges.rename("VOLUME", (old.schema, old.name), new)

    def drop(self, schema: str, name: str) -> None:
        """Forget a volume, its grants and its owner."""
        with self._db.transaction():
            self._privileges.drop("VOLUME", schema, name)
            self._db.run("delete from volume_record where schema_name = ? and name = ?", schema, name)
