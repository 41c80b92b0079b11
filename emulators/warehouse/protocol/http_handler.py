"""Requests: whom they are let in for, what they may send, and what answers them.

Path and token are looked at before a body is read, so that nobody without the token fills memory.
"""

from __future__ import annotations

import base64
import hmac
import io
import json
import logging
import os
import shutil
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

from thrift.protocol.TBinaryProtocol import TBinaryProtocolAcceleratedFactory
from thrift.transport.TTransport import TMemoryBuffer

from emulators.settings import HTTP_PATH
from emulators.warehouse.files import signed_links
from emulators.warehouse.files.signed_links import FileLinks, LinkError
from emulators.warehouse.protocol.connection_stream import ConnectionStream, HeadTooLarge
from emulators.warehouse.protocol.http_body import Body, RequestError, announced_size
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
ERROR_HEADER = "x-thriftserver-error-message"
"""The connector shows the text of this header when a request is refused."""

_PIECE_BYTES = 64 << 10
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


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection, one after another."""

    protocol_version = "HTTP/1.1"
    server_version = "LocalSqlWarehouse"
    sys_version = ""
    _thrift: ClassVar[Any] = TBinaryProtocolAcceleratedFactory()

    def __init__(
        self, request: socket.socket, client_address: Any, server: Any, resources: Resources, limits: Limits
    ) -> None:
        self._resources = resources
        self._limits = limits
        self._idle_seconds = limits.head_seconds
        self._body: Body | None = None
        super().__init__(request, client_address, server)

    def setup(self) -> None:
        """Put deadlines on all that is read and written."""
        self.connection = self.request
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self._stream = ConnectionStream(self.connection, self._limits.send_seconds)
        self._reader = self.rfile = io.BufferedReader(self._stream)
        self.wfile = io.BufferedWriter(self._stream)  # one packet per answer, not one per header line

    def handle_one_request(self) -> None:
        """Wait for a request and answer it, or end the connection when none comes."""
        self.close_connection = True
        self.requestline, self.request_version, self.command = "", self.protocol_version, ""
        self._body, self._is_awaited = None, False
        self._stream.expect(self._idle_seconds)
        try:
            if not self._reader.peek(1):
                return
        except TimeoutError:
            return
        self._stream.expect(self._limits.head_seconds, self._limits.head_bytes)
        try:
            self.raw_requestline = self.rfile.readline()
            if self.parse_request():
                self._respond()
        except RequestError as error:
            self._refuse(error.status, str(error), error.headers)
        except HeadTooLarge:
            self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large.")
        except TimeoutError:
            self.send_error(HTTPStatus.REQUEST_TIMEOUT, "The request came too slowly.")
        self._discard_body()

    def handle_expect_100(self) -> bool:
        """Ask for the body when it is wanted, not before the path and the token were looked at."""
        self._is_awaited = True
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no request, in the form of every refusal; the connection ends with it."""
        self.close_connection = True
        self._refuse(HTTPStatus(code), message or explain or HTTPStatus(code).description)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Requests are told to nobody but who debugs."""
        log.debug(format, *args)

    def _respond(self) -> None:
        if self.headers.defects:
            self.close_connection = True  # where the headers end is anybody's guess
            raise RequestError(HTTPStatus.BAD_REQUEST, "The headers of the request are malformed.")
        method = {"GET": self._get, "POST": self._post, "PUT": self._put, "DELETE": self._delete}
        respond = method.get(self.command)
        try:
            size = announced_size(self.headers)
            if respond is None:
                raise RequestError(
                    HTTPStatus.NOT_IMPLEMENTED, f"Unsupported method {self.command}: use {', '.join(method)}."
                )
        except RequestError:
            self.close_connection = True  # what follows may be a body or another request
            raise
        if size is not None:
            self._body = Body(self._reader.read, size, self._ask_for_body)
        respond()

    def _get(self) -> None:
        path = self.path.partition("?")[0]
        if path == DISCOVERY_PATH:
            self._answer(HTTPStatus.OK, b"{}", "application/json")
        elif path == HEALTH_PATH:
            is_ready = self._resources.processor is not None
            status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, json.dumps({"ready": is_ready}).encode(), "application/json")
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
        self._idle_seconds = self._limits.idle_seconds
        if self._resources.processor is None:
            raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, _STARTING, {"Retry-After": "1"})
        body = self._accepted_body(self._limits.call_bytes, "A call")
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
        self._answer(HTTPStatus.OK, answer.getvalue(), "application/x-thrift")

    def _put(self) -> None:
        body = self._accepted_body(self._limits.file_bytes, "A file")
        try:
            self._resources.file_links.put(self.path, body, body.size)
        except LinkError as error:
            raise RequestError(error.status, str(error)) from None
        self._answer(HTTPStatus.OK, b"", "application/octet-stream")

    def _delete(self) -> None:
        try:
            self._resources.file_links.remove(self.path)
        except LinkError as error:
            raise RequestError(error.status, str(error)) from None
        self._answer(HTTPStatus.OK, b"", "application/octet-stream")

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
        self._answer(HTTPStatus.OK, content, "application/octet-stream")

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
        self._answer(HTTPStatus.OK, self._resources.page().encode(), "text/html; charset=utf-8", PAGE_HEADERS)

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

    def _accepted_body(self, most: int, what: str) -> Body:
        """The body of a request that needs one.

        Raises:
            RequestError: its size is not told, or is too large.
        """
        if self._body is None:
            self.close_connection = True
            raise RequestError(HTTPStatus.LENGTH_REQUIRED, f"{what} is sent with its Content-Length.")
        if self._body.size > most:
            raise RequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"{what} of {self._body.size:,} bytes is too large: at most {most:,} are taken.",
            )
        self._stream.expect(self._limits.seconds_of_body(self._body.size))
        return self._body

    def _ask_for_body(self) -> None:
        if self._is_awaited:
            self._is_awaited = False
            self.send_response_only(HTTPStatus.CONTINUE)
            self.end_headers()
            self.wfile.flush()

    def _discard_body(self) -> None:
        """Read what nobody wanted of a body: to close with bytes unread would take the answer back."""
        if self._body is None or not self._body.unread or self._is_awaited:
            return
        self._stream.expect(self._limits.discard_seconds)
        left = min(self._body.unread, self._limits.discard_bytes)
        try:
            while left > 0 and (piece := self._reader.read1(min(left, _PIECE_BYTES))):
                left -= len(piece)
        except OSError:
            log.debug("A body that is not wanted does not end", exc_info=True)

    def _refuse(self, status: HTTPStatus, message: str, headers: dict[str, str] | None = None) -> None:
        body = json.dumps({"error_code": status.name, "message": message}).encode()
        plain = " ".join(message.split()).encode("ascii", "replace").decode()
        self._answer(status, body, "application/json", {ERROR_HEADER: plain, **(headers or {})})

    def _answer(
        self, status: HTTPStatus, body: bytes, content_type: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if self.close_connection or (self._body and self._body.unread):
            self.send_header("Connection", "close")  # which also sets close_connection
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
