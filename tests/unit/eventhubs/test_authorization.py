"""What the tokens of a connection allow."""

from __future__ import annotations

from typing import Any

import pytest
from azure.eventhub._pyamqp.utils import generate_sas_token

from emulators.eventhubs import authorization
from emulators.eventhubs.amqp.errors import AmqpError
from emulators.eventhubs.authorization import Authorization
from emulators.settings import SAS_KEY_NAME

KEY = "c2VjcmV0"
NOW = 1_795_226_509


class Clock:
    time = float(NOW)

    def __call__(self) -> float:
        return self.time


def token(path: str, seconds: int = 60, key: str = KEY) -> str:
    make: Any = generate_sas_token  # not typed
    return str(make(f"sb://127.0.0.1:5672/{path}", SAS_KEY_NAME, key, NOW + seconds))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> Authorization:
    return Authorization(KEY, clock)


def test_a_token_holds_until_it_expires(client: Authorization, clock: Clock) -> None:
    assert not client.holds
    assert client.seconds_left is None
    client.put(token("orders"))
    client.put(token("returns", seconds=90))
    assert client.seconds_left == 60
    client.check("orders/partitions/0")
    clock.time += 61
    with pytest.raises(AmqpError, match="amqp:unauthorized-access"):
        client.check("orders")
    client.drop_expired()
    assert client.holds
    assert client.seconds_left == 29
    clock.time += 30
    client.drop_expired()
    assert not client.holds
    assert client.seconds_left is None


def test_tokens_are_bounded(client: Authorization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authorization, "MAX_TOKENS", 2)
    client.put(token("one"))
    client.put(token("two"))
    client.put(token("two", seconds=120))
    with pytest.raises(AmqpError, match="amqp:resource-limit-exceeded"):
        client.put(token("three"))


@pytest.mark.parametrize("path", ["orders", "Orders", "", "orders/$management", "orders/"])
def test_a_request_is_judged_by_the_token_it_brings(client: Authorization, path: str) -> None:
    """As the JavaScript SDK asks: the connection holds no token for the hub, the request does."""
    client.put(token("another/$management"))
    client.check_request("orders", token(path))
    client.check_request("orders", token(path).encode())


@pytest.mark.parametrize("path", ["orders", "orders/$management", ""])
def test_without_one_the_tokens_of_the_connection_decide(client: Authorization, path: str) -> None:
    with pytest.raises(AmqpError, match="No valid token for 'orders'"):
        client.check_request("orders", None)
    client.put(token(path))
    client.check_request("orders", None)
    client.check_request("Orders", None)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (token("orders", seconds=-5), "expired 5 s ago"),
        (token("orders", key="b3RoZXI="), "made with another key"),
        (token("returns"), "No valid token for 'orders'"),
        (token("order"), "No valid token for 'orders'"),
        (token("orders/consumergroups/$default"), "No valid token for 'orders'"),
        (token("returns/$management"), "No valid token for 'orders'"),
        ("", "not a SharedAccessSignature"),
        ("eyJhbGciOiJSUzI1NiJ9.e30.sig", "not a SharedAccessSignature"),
        (b"\xff\xfe", "not a SharedAccessSignature"),
        (7, "not a SharedAccessSignature"),
        (["SharedAccessSignature"], "not a SharedAccessSignature"),
    ],
)
def test_a_request_with_a_bad_token_is_refused_whatever_the_connection_holds(
    client: Authorization, bad: object, said: str
) -> None:
    client.put(token("orders"))
    with pytest.raises(AmqpError, match=f"amqp:unauthorized-access.*{said}"):
        client.check_request("orders", bad)
