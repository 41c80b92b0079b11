"""The body of a request: how large it says it is, read no further than that."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import Message
from http import HTTPStatus

_LENGTH = re.compile(r"[0-9]{1,18}")


class RequestError(Exception):
    """A request that is refused.

    Args:
        status: of the answer.
        message: why.
        headers: that the answer has beside those of every answer.
    """

    def __init__(self, status: HTTPStatus, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


class Body:
    """The body of one request.

    Args:
        source: reads so many bytes of the connection, fewer at its end.
        size: bytes of it.
        before: what is called before the first byte is read: a client may wait to be asked for it.
    """

    def __init__(self, source: Callable[[int], bytes], size: int, before: Callable[[], None]) -> None:
        self.size = size
        self.unread = size
        """Bytes of it that have not been read."""
        self._source = source
        self._before: Callable[[], None] | None = before

    def read(self, most: int) -> bytes:
        """Read as much, or what is left of it.

        Raises:
            RequestError: the connection ends before the body does.
            TimeoutError: it comes too slowly.
        """
        if self._before:
            self._before()
            self._before = None
        most = min(most, self.unread)
        found = self._source(most)
        self.unread -= len(found)
        if len(found) < most:
            raise RequestError(HTTPStatus.BAD_REQUEST, "The body ends before its Content-Length.")
        return found


def announced_size(headers: Message) -> int | None:
    """The bytes of a request's body; None when it says nothing of one.

    Raises:
        RequestError: the size is no number, is told twice, or is not told because the body comes in chunks.
    """
    lengths = {each.strip() for each in headers.get_all("Content-Length", [])}
    if "Transfer-Encoding" in headers:
        raise RequestError(
            HTTPStatus.BAD_REQUEST if lengths else HTTPStatus.LENGTH_REQUIRED,
            f"A body with Transfer-Encoding: {headers['Transfer-Encoding']} is not taken: send it with its "
            "Content-Length alone.",
        )
    if not lengths:
        return None
    if len(lengths) > 1 or not _LENGTH.fullmatch(min(lengths)):
        shown = ", ".join(sorted(lengths))
        raise RequestError(
            HTTPStatus.BAD_REQUEST, f"Content-Length: {shown} is not the number of a body's bytes."
        )
    return int(min(lengths))
