"""What answers a request, by its path, and whom it lets in.

Path and token are looked at before a body is read, so that nobody without the token fills memory.
"""

from __future__ import annotations

import base64
import hmac
import json
import logging
import os
import shutil
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar

from thrift.protocol.TBinaryProtocol import TBinaryProtocolAcceleratedFactory
from thrift.transport.TTransport import TMemoryBuffer

from emulators.settings import HTTP_PATH
from emulators.warehouse.files import signed_links
from emulators.warehouse.files.signed_links import FileLinks, LinkError
from emulators.warehouse.protocol.http_body import RequestError
from emulators.warehouse.protocol.http_requests import RequestHandler
from emulators.warehouse.protocol.limits import Limits
from emulators.warehouse.protocol.readiness import HEALTH_PATH
from emulators.warehouse.request_context import BASE_URL, USER_AGENT
from emulators.warehouse.results import result_links

log = logging.getLogger(__name__)

PAGE_PATH = "/"
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Frame-Options": "DENY",
}
DISCOVERY_PATH = "/.well-known/databricks-config"
_STARTING = "The SQL warehouse is starting"


@dataclass
class Resources:
    """What requests reach.

    Attributes:
        token: the one that lets in.
        processor: the Thrift processor; while it is None the warehouse says that it is starting.
        page: renders the page for people.
        file_links: reads and writes files of volumes.
        result_file: reads a file of a result, by its link; None when there is no such file.
    """

    token: str = field(repr=False)
    processor: Any = None
    page: Callable[[], str] | None = None
    file_links: FileLinks = field(default_factory=FileLinks)
    result_file: Callable[[str], bytes | None] = lambda link: None


class Handler(RequestHandler):
    """What answers each path, and whom it lets in."""

    _thrift: ClassVar[Any] = TBinaryProtocolAcceleratedFactory()

    def __init__(
        self, request: socket.socket, client_address: Any, server: Any, resources: Resources, limits: Limits
    ) -> None:
        self._resources = resources
        methods = {"GET": self._get, "POST": self._post, "PUT": self._put, "DELETE": self._delete}
        super().__init__(request, client_address, server, methods, limits)

    def _get(self) -> None:
        path = self.path.partition("?")[0]
        if path == DISCOVERY_PATH:
            self.answer(HTTPStatus.OK, b"{}", "application/json")
        elif path == HEALTH_PATH:
            is_ready = self._resources.processor is not None
            status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
            self.answer(status, json.dumps({"ready": is_ready}).encode(), "application/json")
        elif path == PAGE_PATH:
            self._show_page()
        elif path.startswith(result_links.PATH):
            self._send_result(path.removeprefix(result_links.PATH))
        elif path.startswith(signed_links.PATH):
            self._send_file()
        else:
            raise RequestError(HTTPStatus.NOT_FOUND, f"No such resource: {path}")

    def _post(self) -> None:
        if self.path.partition("?")[0].rstrip("/") != HTTP_PATH:
            raise RequestError(
                HTTPStatus.NOT_FOUND, f"No SQL warehouse at {self.path}: the http_path is {HTTP_PATH}"
            )
        if not self._carries_token():
            raise RequestError(
                HTTPStatus.FORBIDDEN, "Invalid access token: `python -m emulators env` prints the one to use."
            )
        self.idle_seconds = self.limits.idle_seconds
        if self._resources.processor is None:
            raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, _STARTING, {"Retry-After": "1"})
        body = self.accepted_body(self.limits.call_bytes, "A call")
        call = TMemoryBuffer(body.read(body.size))
        USER_AGENT.set(self.headers.get("User-Agent") or "")
        BASE_URL.set(self._base_url())
        answer = TMemoryBuffer()
        try:
            self._resources.processor.process(
                self._thrift.getProtocol(call), self._thrift.getProtocol(answer)
            )
        except Exception:  # what fails in a call is answered by the processor itself
            log.debug("A request that cannot be read", exc_info=True)
            raise RequestError(
                HTTPStatus.BAD_REQUEST, "The body is no call of the Thrift protocol."
            ) from None
        self.answer(HTTPStatus.OK, answer.getvalue(), "application/x-thrift")

    def _put(self) -> None:
        body = self.accepted_body(self.limits.file_bytes, "A file")
        try:
            self._resources.file_links.put(self.path, body, body.size)
        except LinkError as error:
            raise RequestError(error.status, str(error)) from None
        self.answer(HTTPStatus.OK, b"", "application/octet-stream")

    def _delete(self) -> None:
        try:
            self._resources.file_links.remove(self.path)
        except LinkError as error:
            raise RequestError(error.status, str(error)) from None
        self.answer(HTTPStatus.OK, b"", "application/octet-stream")

    def _send_file(self) -> None:
        try:
            file = self._resources.file_links.get(self.path)
        except LinkError as error:
            raise RequestError(error.status, str(error)) from None
        with file:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            self.end_headers()
            shutil.copyfileobj(file, self.wfile)
            self.wfile.flush()

    def _send_result(self, link: str) -> None:
        content = self._resources.result_file(link)
        if content is None:
            raise RequestError(HTTPStatus.NOT_FOUND, "No such result: its statement was closed.")
        self.answer(HTTPStatus.OK, content, "application/octet-stream")

    def _show_page(self) -> None:
        """Statements hold data: the page asks for the token, in a browser as the password of any user."""
        if not self._carries_token(as_password=True):
            raise RequestError(
                HTTPStatus.UNAUTHORIZED,
                "The user is `token`, the password is the token that `python -m emulators env` prints.",
                {"WWW-Authenticate": 'Basic realm="user token, password LOCAL_WAREHOUSE_TOKEN"'},
            )
        if self._resources.page is None:
            raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, _STARTING, {"Retry-After": "1"})
        self.answer(HTTPStatus.OK, self._resources.page().encode(), "text/html; charset=utf-8", PAGE_HEADERS)

    def _carries_token(self, as_password: bool = False) -> bool:
        """Whether a request carries the token.

        Args:
            as_password: also as the password of basic authentication. A browser sends that along by
                itself, so that only what changes nothing may take it.
        """
        scheme, _, given = (self.headers.get("Authorization") or "").partition(" ")
        if as_password and scheme.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).decode().partition(":")[2]
            except ValueError:
                return False
        elif scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(given.strip().encode(), self._resources.token.encode())

    def _base_url(self) -> str:
        scheme = "https" if isinstance(self.connection, ssl.SSLSocket) else "http"
        host, port = self.connection.getsockname()[:2]
        return f"{scheme}://{self.headers.get('Host') or f'{host}:{port}'}"
