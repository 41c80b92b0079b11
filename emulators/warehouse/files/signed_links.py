"""Links through which drivers write, read and remove files of volumes: presigned URLs on Databricks.

A driver sends no token along: the link itself says what it allows until when, and is signed.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import re
import secrets
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from emulators.warehouse.errors import SqlError
from emulators.warehouse.request_context import BASE_URL

PATH = "/files"
"""Where links lead; the path in a volume follows."""

LIFETIME_SECONDS = 3600
_PART = "._part_"
"""How the name of a file begins until it is whole; readers of files skip such names."""

_PART_NAME = re.compile(rf"{re.escape(_PART)}[0-9a-f]{{32}}")
_PIECE_BYTES = 1 << 20


class FileOperation(Enum):
    """What a link allows, by the name of the statement that asks for it."""

    PUT = "PUT"
    GET = "GET"
    REMOVE = "REMOVE"


class Readable(Protocol):
    """The body of a request."""

    def read(self, most: int, /) -> bytes:
        """Read as many bytes, or what is left."""
        ...


class LinkError(Exception):
    """A request that cannot be answered as its link wants.

    Args:
        status: of the answer.
        message: why.
    """

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class FileLinks:
    """Makes links, and carries out the requests that come through them."""

    def __init__(self) -> None:
        self.file_of: Callable[[str], Path]
        """What finds the file behind a path in a volume."""
        self._key = secrets.token_bytes(32)

    def link(self, operation: FileOperation, path: str, overwrites: bool) -> str:
        """A link for one operation on a file, at the address at which the client reached the warehouse."""
        expiry = int(time.time()) + LIFETIME_SECONDS
        signature = self._signature(operation.value, path, str(overwrites), str(expiry))
        query = urlencode({"overwrite": overwrites, "expires": expiry, "signature": signature})
        return f"{BASE_URL.get()}{PATH}{quote(path)}?{query}"

    def put(self, url: str, body: Readable, size: int) -> None:
        """Write a file: it is there when it is whole.

        Raises:
            LinkError: the link does not allow it, the file is there already or cannot be written, or the body
                ends early.
            TimeoutError, ConnectionError: the body does not come.
        """
        path, overwrites = self._allowed(FileOperation.PUT, url)
        file = self._file(path)
        if is_part(file):
            raise LinkError(HTTPStatus.BAD_REQUEST, f"{path} has a name of files that have not come whole.")
        part = file.with_name(f"{_PART}{uuid.uuid4().hex}")
        try:
            if file.is_dir():
                raise LinkError(HTTPStatus.CONFLICT, f"{path} is a folder.")
            file.parent.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(file.parent).free
            if size > free:
                message = f"{path}: no space for {size:,} bytes, {free:,} are free."
                raise LinkError(HTTPStatus.INSUFFICIENT_STORAGE, message)
            _write(part, body, size)
            if overwrites:
                part.replace(file)
            else:
                os.link(part, file)
        except FileExistsError:
            message = (
                f"There is a file {path}, or one in the place of its folder: OVERWRITE replaces the former."
            )
            raise LinkError(HTTPStatus.CONFLICT, message) from None
        except (TimeoutError, ConnectionError):
            raise  # of the client, not of the file
        except OSError as error:
            raise _failed(path, error) from None
        finally:
            with suppress(OSError):
                part.unlink()

    def get(self, url: str) -> BinaryIO:
        """The file to be read, open.

        Raises:
            LinkError: the link does not allow it, or there is no such file.
        """
        with self._there(FileOperation.GET, url) as file:
            return file.open("rb")

    def remove(self, url: str) -> None:
        """Remove a file.

        Raises:
            LinkError: the link does not allow it, or there is no such file.
        """
        with self._there(FileOperation.REMOVE, url) as file:
            file.unlink()

    @contextmanager
    def _there(self, operation: FileOperation, url: str) -> Iterator[Path]:
        path, _ = self._allowed(operation, url)
        file = self._file(path)
        try:
            if not file.is_file():
                raise FileNotFoundError
            yield file
        except FileNotFoundError:
            raise LinkError(HTTPStatus.NOT_FOUND, f"There is no file {path}.") from None
        except OSError as error:
            raise _failed(path, error) from None

    def _allowed(self, operation: FileOperation, url: str) -> tuple[str, bool]:
        """The path of a link, and whether it overwrites."""
        parts = urlsplit(url)
        path = unquote(parts.path.removeprefix(PATH))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        overwrites, expiry = query.get("overwrite", ""), query.get("expires", "")
        signature = self._signature(operation.value, path, overwrites, expiry)
        if not hmac.compare_digest(signature.encode(), query.get("signature", "").encode()):
            raise LinkError(HTTPStatus.FORBIDDEN, f"The link does not allow {operation.value}.")
        if int(expiry) < time.time():
            raise LinkError(HTTPStatus.FORBIDDEN, "The link has expired.")
        return path, overwrites == str(True)

    def _file(self, path: str) -> Path:
        try:
            return self.file_of(path)
        except SqlError as error:
            raise LinkError(HTTPStatus.NOT_FOUND, str(error)) from None

    def _signature(self, *said: str) -> str:
        # With their lengths, so that no text can pass as two.
        parts = [each.encode() for each in said]
        message = b"".join(len(each).to_bytes(8, "big") + each for each in parts)
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()


def is_part(file: Path) -> bool:
    """Whether a file is one that has not come whole."""
    return _PART_NAME.fullmatch(file.name) is not None


def _failed(path: str, error: OSError) -> LinkError:
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    status = HTTPStatus.INSUFFICIENT_STORAGE if is_full else HTTPStatus.INTERNAL_SERVER_ERROR
    return LinkError(status, f"{path}: {error.strerror}.")


def _write(part: Path, body: Readable, size: int) -> None:
    with part.open("wb") as target:
        while size > 0 and (piece := body.read(min(size, _PIECE_BYTES))):
            target.write(piece)
            size -= len(piece)
    if size > 0:
        raise LinkError(HTTPStatus.BAD_REQUEST, "The body ends early.")
