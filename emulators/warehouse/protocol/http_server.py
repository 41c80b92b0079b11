"""The server: one port for http and https, a thread for each connection, and a bound on their number."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any

from emulators.warehouse.protocol.http_handler import Handler, Resources
from emulators.warehouse.protocol.limits import Limits

log = logging.getLogger(__name__)

TLS_HANDSHAKE = 0x16
"""First byte a TLS client sends; an HTTP client sends a letter."""


class WarehouseServer(ThreadingHTTPServer):
    """Accepts connections and gives each its own thread.

    Args:
        host: an address or name of this machine.
        port: its port.
        token: the one bearer token that is let in.
        certificate: PEM file with certificate and key, for https.
        limits: what a client may send and hold.

    Raises:
        OSError: this machine has no such address, or the port is taken.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, host: str, port: int, token: str, certificate: Path, limits: Limits | None = None
    ) -> None:
        self.resources = Resources(token)
        """What requests reach."""
        self._limits = limits or Limits()
        self._vacant = threading.BoundedSemaphore(self._limits.connections)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate)
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        self.address_family = family
        super().__init__((str(address[0]), port), self._handler)

    def server_bind(self) -> None:
        """Bind, without asking the network what this machine is called, which can take seconds."""
        TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a connection a thread, or close it when there are too many."""
        if not self._vacant.acquire(blocking=False):
            log.warning(
                "A connection from %s is closed: %d are open", client_address[0], self._limits.connections
            )
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # there is no thread for it
            self._vacant.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._vacant.release()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Wrap the connection in TLS when its first byte asks for it (in the connection's own thread)."""
        request.settimeout(self._limits.head_seconds)
        first = request.recv(1, socket.MSG_PEEK)
        if not first:
            return
        if first[0] != TLS_HANDSHAKE:
            super().finish_request(request, client_address)
            return
        encrypted = self._tls.wrap_socket(request, server_side=True)
        try:
            super().finish_request(encrypted, client_address)
        finally:
            self.shutdown_request(encrypted)

    def _handler(self, request: Any, client_address: Any, server: Any) -> Handler:
        return Handler(request, client_address, server, self.resources, self._limits)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks is the client's business: one line, no stack trace on stderr."""
        log.debug("Connection from %s ended early", client_address, exc_info=True)
