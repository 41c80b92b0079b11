"""What the tokens of one connection allow, and until when."""

from __future__ import annotations

import time
from collections.abc import Callable

from emulators.eventhubs.amqp.errors import RESOURCE_LIMIT, UNAUTHORIZED, AmqpError
from emulators.eventhubs.sas import Grant, InvalidTokenError, verify
from emulators.settings import SAS_KEY_NAME

MAX_TOKENS = 1000
"""Tokens, each for a path of its own, of one connection."""


class Authorization:
    """The tokens a client has put, as far as they hold.

    Args:
        key: the key every token is to be signed with.
        now: the time in seconds since the epoch.
    """

    def __init__(self, key: str, now: Callable[[], float] = time.time) -> None:
        self._key = key
        self._now = now
        self._grants: dict[str, Grant] = {}

    @property
    def holds(self) -> bool:
        """Whether there is a token that has not expired."""
        return bool(self._valid())

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the next token expires; None without tokens."""
        soonest = min((grant.expires_at for grant in self._grants.values()), default=None)
        return None if soonest is None else max(0.0, soonest - self._now())

    def put(self, token: str) -> None:
        """Take a token: what it allows is allowed until it expires, or another for the same path replaces it.

        Raises:
            AmqpError: amqp:unauthorized-access, if it does not hold; amqp:resource-limit-exceeded, if there
                are too many.
        """
        grant = self._verified(token)
        if len(self._grants) >= MAX_TOKENS and grant.path not in self._grants:
            raise AmqpError(RESOURCE_LIMIT, f"{MAX_TOKENS} tokens are the most that a connection may put.")
        self._grants[grant.path] = grant

    def drop_expired(self) -> None:
        """Forget the tokens that have expired."""
        self._grants = {grant.path: grant for grant in self._valid()}

    def check(self, path: str) -> None:
        """Do nothing if a token covers a path.

        Raises:
            AmqpError: amqp:unauthorized-access, if none does.
        """
        if not any(grant.covers(path) for grant in self._valid()):
            raise _no_token(path)

    def check_request(self, hub: str, token: object) -> None:
        """Do nothing if a request to `$management` may be told about a hub.

        The SDKs send a token with each such request, as its property `security_token`; a token that is sent
        decides alone. It may be for the hub, for all of the namespace, or for the hub's own `$management`.

        Raises:
            AmqpError: amqp:unauthorized-access, if no token allows it, or the one that was sent does not.
        """
        if token is None:
            grants = self._valid()
        else:
            grants = [
                self._verified(token.decode(errors="replace") if isinstance(token, bytes) else str(token))
            ]
        node = f"{hub}/$management".lower()
        if not any(grant.covers(hub) or grant.path == node for grant in grants):
            raise _no_token(hub)

    def _valid(self) -> list[Grant]:
        now = self._now()
        return [grant for grant in self._grants.values() if grant.expires_at > now]

    def _verified(self, token: str) -> Grant:
        try:
            return verify(token, key_name=SAS_KEY_NAME, key=self._key, now=self._now())
        except InvalidTokenError as error:
            raise AmqpError(UNAUTHORIZED, f"InvalidSignature: {error}") from None


def _no_token(path: str) -> AmqpError:
    return AmqpError(UNAUTHORIZED, f"Unauthorized access. No valid token for {path!r}.")
