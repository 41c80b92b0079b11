"""What goes wrong on the wire, under the names AMQP 1.0 and Event Hubs give it."""

from __future__ import annotations

from emulators.errors import EmulatorError

DECODE_ERROR = "amqp:decode-error"
FRAMING_ERROR = "amqp:connection:framing-error"
HANDLE_IN_USE = "amqp:session:handle-in-use"
INTERNAL_ERROR = "amqp:internal-error"
MESSAGE_TOO_LARGE = "amqp:link:message-size-exceeded"
NOT_ALLOWED = "amqp:not-allowed"
NOT_FOUND = "amqp:not-found"
RESOURCE_LIMIT = "amqp:resource-limit-exceeded"
SHUTTING_DOWN = "amqp:connection:forced"
STOLEN = "amqp:link:stolen"
TRANSFER_LIMIT = "amqp:link:transfer-limit-exceeded"
UNATTACHED_HANDLE = "amqp:session:unattached-handle"
UNAUTHORIZED = "amqp:unauthorized-access"

ARGUMENT_ERROR = "com.microsoft:argument-error"
ARGUMENT_OUT_OF_RANGE = "com.microsoft:argument-out-of-range"
SERVER_BUSY = "com.microsoft:server-busy"
"""The service did not take the request, as it is busy; the sender is to wait and try again."""
TIMEOUT = "com.microsoft:timeout"
"""The service did not get an answer itself; whether the request was carried out is not known."""


class AmqpError(EmulatorError):
    """An error as a peer is told it: a condition for programs and a description for people."""

    def __init__(self, condition: str, description: str) -> None:
        super().__init__(f"{condition}: {description}")
        self.condition = condition
        self.description = description


class SessionError(AmqpError):
    """An error that ends the session it happened in."""
