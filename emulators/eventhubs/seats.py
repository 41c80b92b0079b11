"""Who receives from which partition: the rules of owner levels, called epochs on the wire."""

from __future__ import annotations

from collections import defaultdict
from typing import Protocol

from emulators.eventhubs.amqp.errors import RESOURCE_LIMIT, STOLEN, AmqpError

MAX_PER_SEAT = 5
"""Receivers without an owner level that share a partition in one consumer group, as the service has it."""
MAX_RECEIVERS = 256
"""Receivers at a time, of all partitions."""

Seat = tuple[str, str, int]
"""Hub, consumer group, partition."""


class Holder(Protocol):
    """A receiver, as far as its seat is concerned."""

    def detach(self, error: AmqpError) -> None:
        """Make it go."""


class Seats:
    """The receivers at work, by partition and consumer group.

    A receiver with an owner level drives out those with none, a lower or the same one; while it sits, nobody
    without a level or with a lower one is let in.
    """

    def __init__(self) -> None:
        self._holders: defaultdict[Seat, dict[Holder, int | None]] = defaultdict(dict)

    def take(self, seat: Seat, holder: Holder, level: int | None) -> None:
        """Sit down.

        Raises:
            AmqpError: amqp:link:stolen, if a receiver of a higher level sits there;
                amqp:resource-limit-exceeded, if there are too many receivers.
        """
        holders = self._holders.get(seat, {})
        highest = max((each for each in holders.values() if each is not None), default=None)
        if highest is not None and (level is None or level < highest):
            raise AmqpError(
                STOLEN,
                f"A receiver with epoch '{highest}' is connected: "
                f"one with {'none' if level is None else f'epoch {level}'} is not let in.",
            )
        if level is None and len(holders) >= MAX_PER_SEAT:
            raise AmqpError(
                RESOURCE_LIMIT,
                "Exceeded the maximum number of allowed receivers per partition in a consumer group "
                f"which is {MAX_PER_SEAT}.",
            )
        if sum(len(each) for each in self._holders.values()) >= MAX_RECEIVERS:
            raise AmqpError(RESOURCE_LIMIT, f"{MAX_RECEIVERS} receivers are at work, the most there may be.")
        if level is not None:
            for other in list(holders):
                other.detach(AmqpError(STOLEN, f"A receiver with epoch '{level}' has taken over."))
        self._holders[seat][holder] = level

    def leave(self, seat: Seat, holder: Holder) -> None:
        """Stand up."""
        holders = self._holders.get(seat, {})
        holders.pop(holder, None)
        if not holders:
            self._holders.pop(seat, None)
