"""Shared access signatures: who may do what, and until when.

A token reads `SharedAccessSignature sr=<URI>&sig=<signature>&se=<expiry>&skn=<key name>`, values URL-encoded.
The signature is the base 64 of the HMAC-SHA256, under the key, of the encoded URI, a newline and the expiry
(https://learn.microsoft.com/azure/event-hubs/authenticate-shared-access-signature).
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import unquote_plus, urlsplit

from emulators.errors import EmulatorError

_SCHEME = "SharedAccessSignature "
_EXPIRY = re.compile("[0-9]{1,15}")


class InvalidTokenError(EmulatorError):
    """A token that grants nothing; the message says why."""


@dataclass(frozen=True)
class Grant:
    """What a valid token allows: everything at and below a path, until a time (seconds since the epoch)."""

    path: str
    expires_at: int

    def covers(self, path: str) -> bool:
        """Whether a path lies at or below this one; names of hubs and groups have no case."""
        return f"{path.strip('/').lower()}/".startswith(f"{self.path}/" if self.path else "")


def sign(uri: str, expires_at: int, key: str) -> str:
    """The signature of an encoded URI and an expiry."""
    digest = hmac.new(key.encode(), f"{uri}\n{expires_at}".encode(), sha256).digest()
    return b64encode(digest).decode()


def verify(token: str, *, key_name: str, key: str, now: float) -> Grant:
    """Check a token against the one key there is.

    Raises:
        InvalidTokenError: it is malformed, expired, or not signed with this key.
    """
    if not token.startswith(_SCHEME):
        raise InvalidTokenError("the token is not a SharedAccessSignature")
    parts = dict(part.partition("=")[::2] for part in token.removeprefix(_SCHEME).split("&"))
    missing = {"sr", "sig", "se", "skn"} - parts.keys()
    if missing or not _EXPIRY.fullmatch(parts["se"]):
        raise InvalidTokenError(f"the token lacks {', '.join(sorted(missing)) or 'a numeric se'}")
    expires_at = int(parts["se"])
    if unquote_plus(parts["skn"]) != key_name:
        raise InvalidTokenError(
            f"there is no key {unquote_plus(parts['skn'])!r}; the one there is: {key_name}"
        )
    signature = unquote_plus(parts["sig"])
    if not hmac.compare_digest(signature.encode(), sign(parts["sr"], expires_at, key).encode()):
        raise InvalidTokenError("the signature is not valid: the token was made with another key")
    if expires_at <= now:
        raise InvalidTokenError(f"the token expired {now - expires_at:.0f} s ago")
    try:
        path = urlsplit(unquote_plus(parts["sr"])).path
    except ValueError as error:
        raise InvalidTokenError(f"the resource of the token is no address: {error}") from None
    return Grant(path=path.strip("/").lower(), expires_at=expires_at)
