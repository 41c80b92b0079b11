"""The files that a command is told to write: no two of them the same, and none that is somebody else's.

An option that names a file is leave to replace what such a command wrote there before, and nothing else.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO, NamedTuple

from ingestion.errors import ConfigurationError

HEAD_BYTES = 64 * 1024
"""So much of a file is looked at to tell what it holds."""


class Kind(NamedTuple):
    """What a file is for, in words, and how to tell from its first bytes that it is such a file."""

    name: str
    is_one: Callable[[bytes], bool]


def check_apart(*named: tuple[str, Path | int | None]) -> None:
    """See to it that a command reads and writes files that differ, however they are spelled or linked.

    Args:
        named: the option or variable that names each file, or what it is, with its path or open descriptor;
            those that the command reads first. None is no file.

    Raises:
        ConfigurationError: two are one file.
    """
    known: dict[object, str] = {}
    for option, file in named:
        identity = None if file is None else _identity(file)
        if identity is None:
            continue
        if identity in known:
            raise ConfigurationError(
                f"{known[identity]} and {option} are the same file, {file}: name another for {option}."
            )
        known[identity] = option


def check_output(option: str, file: Path, kind: Kind | None = None) -> None:
    """See to it that a file can be written, and that what is there is what such a command writes.

    Args:
        option: what names the file.
        file: a file that may be there or not; a device or pipe holds nothing that could be lost.
        kind: what the command writes there; None when it only adds to the file.

    Raises:
        ConfigurationError: it cannot be written, or holds something else.
    """
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        mode = None
    except OSError as error:
        raise _cannot_write(option, file, error.strerror) from error
    if mode is None:
        if not file.parent.is_dir():
            raise _cannot_write(option, file, "its folder does not exist")
        if not os.access(file.parent, os.W_OK):
            raise _cannot_write(option, file, "Permission denied")
        return
    if stat.S_ISDIR(mode):
        raise _cannot_write(option, file, "Is a directory")
    if not os.access(file, os.W_OK):
        raise _cannot_write(option, file, "Permission denied")
    if kind and stat.S_ISREG(mode):
        check_kind(option, file, kind)


def check_kind(option: str, file: Path, kind: Kind) -> None:
    """See to it that a file is empty or what it should be, before it is replaced.

    Raises:
        ConfigurationError: it is something else, or cannot be read.
    """
    try:
        with file.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise _cannot_write(option, file, error.strerror) from error
    if head and not kind.is_one(head):
        raise ConfigurationError(
            f"{file} is there and not {kind.name}: name another file for {option}, or move it away."
        )


@contextmanager
def replacing(file: Path, is_durable: bool = False) -> Iterator[IO[bytes]]:
    """Write a file such that a crash leaves the old one or the new one; an error leaves the old one.

    A link stays a link to the file that is replaced; devices and pipes are written to.

    Args:
        file: its folder must be there.
        is_durable: let it outlive a power failure too.
    """
    target = Path(os.path.realpath(file))
    if target.exists() and not target.is_file():
        with target.open("wb") as stream:
            yield stream
        return
    temporary, opened = _temporary_beside(target)
    try:
        with opened as stream:
            yield stream
            if is_durable:
                stream.flush()
                os.fsync(stream.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _identity(file: Path | int) -> object:
    """What two names of one file share; None for a device or pipe, which two may well share."""
    try:
        found = os.fstat(file) if isinstance(file, int) else file.stat()
    except OSError:
        # Not there, or out of reach: then its name tells, with links in its folders followed.
        return None if isinstance(file, int) else os.path.realpath(file)
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        return None
    return found.st_dev, found.st_ino


def _temporary_beside(target: Path) -> tuple[Path, IO[bytes]]:
    for number in count():
        temporary = target.with_name(f"{target.name}.{os.getpid()}.{number}")
        try:
            return temporary, temporary.open("xb")
        except FileExistsError:
            continue
    raise AssertionError("there is always another number")


def _cannot_write(option: str, file: Path, reason: str | None) -> ConfigurationError:
    return ConfigurationError(f"cannot write {file}: {reason}. Name another file for {option}.")
