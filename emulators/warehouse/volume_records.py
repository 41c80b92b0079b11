"""What the warehouse remembers of volumes."""

from __future__ import annotations

from dataclasses import dataclass

from emulators.warehouse.database import Database, now

MANAGED = "MANAGED"
EXTERNAL = "EXTERNAL"


@dataclass(frozen=True)
class VolumeRecord:
    """A volume as recorded; its schema has the name it has inside Spark."""

    schema: str
    name: str
    type: str
    location: str
    comment: str | None


class VolumeRecords(Database):
    """Records of volumes."""

    def put_volume(self, volume: VolumeRecord) -> None:
        """Record a volume, or its comment."""
        moment = now()
        self._run(
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

    def volumes(self, schema: str | None = None) -> list[VolumeRecord]:
        """The volumes of a schema, or all."""
        rows = self._rows(
            "select schema_name, name, type, location, comment from volume_record "
            "where schema_name = ? or ? is null order by 1, 2",
            schema,
            schema,
        )
        return [VolumeRecord(*row) for row in rows]

    def volume(self, schema: str, name: str) -> VolumeRecord | None:
        """The volume of this name."""
        return next((each for each in self.volumes(schema) if each.name == name), None)

    def rename_volume(self, old: VolumeRecord, new: VolumeRecord) -> None:
        """Carry what is recorded of a volume over to its new name and place."""
        with self.transaction():
            self._run(
                "update volume_record set schema_name = ?, name = ?, location = ?, last_altered = ? "
                "where schema_name = ? and name = ?",
                *(new.schema, new.name, new.location, now()),
                *(old.schema, old.name),
            )
            for table in ("grant_record", "owner_record"):
                self._run(
                    f"update {table} set schema_name = ?, relation_name = ? "  # noqa: S608
                    "where kind = 'VOLUME' and schema_name = ? and relation_name = ?",
                    *(new.schema, new.name, old.schema, old.name),
                )

    def drop_volume(self, schema: str, name: str) -> None:
        """Forget a volume, its grants and its owner."""
        with self.transaction():
            for table in ("grant_record", "owner_record"):
                self._run(
                    f"delete from {table} "  # noqa: S608
                    "where kind = 'VOLUME' and schema_name = ? and relation_name = ?",
                    schema,
                    name,
                )
            self._run("delete from volume_record where schema_name = ? and name = ?", schema, name)
