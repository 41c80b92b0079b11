"""The transport alone: Spark is not there, so the processor is the protocol's own over one handler."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from databricks.sql.thrift_api.TCLIService import TCLIService
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TTransport import TMemoryBuffer

from emulators import certificates
from emulators.errors import EmulatorError
from emulators.settings import HTTP_PATH, LOOPBACK, Settings, load
from emulators.warehouse.__main__ import listen
from emulators.warehouse.protocol.http_server import WarehouseServer
from emulators.warehouse.protocol.readiness import is_ready
from emulators.warehouse.thrift_types import Processor, ttypes

Client: Any = TCLIService.Client


class Handler:
    """Answers one call of the protocol."""

    def GetInfo(self, request: Any) -> Any:  # noqa: N802 - the protocol names it
        return ttypes.TGetInfoResp(
            status=ttypes.TStatus(statusCode=ttypes.TStatusCode.SUCCESS_STATUS),
            infoValue=ttypes.TGetInfoValue(stringValue=f"info {request.infoType}"),
        )


@pytest.fixture
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    return load({"EMULATORS_HOME": str(tmp_path), "WAREHOUSE_HOST": getattr(request, "param", "")})


@pytest.fixture
def server(settings: Settings) -> Iterator[WarehouseServer]:
    certificates.ensure_certificates(settings)
    found = WarehouseServer(
        settings.warehouse_host,
        settings.warehouse_port,
        settings.warehouse_token,
        certificates.server_certificate(settings),
    )
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()
    thread.join()


def trusting(settings: Settings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(settings.tls / certificates.BUNDLE_FILE))


def call(
    settings: Settings, path: str = HTTP_PATH, token: str | None = None, *, tls: bool = False
) -> tuple[int, bytes]:
    """POST one GetInfo request."""
    body = TMemoryBuffer()
    Client(TBinaryProtocol(body)).send_GetInfo(
        ttypes.TGetInfoReq(sessionHandle=None, infoType=ttypes.TGetInfoType.CLI_DBMS_NAME)
    )
    headers = {"Authorization": f"Bearer {settings.warehouse_token if token is None else token}"}
    connection = (
        http.client.HTTPSConnection(LOOPBACK, settings.warehouse_port, context=trusting(settings), timeout=10)
        if tls
        else http.client.HTTPConnection(LOOPBACK, settings.warehouse_port, timeout=10)
    )
    try:
        connection.request("POST", path, body.getvalue(), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("tls", [False, True])
def test_one_port_answers_http_and_https(settings: Settings, server: WarehouseServer, tls: bool) -> None:
    server.resources.processor = Processor(Handler())

    status, body = call(settings, tls=tls)

    assert status == 200
    answer = Client(TBinaryProtocol(TMemoryBuffer(body))).recv_GetInfo()
    assert answer.infoValue.stringValue == f"info {ttypes.TGetInfoType.CLI_DBMS_NAME}"


def test_it_is_ready_once_it_has_a_processor(settings: Settings, server: WarehouseServer) -> None:
    assert not is_ready(settings)
    assert call(settings)[0] == 503

    server.resources.processor = Processor(Handler())

    assert is_ready(settings)


@pytest.mark.parametrize("settings", ["0.0.0.0", "localhost"], indirect=True)  # noqa: S104 - what is tested
def test_it_listens_where_it_is_told_to(settings: Settings, server: WarehouseServer) -> None:
    server.resources.processor = Processor(Handler())

    assert is_ready(settings)
    assert call(settings, tls=True)[0] == 200


@pytest.mark.parametrize("settings", ["192.0.2.1"], indirect=True)
def test_an_address_that_is_not_this_machines_is_named(settings: Settings) -> None:
    certificates.ensure_certificates(settings)
    with pytest.raises(EmulatorError, match=r"cannot listen on 192\.0\.2\.1, port \d+ \(.+\)") as caught:
        listen(settings)
    assert "set WAREHOUSE_HOST to an address of this machine" in str(caught.value)


def test_a_port_that_is_taken_is_named(settings: Settings, server: WarehouseServer) -> None:
    with pytest.raises(EmulatorError, match="free the port or set WAREHOUSE_PORT"):
        listen(settings)


def test_nobody_there_is_not_ready(settings: Settings) -> None:
    assert not is_ready(settings)


@pytest.mark.parametrize("token", ["", "wrong", "ünïcode"])
def test_a_wrong_token_is_refused(settings: Settings, server: WarehouseServer, token: str) -> None:
    server.resources.processor = Processor(Handler())

    status, body = call(settings, token=token)

    assert status == 403
    assert "Invalid access token" in json.loads(body)["message"]


def test_another_path_is_not_found(settings: Settings, server: WarehouseServer) -> None:
    assert call(settings, "/sql/1.0/warehouses/other")[0] == 404


def test_discovery_answers_an_empty_object_over_https(settings: Settings, server: WarehouseServer) -> None:
    connection = http.client.HTTPSConnection(
        "localhost", settings.warehouse_port, context=trusting(settings), timeout=10
    )
    connection.request("GET", "/.well-known/databricks-config")
    answer = connection.getresponse()

    assert (answer.status, answer.read()) == (200, b"{}")
    connection.close()


def test_a_file_that_is_refused_ends_its_connection(settings: Settings, server: WarehouseServer) -> None:
    connection = http.client.HTTPConnection(LOOPBACK, settings.warehouse_port, timeout=10)
    for headers in ({"Content-Length": "3"}, {"Content-Length": "-1"}):
        connection.request("PUT", "/files/Volumes/c/s/v/a%0Ab%E6%97%A5.csv?expires=1", b"abc", headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status in (403, 400)
        assert answer.getheader("Connection") == "close"


def test_garbage_and_dropped_connections_harm_nobody(settings: Settings, server: WarehouseServer) -> None:
    server.resources.processor = Processor(Handler())
    for sent in (b"", b"\x16\x03", b"nonsense\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nab"):
        with socket.create_connection((LOOPBACK, settings.warehouse_port), timeout=10) as client:
            client.sendall(sent)

    assert call(settings)[0] == 200


def test_a_client_that_does_not_trust_us_is_turned_away_by_itself(
    settings: Settings, server: WarehouseServer
) -> None:
    server.resources.processor = Processor(Handler())
    connection = http.client.HTTPSConnection(LOOPBACK, settings.warehouse_port, timeout=10)

    with pytest.raises(ssl.SSLCertVerificationError):
        connection.request("GET", "/health")
    assert call(settings)[0] == 200
