"""A blob service in this process: as much of Azure Storage as a checkpoint store asks for.

Blobs without content that carry metadata, listed by prefix, and written only if their ETag is, or is not, the
one that the client knows: so two consumers never own one partition. Who asks is not checked.
"""

from __future__ import annotations

import itertools
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

ACCOUNT = "devstoreaccount1"
CONTAINER = "checkpoints"
_META = "x-ms-meta-"


class Blob(NamedTuple):
    etag: str
    modified: str
    metadata: dict[str, str]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that is killed ends its connections as it pleases."""


class Blobs:
    """The service, for as long as it is entered."""

    def __init__(self) -> None:
        self.blobs: dict[str, Blob] = {}
        self._lock = threading.Lock()
        self._etags = itertools.count(1)
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Blobs:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def connection_string(self) -> str:
        return (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey=a2V5;"
            f"BlobEndpoint=http://127.0.0.1:{self._server.server_port}/{ACCOUNT};"
        )

    def put(
        self, name: str, metadata: dict[str, str], match: str | None, none_match: str | None, create: bool
    ) -> Blob | str:
        """Write a blob's metadata if the conditions hold; returns it, or the code of the error."""
        with self._lock:
            known = self.blobs.get(name)
            if known is None and not create:
                return "BlobNotFound"
            if known and none_match == "*":
                return "BlobAlreadyExists" if create else "ConditionNotMet"
            if match not in (None, "*") and (known is None or known.etag != match):
                return "ConditionNotMet"
            blob = Blob(f'"0x{next(self._etags):X}"', formatdate(time.time(), usegmt=True), metadata)
            self.blobs[name] = blob
            return blob

    def listed(self, prefix: str) -> str:
        with self._lock:
            found = sorted((name, blob) for name, blob in self.blobs.items() if name.startswith(prefix))
        items = "".join(
            f"<Blob><Name>{escape(name)}</Name><Properties><Last-Modified>{blob.modified}</Last-Modified>"
            f"<Etag>{escape(blob.etag)}</Etag><Content-Length>0</Content-Length><BlobType>BlockBlob</BlobType>"
            "</Properties><Metadata>"
            + "".join(f"<{key}>{escape(value)}</{key}>" for key, value in blob.metadata.items())
            + "</Metadata></Blob>"
            for name, blob in found
        )
        return (
            '<?xml version="1.0" encoding="utf-8"?>'
            f'<EnumerationResults ContainerName="{CONTAINER}">'
            f"<Blobs>{items}</Blobs><NextMarker/></EnumerationResults>"
        )

    def _handler(blobs) -> type[BaseHTTPRequestHandler]:  # noqa: N805  # `self` is the handler's
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                assert query["comp"] == ["list"], self.path
                self._answer(200, blobs.listed(query.get("prefix", [""])[0]).encode())

            def do_PUT(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                parts = urlsplit(self.path)
                name = unquote(parts.path).removeprefix(f"/{ACCOUNT}/{CONTAINER}").lstrip("/")
                query = parse_qs(parts.query)
                metadata = {
                    key.lower().removeprefix(_META): value
                    for key, value in self.headers.items()
                    if key.lower().startswith(_META)
                }
                conditions = (self.headers.get("If-Match"), self.headers.get("If-None-Match"))
                done = blobs.put(name, metadata, *conditions, create=query.get("comp") != ["metadata"])
                match done:
                    case Blob():
                        status = 200 if "comp" in query else 201
                        self._answer(status, b"", {"ETag": done.etag, "Last-Modified": done.modified})
                    case _:
                        status = {"BlobNotFound": 404, "BlobAlreadyExists": 409}.get(done, 412)
                        body = f"<Error><Code>{done}</Code><Message>{done}</Message></Error>"
                        self._answer(status, body.encode(), {"x-ms-error-code": done})

            def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
                self.send_response(status)
                for key, value in (headers or {}).items():
                    self.send_header(key, value)
                self.send_header("Content-Type", "application/xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the base
                pass

        return Handler
