"""Where a receiver begins to read a partition."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from emulators.eventhubs.amqp.decoding import Described
from emulators.eventhubs.amqp.errors import ARGUMENT_ERROR, AmqpError
from emulators.eventhubs.kafka_log import KafkaLog

SELECTOR = "apache.org:selector-filter:string"
"""Key of the filter that says where a receiver begins."""


@dataclass(frozen=True)
class Position:
    """Where a receiver begins: at or behind an offset (equal to the sequence number) or a time."""

    annotation: str
    value: str
    is_inclusive: bool

    @classmethod
    def of(cls, filters: dict[str, Any] | None) -> Position:
        """Read the selector of a source; without one, a receiver begins at the beginning.

        Raises:
            AmqpError: the selector is not one of those the SDKs send.
        """
        selector = (filters or {}).get(SELECTOR)
        if selector is None:
            return cls("offset", "-1", is_inclusive=False)
        text = selector.value if isinstance(selector, Described) else selector
        match = _SELECTOR.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise AmqpError(ARGUMENT_ERROR, f"not a selector: {text!r}")
        return cls(match[1], match[3], is_inclusive=match[2] == ">=")

    async def resolve(self, kafka: KafkaLog, hub: str, partition: int) -> int:
        """The offset to begin with.

        Raises:
            AmqpError: the position is behind the end of the partition.
        """
        state = await kafka.partition_state(hub, partition)
        if self.value == "@latest":
            return state.next_offset
        start = int(self.value) + (0 if self.is_inclusive else 1)
        if self.annotation == "enqueued-time":
            found = await kafka.offset_at(hub, partition, max(0, start))
            return state.next_offset if found is None else found
        if start > state.next_offset:
            raise AmqpError(
                ARGUMENT_ERROR,
                f"The supplied {self.annotation} '{self.value}' is invalid. "
                f"The last one in the system is '{state.next_offset - 1}'.",
            )
        return max(start, state.first_offset)


_SELECTOR = re.compile(
    r"amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*'(-?\d{1,18}|@latest)'"
)
