"""What one client may send, hold and wait for: nobody without the token costs memory or holds a thread."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from emulators import certificates
from emulators.settings import HTTP_PATH, LOOPBACK, Settings, load
from emulators.warehouse.files.signed_links import FileOperation
from emulators.warehouse.protocol.http_server import WarehouseServer
from emulators.warehouse.protocol.limits import Limits
from emulators.warehouse.request_context import BASE_URL
from emulators.warehouse.results.encoding import COLUMNS
from emulators.warehouse.sessions.operations import Operations, Request
from tests.unit.warehouse.protocol.test_http_server import trusting

PATIENT = Limits(
    connections=4, head_bytes=16 << 10, call_bytes=1 << 20, file_bytes=2 << 20, discard_seconds=0.2
)
HASTY = replace(PATIENT, head_seconds=0.8, idle_seconds=1.8, body_seconds=0.5, send_seconds=0.5)
"""Longer than a busy machine takes for a handshake."""

hasty = pytest.mark.parametrize("limits", [HASTY], indirect=True)

POST = f"POST {HTTP_PATH} HTTP/1.1\r\nHost: x\r\n"
GET = "GET /health HTTP/1.1\r\nHost: x\r\n"
FILE = "/Volumes/c/s/v/a.csv"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    found = load({"EMULATORS_HOME": str(tmp_path_factory.mktemp("home"))})
    certificates.ensure_certificates(found)
    return found


@pytest.fixture
def limits(request: pytest.FixtureRequest) -> Limits:
    found: Limits = getattr(request, "param", PATIENT)
    return found


@pytest.fixture
def server(settings: Settings, limits: Limits, tmp_path: Path) -> Iterator[WarehouseServer]:
    found = WarehouseServer(
        LOOPBACK,
        settings.warehouse_port,
        settings.warehouse_token,
        certificates.server_certificate(settings),
        limits,
    )
    found.resources.processor = MagicMock(process=lambda call, answer: answer.trans.write(b"answer"))
    found.resources.page = lambda: "page"
    found.resources.file_links.file_of = lambda path: tmp_path / path.removeprefix("/Volumes/")
    thread = threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()
    thread.join()


@pytest.fixture(params=["http", "https"])
def connect(request: pytest.FixtureRequest, settings: Settings) -> Callable[[], socket.socket]:
    def opened() -> socket.socket:
        plain = socket.create_connection((LOOPBACK, settings.warehouse_port), timeout=10)
        if request.param == "http":
            return plain
        return trusting(settings).wrap_socket(plain, server_hostname="localhost")

    return opened


@contextmanager
def sending(connect: Callable[[], socket.socket], *sent: str | bytes) -> Iterator[socket.socket]:
    with connect() as client:
        for each in sent:
            client.sendall(each.encode() if isinstance(each, str) else each)
        yield client


def answer_of(client: socket.socket) -> tuple[int, str, http.client.HTTPResponse]:
    """Status, message and the rest of the next answer."""
    found = http.client.HTTPResponse(client)
    found.begin()
    body = found.read()
    text = json.loads(body)["message"] if found.status >= 400 else body.decode()
    return found.status, text, found


def ends(client: socket.socket) -> bool:
    """Whether the server closes the connection without another byte."""
    try:
        return client.recv(1) == b""
    except (ConnectionResetError, ssl.SSLEOFError):
        return True


def bearer(settings: Settings) -> str:
    return f"Authorization: Bearer {settings.warehouse_token}\r\n"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (POST, 403),
        (f"{POST}Authorization: Bearer wrong\r\n", 403),
        ("POST /elsewhere HTTP/1.1\r\nHost: x\r\n", 404),
        ("PUT /files/Volumes/c/s/v/a.csv?signature=x HTTP/1.1\r\nHost: x\r\n", 403),
        ("PATCH / HTTP/1.1\r\nHost: x\r\n", 501),
    ],
)
def test_who_has_no_token_is_refused_before_a_body_is_read(
    server: WarehouseServer, connect: Callable[[], socket.socket], head: str, status: int
) -> None:
    with sending(connect, f"{head}Content-Length: 1000000\r\n\r\nx") as client:
        found, _, answer = answer_of(client)
        assert (found, answer.getheader("Connection")) == (status, "close")


@pytest.mark.parametrize(
    ("headers", "status", "said"),
    [
        ("", 411, "Content-Length"),
        ("Transfer-Encoding: chunked\r\n", 411, "chunked"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400, "chunked"),
        ("Content-Length: -1\r\n", 400, "-1"),
        ("Content-Length: abc\r\n", 400, "abc"),
        ("Content-Length:\r\n", 400, "not the number"),
        ("Content-Length: +3\r\n", 400, "+3"),
        ("Content-Length: 3_0\r\n", 400, "3_0"),
        ("Content-Length: 3\r\nContent-Length: 4\r\n", 400, "3, 4"),
        (f"Content-Length: {'9' * 5000}\r\n", 400, "999"),
        (f"Content-Length: {(1 << 20) + 1}\r\n", 413, "1,048,577 bytes is too large: at most 1,048,576"),
        ("Content-Length: 999999999999999999\r\n", 413, "too large"),
        ("no colon\r\nContent-Length: 3\r\n", 400, "malformed"),
    ],
)
def test_a_body_of_no_size_that_is_taken_is_refused(
    server: WarehouseServer,
    connect: Callable[[], socket.socket],
    settings: Settings,
    headers: str,
    status: int,
    said: str,
) -> None:
    with sending(connect, f"{POST}{bearer(settings)}{headers}\r\nabc") as client:
        found, message, answer = answer_of(client)
        assert (found, answer.getheader("Connection")) == (status, "close")
        assert said in message
        assert ends(client)


def test_a_body_that_is_refused_does_not_hide_the_answer(
    server: WarehouseServer, connect: Callable[[], socket.socket], settings: Settings
) -> None:
    size = 8 << 20
    head = f"{POST}{bearer(settings)}Content-Length: {size}\r\n\r\n"
    with sending(connect, head, bytes(size)) as client:
        assert answer_of(client)[0] == 413


def test_a_body_is_asked_for_when_it_is_wanted(
    server: WarehouseServer, connect: Callable[[], socket.socket], settings: Settings
) -> None:
    waiting = "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    with sending(connect, f"{POST}{waiting}") as client:
        assert answer_of(client)[0] == 403
    with sending(connect, f"{POST}{bearer(settings)}{waiting}") as client:
        assert client.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        client.sendall(b"abc")
        assert answer_of(client)[:2] == (200, "answer")


@pytest.mark.parametrize(
    "head",
    [
        f"GET /{'x' * (32 << 10)} HTTP/1.1\r\n\r\n",
        f"{GET}X: {'x' * (32 << 10)}\r\n\r\n",
        GET + f"X: {'x' * 1000}\r\n" * 32 + "\r\n",
        GET + "X: x\r\n" * 101 + "\r\n",
    ],
    ids=["line", "header", "headers", "number"],
)
def test_headers_are_no_larger_than_they_may_be(
    server: WarehouseServer, connect: Callable[[], socket.socket], head: str
) -> None:
    with sending(connect, head) as client:
        assert answer_of(client)[0] == 431


@hasty
@pytest.mark.parametrize("sent", ["", "GET /hea", GET, f"{GET}X: "])
def test_a_client_that_is_slow_with_its_request_is_let_go(
    server: WarehouseServer, connect: Callable[[], socket.socket], sent: str
) -> None:
    began = time.monotonic()
    with sending(connect, sent) as client:
        trickle = threading.Event()

        def drip() -> None:  # each byte comes in time, the whole does not
            while not trickle.wait(0.1):
                try:
                    client.sendall(b"x")
                except OSError:
                    return

        if sent:
            threading.Thread(target=drip, daemon=True).start()
            assert answer_of(client)[0] == 408
        assert ends(client)
        trickle.set()
    assert HASTY.head_seconds <= time.monotonic() - began < 8


@hasty
def test_a_client_that_is_slow_with_its_body_is_let_go(
    server: WarehouseServer, connect: Callable[[], socket.socket], settings: Settings
) -> None:
    with sending(connect, f"{POST}{bearer(settings)}Content-Length: 9\r\n\r\nabc") as client:
        assert answer_of(client)[0] == 408
        assert ends(client)


def test_a_body_that_ends_early_is_no_call(
    server: WarehouseServer, connect: Callable[[], socket.socket], settings: Settings
) -> None:
    with sending(connect, f"{POST}{bearer(settings)}Content-Length: 9\r\n\r\nabc") as client:
        if not isinstance(client, ssl.SSLSocket):
            client.shutdown(socket.SHUT_WR)
            assert answer_of(client)[:2] == (400, "The body ends before its Content-Length.")


@hasty
def test_a_connection_is_kept_longer_for_who_has_shown_the_token(
    server: WarehouseServer, connect: Callable[[], socket.socket], settings: Settings
) -> None:
    call = f"{POST}{bearer(settings)}Content-Length: 3\r\n\r\nabc"
    with sending(connect, call) as client:
        assert answer_of(client)[:2] == (200, "answer")
        time.sleep(HASTY.head_seconds * 1.5)
        client.sendall(call.encode())
        assert answer_of(client)[:2] == (200, "answer")
        assert ends(client)
    began = time.monotonic()
    with sending(connect, f"{GET}\r\n") as client:
        assert answer_of(client)[0] == 200
        assert ends(client)
    assert time.monotonic() - began < HASTY.idle_seconds


def test_requests_may_come_one_behind_another(
    server: WarehouseServer, connect: Callable[[], socket.socket], settings: Settings
) -> None:
    call = f"{POST}{bearer(settings)}Content-Length: 3\r\n\r\nabc"
    with sending(connect, call * 2) as client:
        found = b""
        while found.count(b"\r\n\r\nanswer") < 2:
            piece = client.recv(1000)
            assert piece
            found += piece


def test_so_many_connections_are_served_and_no_more(
    server: WarehouseServer, connect: Callable[[], socket.socket], settings: Settings
) -> None:
    held = [socket.create_connection((LOOPBACK, settings.warehouse_port)) for _ in range(PATIENT.connections)]
    time.sleep(0.2)
    with socket.create_connection((LOOPBACK, settings.warehouse_port), timeout=10) as one_more:
        assert ends(one_more)
    for each in held:
        each.close()
    time.sleep(0.2)
    with sending(connect, f"{GET}\r\n") as client:
        assert answer_of(client)[0] == 200


def test_a_body_behind_a_get_is_no_request_of_its_own(
    server: WarehouseServer, connect: Callable[[], socket.socket]
) -> None:
    with sending(connect, f"{GET}Content-Length: 3\r\n\r\nabc") as client:
        assert answer_of(client)[2].getheader("Connection") == "close"
        assert ends(client)


def test_what_is_no_call_is_answered(
    server: WarehouseServer, connect: Callable[[], socket.socket], settings: Settings
) -> None:
    server.resources.processor = MagicMock(process=MagicMock(side_effect=EOFError))
    with sending(connect, f"{POST}{bearer(settings)}Content-Length: 3\r\n\r\nabc") as client:
        assert answer_of(client)[:2] == (400, "The body is no call of the Thrift protocol.")


def test_a_password_opens_the_page_alone(
    server: WarehouseServer, connect: Callable[[], socket.socket], settings: Settings
) -> None:
    secret = base64.b64encode(f"token:{settings.warehouse_token}".encode()).decode()
    password = f"Authorization: Basic {secret}\r\n"
    with sending(connect, f"GET / HTTP/1.1\r\n{password}\r\n") as client:
        assert answer_of(client)[:2] == (200, "page")
    with sending(connect, f"{POST}{password}Content-Length: 3\r\n\r\nabc") as client:
        assert answer_of(client)[0] == 403


def link_to_put(server: WarehouseServer) -> str:
    BASE_URL.set("")
    return server.resources.file_links.link(FileOperation.PUT, FILE, False)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("", 411),
        ("Transfer-Encoding: chunked\r\n", 411),
        ("Content-Length: -1\r\n", 400),
        (f"Content-Length: {(2 << 20) + 1}\r\n", 413),
    ],
)
def test_a_file_of_no_size_that_is_taken_is_refused(
    server: WarehouseServer, connect: Callable[[], socket.socket], tmp_path: Path, headers: str, status: int
) -> None:
    with sending(connect, f"PUT {link_to_put(server)} HTTP/1.1\r\n{headers}\r\nabc") as client:
        assert answer_of(client)[0] == status
    assert not list(tmp_path.rglob("*.csv"))


@hasty
def test_a_file_that_comes_too_slowly_leaves_nothing(
    server: WarehouseServer, connect: Callable[[], socket.socket], tmp_path: Path
) -> None:
    with sending(connect, f"PUT {link_to_put(server)} HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc") as client:
        assert answer_of(client)[0] == 408
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


@hasty
def test_a_client_that_does_not_read_is_let_go(
    server: WarehouseServer, connect: Callable[[], socket.socket], settings: Settings
) -> None:
    server.resources.result_file = lambda link: bytes(64 << 20)
    with ExitStack() as held:
        for _ in range(PATIENT.connections):
            held.enter_context(sending(connect, "GET /results/x HTTP/1.1\r\n\r\n"))
        time.sleep(HASTY.send_seconds * 2)
    with sending(connect, f"{GET}\r\n") as client:
        assert answer_of(client)[0] == 200


@pytest.mark.parametrize("secret", ["é", "%C3%A9", "\xff", "wrong"])
def test_a_result_is_not_found_under_another_secret(
    server: WarehouseServer, connect: Callable[[], socket.socket], secret: str
) -> None:
    operations = Operations(MagicMock(), MagicMock())
    operation = operations.start(MagicMock(), Request("select 1", COLUMNS), MagicMock())
    assert operation.wait(10)
    operation.encoder = MagicMock(file=lambda number: b"rows")
    server.resources.result_file = operations.file
    for given, status in ((secret, 404), (operation.secret.hex(), 200)):
        path = f"/results/{operation.name}/{given}/0".encode("latin-1")
        with sending(connect, b"GET " + path + b" HTTP/1.1\r\n\r\n") as client:
            assert answer_of(client)[0] == status
