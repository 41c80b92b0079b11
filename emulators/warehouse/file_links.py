"""Links through which drivers write, read and remove files of volumes: presigned URLs on Databricks.

A driver sends no token along: the link itself says what it allows until when, and is signed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from io import BufferedIOBase
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from emulators.warehouse.errors import SqlError
from emulators.warehouse.statements import Operation
from emulators.warehouse.thrift import BASE_URL

PATH = "/files"
"""Where links lead; the path in a volume follows."""

LIFETIME_SECONDS = 3600
_PIECE_BYTES = 1 << 20


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

    def link(self, operation: Operation, path: str, overwrites: bool) -> str:
        """A link for one operation on a file, at the address at which the client reached the warehouse."""
        expiry = int(time.time()) + LIFETIME_SECONDS
        signature = self._signature(operation.value, path, str(overwrites), str(expiry))
        query = urlencode({"overwrite": overwrites, "expires": expiry, "signature": signature})
        return f"{BASE_URL.get()}{PATH}{quote(path)}?{query}"

    def put(self, url: str, body: BufferedIOBase, size: int) -> None:
        """Write a file: it is there when it is whole.

        Raises:
            LinkError: the link does not allow it, the file is there already, or the body ends early.
        """
        path, overwrites = self._allowed(Operation.PUT, url)
        file = self._file(path)
        if file.is_dir():
            raise LinkError(HTTPStatus.CONFLICT, f"{path} is a folder.")
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
        try:
            with part.open("wb") as target:
                while size > 0 and (piece := body.read(min(size, _PIECE_BYTES))):
                    target.write(piece)
                    size -= len(piece)
            if size > 0:
                raise LinkError(HTTPStatus.BAD_REQUEST, "The body ends early.")
            if overwrites:
                part.replace(file)
            else:
                os.link(part, file)
        except FileExistsError:
            raise LinkError(HTTPStatus.CONFLICT, f"{path} is there already: OVERWRITE replaces it.") from None
        finally:
            part.unlink(missing_ok=True)

    def get(self, url: str) -> Path:
        """The file to be read.

        Raises:
            LinkError: the link does not allow it, or there is no such file.
        """
        return self._there(Operation.GET, url)

    def remove(self, url: str) -> None:
        """Remove a file.

        Raises:
            LinkError: the link does not allow it, or there is no such file.
        """
        self._there(Operation.REMOVE, url).unlink()

    def _there(self, operation: Operation, url: str) -> Path:
        path, _ = self._allowed(operation, url)
        file = self._file(path)
        if not file.is_file():
            raise LinkError(HTTPStatus.NOT_FOUND, f"There is no file {path}.")
        return file

    def _allowed(self, operation: Operation, url: str) -> tuple[str, bool]:
        """The path of a link, and whether it overwrites."""
        parts = urlsplit(url)
        path = unquote(parts.path.removeprefix(PATH))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        overwrites, expiry = query.get("overwrite", ""), query.get("expires", "")
        signature = self._signature(operation.value, path, overwrites, expiry)
        if not hmac.compare_digest(signature, query.get("signature", "")):
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
        return hmac.new(self._key, "\n".join(said).encode(), hashlib.sha256).hexdigest()
