"""Transport: one port for http and https that checks the token and hands Thrift on."""

from __future__ import annotations

import base64
import hmac
import http.client
import json
import logging
import os
import shutil
import socket
import ssl
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any, ClassVar

from thrift.protocol.TBinaryProtocol import TBinaryProtocolAcceleratedFactory
from thrift.transport.TTransport import TMemoryBuffer

from emulators.settings import HTTP_PATH, Settings
from emulators.warehouse.files import signed_links
from emulators.warehouse.files.signed_links import FileLinks, LinkError
from emulators.warehouse.results import result_links
from emulators.warehouse.thrift_types import BASE_URL, USER_AGENT

log = logging.getLogger(__name__)

TLS_HANDSHAKE = 0x16
"""First byte a TLS client sends; an HTTP client sends a letter."""

FIRST_BYTE_SECONDS = 30.0
HEALTH_PATH = "/health"
PAGE_PATH = "/"
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Frame-Options": "DENY",
}
DISCOVERY_PATH = "/.well-known/databricks-config"
ERROR_HEADER = "x-thriftserver-error-message"
"""The connector shows the text of this header when a request is refused."""


def is_ready(settings: Settings) -> bool:
    """Whether the warehouse answers statements; never raises."""
    connection = http.client.HTTPConnection(settings.warehouse_address, settings.warehouse_port, timeout=2)
    try:
        connection.request("GET", HEALTH_PATH)
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class WarehouseServer(ThreadingHTTPServer):
    """Accepts connections and gives each its own thread.

    Args:
        host: an address or name of this machine.
        port: its port.
        token: the one bearer token that is let in.
        certificate: PEM file with certificate and key, for https.

    Raises:
        OSError: this machine has no such address, or the port is taken.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, token: str, certificate: Path) -> None:
        self.token = token
        self.processor: Any = None
        """The Thrift processor; while it is None the warehouse says that it is starting."""
        self.page: Callable[[], str] | None = None
        """What renders the page for people."""
        self.file_links = FileLinks()
        """What reads and writes files of volumes."""
        self.result_file: Callable[[str], bytes | None] = lambda link: None
        """What reads a file of a result, by its link; None when there is no such file."""
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate)
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        self.address_family = family
        super().__init__((str(address[0]), port), _Handler)

    def server_bind(self) -> None:
        """Bind, without asking the network what this machine is called, which can take seconds."""
        TCPServer.server_bind(self)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Wrap the connection in TLS when its first byte asks for it (in the connection's own thread)."""
        request.settimeout(FIRST_BYTE_SECONDS)
        first = request.recv(1, socket.MSG_PEEK)
        if not first:
            return
        if first[0] == TLS_HANDSHAKE:
            request = self._tls.wrap_socket(request, server_side=True)
        request.settimeout(None)
        super().finish_request(request, client_address)
        if isinstance(request, ssl.SSLSocket):
            self.shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks is the client's business: one line, no stack trace on stderr."""
        log.debug("Connection from %s ended early", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "LocalSqlWarehouse"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet per answer, not one per header line
    server: WarehouseServer
    protocol: ClassVar[Any] = TBinaryProtocolAcceleratedFactory()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == DISCOVERY_PATH:
            self._answer(HTTPStatus.OK, b"{}", "application/json")
        elif path == HEALTH_PATH:
            status = HTTPStatus.OK if self.server.processor else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(
                status, json.dumps({"ready": bool(self.server.processor)}).encode(), "application/json"
            )
        elif path == PAGE_PATH:
            self._show_page()
        elif path.startswith(result_links.PATH):
            self._send_result(path.removeprefix(result_links.PATH))
        elif path.startswith(signed_links.PATH):
            self._send_file()
        else:
            self._refuse(HTTPStatus.NOT_FOUND, f"No such resource: {path}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.partition("?")[0].rstrip("/") != HTTP_PATH:
            self._refuse(
                HTTPStatus.NOT_FOUND, f"No SQL warehouse at {self.path}: the http_path is {HTTP_PATH}"
            )
        elif not self._is_authorized():
            self._refuse(
                HTTPStatus.FORBIDDEN, "Invalid access token: `python -m emulators env` prints the one to use."
            )
        elif self.server.processor is None:
            self._refuse(
                HTTPStatus.SERVICE_UNAVAILABLE, "The SQL warehouse is starting", {"Retry-After": "1"}
            )
        else:
            USER_AGENT.set(self.headers.get("User-Agent") or "")
            scheme = "https" if isinstance(self.connection, ssl.SSLSocket) else "http"
            BASE_URL.set(f"{scheme}://{self.headers.get('Host')}")
            answer = TMemoryBuffer()
            self.server.processor.process(
                self.protocol.getProtocol(TMemoryBuffer(body)), self.protocol.getProtocol(answer)
            )
            self._answer(HTTPStatus.OK, answer.getvalue(), "application/x-thrift")

    def do_PUT(self) -> None:
        size = self.headers.get("Content-Length")
        if size is None or not size.isdecimal():
            message = "A file is sent with its Content-Length."
            self._refuse(HTTPStatus.LENGTH_REQUIRED, message, {"Connection": "close"})
            return
        try:
            self.server.file_links.put(self.path, self.rfile, int(size))
        except LinkError as error:
            # The body may not have been read, so that nothing else can come through this connection.
            self._refuse(error.status, str(error), {"Connection": "close"})
        else:
            self._answer(HTTPStatus.OK, b"", "application/octet-stream")

    def do_DELETE(self) -> None:
        try:
            self.server.file_links.remove(self.path)
        except LinkError as error:
            self._refuse(error.status, str(error))
        else:
            self._answer(HTTPStatus.OK, b"", "application/octet-stream")

    def _send_file(self) -> None:
        try:
            file = self.server.file_links.get(self.path)
        except LinkError as error:
            self._refuse(error.status, str(error))
            return
        with file:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            self.end_headers()
            shutil.copyfileobj(file, self.wfile)
            self.wfile.flush()

    def _send_result(self, link: str) -> None:
        content = self.server.result_file(link)
        if content is None:
            self._refuse(HTTPStatus.NOT_FOUND, "No such result: its statement was closed.")
        else:
            self._answer(HTTPStatus.OK, content, "application/octet-stream")

    def _show_page(self) -> None:
        """Statements hold data: the page asks for the token, in a browser as the password of any user."""
        if not self._is_authorized():
            self._refuse(
                HTTPStatus.UNAUTHORIZED,
                "The user is `token`, the password is the token that `python -m emulators env` prints.",
                {"WWW-Authenticate": 'Basic realm="user token, password LOCAL_WAREHOUSE_TOKEN"'},
            )
        elif self.server.page is None:
            self._refuse(
                HTTPStatus.SERVICE_UNAVAILABLE, "The SQL warehouse is starting", {"Retry-After": "1"}
            )
        else:
            self._answer(HTTPStatus.OK, self.server.page().encode(), "text/html; charset=utf-8", PAGE_HEADERS)

    def _is_authorized(self) -> bool:
        """Whether a request carries the token: as a bearer's, or as the password of basic authentication."""
        scheme, _, given = (self.headers.get("Authorization") or "").partition(" ")
        if scheme.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).decode().partition(":")[2]
            except ValueError:
                return False
        elif scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(given.strip().encode(), self.server.token.encode())

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
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        log.debug(format, *args)
