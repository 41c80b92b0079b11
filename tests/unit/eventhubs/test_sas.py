"""Tokens as the SDK makes them, and as others might."""

from __future__ import annotations

from typing import Any

import pytest
from azure.eventhub._pyamqp.utils import generate_sas_token

from emulators.eventhubs.sas import Grant, InvalidTokenError, verify

KEY = "c2VjcmV0IGtleSBvZiB0aGUgbmFtZXNwYWNl+/="
NOW = 1_795_226_509.0
URI = "sb://127.0.0.1:5672/orders"


def token(uri: str = URI, policy: str = "Root", key: str = KEY, expiry: int = int(NOW) + 60) -> str:
    make: Any = generate_sas_token  # not typed
    return str(make(uri, policy, key, expiry))


def check(candidate: str, now: float = NOW) -> Grant:
    return verify(candidate, key_name="Root", key=KEY, now=now)


def test_the_tokens_of_the_sdk_are_valid_until_they_expire() -> None:
    assert check(token()) == Grant("orders", int(NOW) + 60)
    assert check(token(), now=NOW + 59)
    with pytest.raises(InvalidTokenError, match="expired 1 s ago"):
        check(token(), now=NOW + 61)


@pytest.mark.parametrize(
    ("candidate", "why"),
    [
        (token(key="another"), "another key"),
        (token(policy="Sender"), "no key 'Sender'"),
        (token().replace("orders", "others"), "another key"),
        (token().replace(f"se={int(NOW) + 60}", f"se={int(NOW) + 99999}"), "another key"),
        (token().replace("sig=", "sig=AAAA"), "another key"),
        ("SharedAccessSignature sr=x&sig=y&skn=Root", "lacks se"),
        ("SharedAccessSignature sr=x&sig=y&skn=Root&se=soon", "numeric se"),
        ("SharedAccessSignature sr=x&sig=\N{SNOWMAN}&skn=Root&se=99999999999", "another key"),
        ("SharedAccessSignature sr=x&sig=y&skn=Root&se=" + "9" * 5000, "numeric se"),
        (token("sb://[half an address/orders"), "no address"),
        ("SharedAccessSignature ", "lacks se, sig, skn, sr"),
        ("eyJhbGciOiJSUzI1NiJ9.e30.sig", "not a SharedAccessSignature"),
        ("", "not a SharedAccessSignature"),
    ],
)
def test_anything_else_is_refused_with_the_reason(candidate: str, why: str) -> None:
    with pytest.raises(InvalidTokenError, match=why):
        check(candidate)


def test_a_refusal_does_not_tell_the_right_signature() -> None:
    right = token().split("sig=")[1].split("&")[0]
    with pytest.raises(InvalidTokenError) as refusal:
        check(token(key="another"))
    assert right not in str(refusal.value)
    assert KEY not in str(refusal.value)


@pytest.mark.parametrize(
    ("granted", "path", "is_covered"),
    [
        ("sb://host/orders", "orders", True),
        ("sb://host/orders/", "Orders/Partitions/0", True),
        ("sb://host/Orders", "orders/ConsumerGroups/$Default/Partitions/3", True),
        ("sb://host/orders/consumergroups/$default", "orders/ConsumerGroups/$Default/Partitions/3", True),
        ("sb://host/orders/consumergroups/$default", "orders", False),
        ("sb://host/orders", "orders2", False),
        ("sb://host/", "orders", True),
        ("sb://host", "orders/Partitions/0", True),
        ("https://host/other", "orders", False),
    ],
)
def test_a_token_covers_what_lies_at_and_below_its_resource(
    granted: str, path: str, is_covered: bool
) -> None:
    assert check(token(uri=granted)).covers(path) is is_covered
