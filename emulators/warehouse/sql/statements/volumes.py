"""Statements about volumes and the files in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from emulators.warehouse.errors import unsupported
from emulators.warehouse.sql.lexer import Reader
from emulators.warehouse.sql.statements.alter import SetOwner, new_owner
from emulators.warehouse.sql.statements.namespaces import pattern
from emulators.warehouse.sql.statements.statement import Name, Statement


@dataclass(frozen=True)
class CreateVolume(Statement):
    """`CREATE [EXTERNAL] VOLUME [IF NOT EXISTS] name [LOCATION path] [COMMENT text]`.

    Attributes:
        location: of an external volume; None makes a managed one.
    """

    name: Name
    location: str | None
    if_not_exists: bool
    comment: str | None


@dataclass(frozen=True)
class DropVolume(Statement):
    """`DROP VOLUME [IF EXISTS] name`."""

    name: Name
    if_exists: bool


@dataclass(frozen=True)
class RenameVolume(Statement):
    """`ALTER VOLUME name RENAME TO name`."""

    name: Name
    new_name: Name


@dataclass(frozen=True)
class CommentOnVolume(Statement):
    """`COMMENT ON VOLUME name IS text`."""

    name: Name
    comment: str | None


@dataclass(frozen=True)
class ShowVolumes(Statement):
    """`SHOW VOLUMES [IN schema] [[LIKE] pattern]`."""

    schema: Name | None
    pattern: str | None


@dataclass(frozen=True)
class DescribeVolume(Statement):
    """`DESCRIBE VOLUME name`."""

    name: Name


@dataclass(frozen=True)
class TransferFile(Statement):
    """`PUT local INTO path [OVERWRITE]`, `GET path TO local` and `REMOVE path`.

    Attributes:
        verb: which of them.
        path: the file in a volume.
        local: the file of the client; None when there is none.
    """

    verb: Literal["PUT", "GET", "REMOVE"]
    path: str
    local: str | None = None
    overwrites: bool = False


@dataclass(frozen=True)
class ListFiles(Statement):
    """`LIST path [LIMIT number]`."""

    path: str
    limit: int | None


def read(sql: str, reader: Reader) -> Statement | None:
    """The statement, when it is of these forms; else the reader is where it was.

    Raises:
        SqlError: it begins like one of them and then is not.
    """
    start = reader.at
    parse = _FORMS.get(reader.peek())
    reader.at += 1
    found = parse(sql, reader) if parse else None
    reader.at = start
    return found


def _create(sql: str, reader: Reader) -> Statement | None:
    is_external = reader.accept("EXTERNAL")
    if not reader.accept("VOLUME"):
        return None
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    name = reader.name()
    location = None
    if is_external:
        reader.expect("LOCATION")
        location = reader.string()
    comment = reader.string() if reader.accept("COMMENT") else None
    reader.end()
    return CreateVolume(sql, name, location, if_not_exists, comment)


def _drop(sql: str, reader: Reader) -> Statement | None:
    if not reader.accept("VOLUME"):
        return None
    if_exists = reader.accept("IF", "EXISTS")
    name = reader.name()
    reader.end()
    return DropVolume(sql, name, if_exists)


def _alter(sql: str, reader: Reader) -> Statement | None:
    if not reader.accept("VOLUME"):
        return None
    name = reader.name()
    if (owner := new_owner(reader)) is not None:
        return SetOwner(sql, "VOLUME", name, owner)
    if not reader.accept("RENAME", "TO"):
        raise unsupported("ALTER VOLUME other than RENAME TO and OWNER TO")
    new_name = reader.name()
    reader.end()
    return RenameVolume(sql, name, new_name)


def _comment(sql: str, reader: Reader) -> Statement | None:
    if not reader.accept("ON", "VOLUME"):
        return None
    name = reader.name()
    reader.expect("IS")
    comment = None if reader.accept("NULL") else reader.string()
    reader.end()
    return CommentOnVolume(sql, name, comment)


def _show(sql: str, reader: Reader) -> Statement | None:
    if not reader.accept("VOLUMES"):
        return None
    schema = reader.name() if reader.accept_any("IN", "FROM") else None
    return ShowVolumes(sql, schema, pattern(reader))


def _describe(sql: str, reader: Reader) -> Statement | None:
    if not reader.accept("VOLUME") or reader.is_done or reader.peek() in (".", "AS"):
        return None  # it is a table of that name
    name = reader.name()
    reader.end()
    return DescribeVolume(sql, name)


def _put(sql: str, reader: Reader) -> Statement:
    local = reader.string()
    reader.expect("INTO")
    path = reader.string()
    overwrites = reader.accept("OVERWRITE")
    reader.end()
    return TransferFile(sql, "PUT", path, local, overwrites)


def _get(sql: str, reader: Reader) -> Statement:
    path = reader.string()
    reader.expect("TO")
    local = reader.string()
    reader.end()
    return TransferFile(sql, "GET", path, local)


def _remove(sql: str, reader: Reader) -> Statement:
    path = reader.string()
    reader.end()
    return TransferFile(sql, "REMOVE", path)


def _list(sql: str, reader: Reader) -> Statement:
    path = reader.string()
    if reader.accept("WITH"):
        raise unsupported("LIST … WITH (CREDENTIAL …)")
    limit = None
    if reader.accept("LIMIT"):
        token = reader.token()
        if not token.text.isdigit():
            reader.at -= 1
            raise reader.unexpected()
        limit = int(token.text)
    reader.end()
    return ListFiles(sql, path, limit)


_FORMS: dict[str, Callable[[str, Reader], Statement | None]] = {
    "CREATE": _create,
    "DROP": _drop,
    "ALTER": _alter,
    "COMMENT": _comment,
    "SHOW": _show,
    "DESCRIBE": _describe,
    "DESC": _describe,
    "PUT": _put,
    "GET": _get,
    "REMOVE": _remove,
    "LIST": _list,
}
