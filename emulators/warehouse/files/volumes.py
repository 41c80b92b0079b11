"""Volumes: folders of files under `/Volumes/<catalog>/<schema>/<volume>`.

A managed volume has a folder of its own under one of the warehouse, and keeps it when it is renamed.
https://docs.databricks.com/aws/en/volumes/
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pyspark.sql import types as t

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.locations import local_path
from emulators.warehouse.catalog.object_names import check_object_name
from emulators.warehouse.catalog.records.volumes import EXTERNAL, MANAGED, VolumeRecord
from emulators.warehouse.errors import already_exists, unsupported
from emulators.warehouse.files import signed_links
from emulators.warehouse.files.signed_links import FileLinks, FileOperation
from emulators.warehouse.files.volume_paths import (
    VolumePaths,
    folder_of,
    path_not_found,
    volume_not_found,
    without_scheme,
)
from emulators.warehouse.names import split
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import Column, ResultSet
from emulators.warehouse.sessions.handlers import Handlers
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql import patterns, statements
from emulators.warehouse.sql.quoting import quoted
from emulators.warehouse.sql.statements import Name

_SHOWN = 50
"""How many characters of a volume's name its folder shows."""

_LISTED = 1001
"""At most so many files are listed when a LIST names no number."""


class Volumes:
    """Carries out the statements about volumes and their files.

    Args:
        catalog: whose schemas they are in.
        folder: where their files lie.
        links: through which drivers read and write them.
    """

    def __init__(self, catalog: Catalog, folder: Path, links: FileLinks) -> None:
        self.paths = VolumePaths(catalog.records)
        """What finds the files behind paths."""
        self._catalog = catalog
        self._records = catalog.records
        self._folder = folder
        self._links = links

    def handlers(self) -> Handlers:
        """What carries out each of the statements."""
        return {
            statements.CreateVolume: self.create,
            statements.DropVolume: self.drop,
            statements.RenameVolume: self.rename,
            statements.CommentOnVolume: self.comment,
            statements.ShowVolumes: self.show,
            statements.DescribeVolume: self.describe,
            statements.TransferFile: self.transfer,
            statements.ListFiles: self.list_files,
        }

    def create(self, statement: statements.CreateVolume, session: Session) -> None:
        """Carry out `CREATE VOLUME`.

        Raises:
            SqlError: there is one of this name, it is no name for a volume, or its location is no folder of
                this machine.
        """
        schema, name = self._resolve(statement.name, session)
        check_object_name(name)
        with self._records.transaction():
            if self._records.volumes.get(schema, name):
                if statement.if_not_exists:
                    return
                raise already_exists("VOLUME", quoted((*split(schema), name)))
            if statement.location is None:
                kind, place = MANAGED, self._folder / f"{name[:_SHOWN]}_{uuid.uuid4().hex[:8]}"
                place.mkdir(parents=True)
            else:
                kind, place = EXTERNAL, _external(statement.location)
            self._records.volumes.put(VolumeRecord(schema, name, kind, place.as_uri(), statement.comment))

    def drop(self, statement: statements.DropVolume, session: Session) -> None:
        """Carry out `DROP VOLUME`: the files of an external one stay where they are.

        Raises:
            SqlError: there is none of this name.
        """
        schema, name = self._resolve(statement.name, session)
        with self._records.transaction():
            volume = self._records.volumes.get(schema, name)
            if volume:
                self._remove(volume)
            elif not statement.if_exists:
                raise volume_not_found(schema, name)

    def rename(self, statement: statements.RenameVolume, session: Session) -> None:
        """Carry out `ALTER VOLUME … RENAME TO`.

        Raises:
            SqlError: there is no such volume, or the new name is taken or no name for a volume.
        """
        with self._records.transaction():
            volume = self.get(statement.name, session)
            new_name = statement.new_name
            schema, name = self._resolve(
                new_name if len(new_name) > 1 else (volume.schema, *new_name), session
            )
            check_object_name(name)
            if self._records.volumes.get(schema, name):
                raise already_exists("VOLUME", quoted((*split(schema), name)))
            self._records.volumes.rename(volume, (schema, name))

    def comment(self, statement: statements.CommentOnVolume, session: Session) -> None:
        """Carry out `COMMENT ON VOLUME`."""
        with self._records.transaction():
            volume = self.get(statement.name, session)
            self._records.volumes.put(replace(volume, comment=statement.comment))

    def show(self, statement: statements.ShowVolumes, session: Session) -> ResultSet:
        """Carry out `SHOW VOLUMES`."""
        where = self._catalog.resolve_schema(statement.schema, session)
        names = [each.name for each in self._records.volumes.all(where.name)]
        rows = [(where.schema, each) for each in patterns.matching(names, statement.pattern)]
        return _texts(("database", "volume_name"), rows)

    def describe(self, statement: statements.DescribeVolume, session: Session) -> ResultSet:
        """Carry out `DESCRIBE VOLUME`."""
        volume = self.get(statement.name, session)
        owner = self._records.privileges.owner("VOLUME", volume.schema, volume.name)
        where = (volume.name, *split(volume.schema), owner)
        names = ("name", "catalog", "database", "owner", "storageLocation", "volumeType", "comment")
        return _texts(names, [(*where, volume.location, volume.type, volume.comment)])

    def transfer(self, statement: statements.TransferFile, session: Session) -> ResultSet:
        """Carry out `PUT`, `GET` or `REMOVE`: the driver is told what to ask for over HTTP, and does it.

        Raises:
            SqlError: there is no such volume.
        """
        self.paths.file_of(statement.path)
        path = without_scheme(statement.path)
        link = self._links.link(FileOperation(statement.verb), path, statement.overwrites)
        columns = [Column(each, t.StringType()) for each in ("operation", "presignedUrl")]
        columns.append(Column("headers", t.MapType(t.StringType(), t.StringType())))
        row: list[object] = [statement.verb, link, []]
        if statement.local is not None:  # without it, no driver looks for this column
            columns.append(Column("localFile", t.StringType()))
            row.append(statement.local)
        found = result_set.from_rows(columns, [row])
        found.is_staging_operation = True
        return found

    def list_files(self, statement: statements.ListFiles, session: Session) -> ResultSet:
        """Carry out `LIST`: what lies directly in a folder, with times in milliseconds since the epoch.

        Raises:
            SqlError: there is no such volume or folder.
        """
        folder = self.paths.file_of(statement.path)
        if not folder.is_dir():
            raise path_not_found(statement.path)
        rows: list[tuple[str, str, int, int]] = []
        for each in sorted(folder.iterdir()):
            if len(rows) == (_LISTED if statement.limit is None else statement.limit):
                break
            try:
                known, is_folder = each.stat(), each.is_dir()
            except FileNotFoundError:
                continue  # it went while this looked
            if signed_links.is_part(each):
                continue
            path = f"{statement.path.rstrip('/')}/{each.name}"
            name = f"{each.name}/" if is_folder else each.name
            rows.append((path, name, 0 if is_folder else known.st_size, int(known.st_mtime * 1000)))
        columns = [Column(each, t.StringType()) for each in ("path", "name")]
        columns += [Column(each, t.LongType()) for each in ("size", "modification_time")]
        return result_set.from_rows(columns, rows)

    def get(self, name: Name, session: Session) -> VolumeRecord:
        """The volume of a name.

        Raises:
            SqlError: `UC_VOLUME_NOT_FOUND`.
        """
        where = self._resolve(name, session)
        volume = self._records.volumes.get(*where)
        if volume is None:
            raise volume_not_found(*where)
        return volume

    def drop_orphans(self) -> None:
        """Drop the volumes whose schema is gone."""
        with self._records.transaction():
            schemas = {each.name for each in self._records.schemas.all()}
            for volume in self._records.volumes.all():
                if volume.schema not in schemas:
                    self._remove(volume)

    def sweep(self) -> None:
        """Remove what a killed process left: folders of no volume, and files that had not come whole."""
        self.drop_orphans()
        known = {folder_of(each).name for each in self._records.volumes.all()}
        for folder in self._folder.iterdir() if self._folder.exists() else ():
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)
        for file in self._folder.rglob("*"):
            if signed_links.is_part(file):
                file.unlink()

    def _resolve(self, name: Name, session: Session) -> tuple[str, str]:
        schema, volume = self._catalog.resolve(name, session)
        self._catalog.resolve_schema((schema,), session)
        return schema, volume

    def _remove(self, volume: VolumeRecord) -> None:
        self._records.volumes.drop(volume.schema, volume.name)
        if volume.type == MANAGED:
            shutil.rmtree(folder_of(volume), ignore_errors=True)


def _external(location: str) -> Path:
    folder = local_path(location)
    if folder is None or not folder.is_absolute() or not folder.is_dir():
        raise unsupported(f"An external volume at {location}, no folder of this machine,")
    return folder


def _texts(names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> ResultSet:
    return result_set.from_rows([Column(each, t.StringType()) for each in names], rows)
