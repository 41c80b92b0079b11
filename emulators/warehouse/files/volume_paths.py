"""Paths of files in volumes (`/Volumes/<catalog>/<schema>/<volume>/…`), and where the files are."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from emulators.warehouse.catalog.records.records import Records
from emulators.warehouse.catalog.records.volumes import VolumeRecord
from emulators.warehouse.errors import SqlError
from emulators.warehouse.names import spark_schema, split
from emulators.warehouse.sql.lexer import Kind, tokenize
from emulators.warehouse.sql.quoting import quoted

PATH = "/Volumes/"
"""How they begin, behind a scheme that may stand before it."""

_SCHEME = "dbfs:"


class VolumePaths:
    """Finds the files behind paths.

    Args:
        records: know the volumes.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    def file_of(self, path: str) -> Path:
        """The file or folder of this machine behind a path in a volume.

        Raises:
            SqlError: it is not a path in a volume, or there is no such volume.
        """
        parts = without_scheme(path).removeprefix(PATH).rstrip("/").split("/")
        is_path = is_in_volume(path) and len(parts) >= 3
        if not is_path or any(each in ("", ".", "..") or "\0" in each for each in parts):
            raise SqlError(
                "INVALID_PARAMETER_VALUE",
                f"Invalid path '{path}': a file of a volume is /Volumes/<catalog>/<schema>/<volume>/<file>.",
                "22023",
            )
        catalog, schema, name = (each.lower() for each in parts[:3])
        where = spark_schema(catalog, schema)
        volume = self._records.volumes.get(where, name)
        if volume is None:
            raise volume_not_found(where, name)
        return folder_of(volume).joinpath(*parts[3:])

    def names_of_files(self, sql: str) -> list[tuple[int, int, str]]:
        """Where a statement names files of volumes (`` csv.`/Volumes/…` ``), and their names on this machine.

        Raises:
            SqlError: there is no such volume.
        """
        if PATH not in sql:
            return []
        return [
            (token.start, token.end, quoted((str(self.file_of(token.text)),)))
            for token in tokenize(sql)
            if token.kind is Kind.QUOTED and is_in_volume(token.text)
        ]


def without_scheme(path: str) -> str:
    """A path without the scheme that may stand before it."""
    return path.removeprefix(_SCHEME)


def is_in_volume(path: str) -> bool:
    """Whether a path is one of volumes."""
    return without_scheme(path).startswith(PATH)


def folder_of(volume: VolumeRecord) -> Path:
    """The folder of this machine that holds a volume's files."""
    return Path(unquote(urlsplit(volume.location).path))


def path_not_found(path: str) -> SqlError:
    """The error of a statement that reads files where there are none."""
    return SqlError("PATH_NOT_FOUND", f"Path does not exist: {path}.", "42K03")


def volume_not_found(schema: str, name: str) -> SqlError:
    """The error of a statement that names a volume which does not exist."""
    return SqlError(
        "UC_VOLUME_NOT_FOUND",
        f"Volume {quoted((*split(schema), name))} does not exist. Please use 'SHOW VOLUMES' to list "
        "available volumes.",
        "42704",
    )
