"""How requests come and answers go: keep-alive, deadlines, bodies that are read only when they are wanted."""

from __future__ import annotations

import io
import json
import logging
import socket
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from emulators.warehouse.protocol.connection_stream import ConnectionStream, HeadTooLarge
from emulators.warehouse.protocol.http_body import Body, RequestError, announced_size
from emulators.warehouse.protocol.limits import Limits

log = logging.getLogger(__name__)

ERROR_HEADER = "x-thriftserver-error-message"
"""The connector shows the text of this header when a request is refused."""

_PIECE_BYTES = 64 << 10


class RequestHandler(BaseHTTPRequestHandler):
    """Answers the requests of one connection, one after another.

    Attributes:
        methods: what answers a request, by its method; it may raise `RequestError` and `TimeoutError`.
        limits: what a client may send and hold.
        idle_seconds: how long this one may wait before its next request.
    """

    protocol_version = "HTTP/1.1"
    server_version = "LocalSqlWarehouse"
    sys_version = ""

    def __init__(
        self,
        request: socket.socket,
        client_address: Any,
        server: Any,
        methods: Mapping[str, Callable[[], None]],
        limits: Limits,
    ) -> None:
        self.methods = methods
        self.limits = limits
        self.idle_seconds = limits.head_seconds
        self._body: Body | None = None
        super().__init__(request, client_address, server)

    def setup(self) -> None:
        """Put deadlines on all that is read and written."""
        self.connection = self.request
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self._stream = ConnectionStream(self.connection, self.limits.send_seconds)
        self._reader = self.rfile = io.BufferedReader(self._stream)
        self.wfile = io.BufferedWriter(self._stream)  # one packet per answer, not one per header line

    def handle_one_request(self) -> None:
        """Wait for a request and answer it, or end the connection when none comes."""
        self.close_connection = True
        self.requestline, self.request_version, self.command = "", self.protocol_version, ""
        self._body, self._is_awaited = None, False
        self._stream.expect(self.idle_seconds)
        try:
            if not self._reader.peek(1):
                return
        except TimeoutError:
            return
        self._stream.expect(self.limits.head_seconds, self.limits.head_bytes)
        try:
            self.raw_requestline = self.rfile.readline()
            if self.parse_request():
                self._respond()
        except RequestError as error:
            self.refuse(error.status, str(error), error.headers)
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
        self.refuse(HTTPStatus(code), message or explain or HTTPStatus(code).description)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Requests are told to nobody but who debugs."""
        log.debug(format, *args)

    def _respond(self) -> None:
        if self.headers.defects:
            self.close_connection = True  # where the headers end is anybody's guess
            raise RequestError(HTTPStatus.BAD_REQUEST, "The headers of the request are malformed.")
        respond = self.methods.get(self.command)
        try:
            size = announced_size(self.headers)
            if respond is None:
                known = ", ".join(self.methods)
                message = f"Unsupported method {self.command}: use {known}."
                raise RequestError(HTTPStatus.NOT_IMPLEMENTED, message)
        except RequestError:
            self.close_connection = True  # what follows may be a body or another request
            raise
        if size is not None:
            self._body = Body(self._reader.read, size, self._ask_for_body)
        respond()

    def accepted_body(self, most: int, what: str) -> Body:
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
        self._stream.expect(self.limits.seconds_of_body(self._body.size))
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
        self._stream.expect(self.limits.discard_seconds)
        left = min(self._body.unread, self.limits.discard_bytes)
        try:
            while left > 0 and (piece := self._reader.read1(min(left, _PIECE_BYTES))):
                left -= len(piece)
        except OSError:
            log.debug("A body that is not wanted does not end", exc_info=True)

    def refuse(self, status: HTTPStatus, message: str, headers: dict[str, str] | None = None) -> None:
        """Say why a request is not carried out."""
        body = json.dumps({"error_code": status.name, "message": message}).encode()
        plain = " ".join(message.split()).encode("ascii", "replace").decode()
        self.answer(status, body, "application/json", {ERROR_HEADER: plain, **(headers or {})})

    def answer(
        self, status: HTTPStatus, body: bytes, content_type: str, headers: dict[str, str] | None = None
    ) -> None:
        """Answer a request; the connection ends when a body is left that nobody has read."""
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
