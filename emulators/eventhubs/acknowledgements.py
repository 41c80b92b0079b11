"""What Kafka answered to the events of one message, and how a sender is told."""

from __future__ import annotations

import threading
from collections.abc import Callable

from confluent_kafka import KafkaError, Message

from emulators.eventhubs.amqp.errors import MESSAGE_TOO_LARGE, NOT_FOUND, TIMEOUT, AmqpError


class Acknowledgements:
    """Counts the acknowledgements of the events that were sent together."""

    __slots__ = ("_done", "_error", "_left", "_lock")

    def __init__(self, count: int, done: Callable[[KafkaError | None], None]) -> None:
        self._left = count
        self._error: KafkaError | None = None
        self._done = done
        # librdkafka's answers come on the polling thread, those of events it did not even take on the loop's.
        self._lock = threading.Lock()

    def __call__(self, error: KafkaError | None, message: Message | None) -> None:
        """Count one event's; the last of them calls back."""
        with self._lock:
            self._left -= 1
            self._error = self._error or error
            is_last = self._left == 0
        if is_last:
            self._done(self._error)


def amqp_error(error: KafkaError) -> AmqpError:
    """An error of Kafka, as a sender is told it."""
    match error.code():
        case KafkaError.MSG_SIZE_TOO_LARGE:
            return AmqpError(MESSAGE_TOO_LARGE, error.str())
        case KafkaError.UNKNOWN_TOPIC_OR_PART | KafkaError._UNKNOWN_TOPIC | KafkaError._UNKNOWN_PARTITION:
            return AmqpError(NOT_FOUND, error.str())
        case _:
            return AmqpError(TIMEOUT, f"The events may or may not have arrived ({error.str()}): try again.")
