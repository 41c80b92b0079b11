"""Requests to a node that answers, and the answers."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from emulators.eventhubs.amqp import encoding
from emulators.eventhubs.amqp.decoding import decode
from emulators.eventhubs.amqp.errors import DECODE_ERROR, AmqpError
from emulators.eventhubs.amqp.sections import APPLICATION_PROPERTIES, PROPERTIES, VALUE, section, sections


class Request(NamedTuple):
    """A message to a node that answers."""

    id: Any
    properties: dict[str, Any]
    body: Any

    @classmethod
    def of(cls, message: bytes) -> Request:
        """Read a request.

        Raises:
            AmqpError: the message is not well-formed.
        """
        parts = {code: decode(message, at)[0] for code, at, _ in sections(message, 0, len(message))}
        properties = parts.get(PROPERTIES) or [None]
        application_properties = parts.get(APPLICATION_PROPERTIES) or {}
        if not isinstance(properties, list) or not isinstance(application_properties, dict):
            raise AmqpError(DECODE_ERROR, "a request whose properties are no list, or no map")
        request_id = properties[0]
        is_number = type(request_id) is int and request_id >= 0
        if not (is_number or isinstance(request_id, str | bytes | UUID | None)):
            raise AmqpError(DECODE_ERROR, f"a request whose message id is {request_id!r:.100}")
        return cls(request_id, application_properties, parts.get(VALUE))

    def get(self, name: str) -> Any:
        """An application property."""
        return self.properties.get(name)


def response(request: Request, status: int, description: str, body: bytes) -> bytes:
    """The answer to a request, with an encoded body."""
    correlation_id = encoding.NULL if request.id is None else encoding.message_id(request.id)
    properties = [encoding.NULL] * 5 + [correlation_id]
    outcome = [
        (encoding.string("status-code"), encoding.int32(status)),
        (encoding.string("status-description"), encoding.string(description)),
        # The name under which the SDK looks for it in answers of $management.
        (encoding.string("statusDescription"), encoding.string(description)),
    ]
    return b"".join(
        [
            section(PROPERTIES),
            encoding.list_of(properties),
            section(APPLICATION_PROPERTIES),
            encoding.map_of(outcome),
            section(VALUE),
            body,
        ]
    )
