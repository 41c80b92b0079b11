"""The order simulator: what a shop sends of the life of its orders, deterministic from a seed.

What a message says depends on the seed, the state the simulator starts from and its options, on nothing else:
not on the wall clock, the machine, the hash seed, or how many messages are taken at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from heapq import heappop, heappush
from random import Random
from typing import Any

from ingestion.errors import ConfigurationError
from ingestion.settings import DEFAULT_ORDERS_PER_DAY
from ingestion.simulation.faults import Fault, Injector, Message, Rates
from ingestion.simulation.life import EPOCH_MS, Life
from ingestion.simulation.shop import Order

STATE_VERSION = 2


class Simulator:
    """A shop and what it sends: each event of its orders' life as a message, with the faults that befall it.

    Args:
        seed: any integer. A shop that is resumed with the seed it was left with goes on as if it had never
            stopped; with another seed it keeps its ids, customers, clock and open orders, and draws anew.
        state: what `state()` of an earlier simulator returned; a new shop without it.
        faults: probability of each kind of fault. They do not change what happens in the shop, only what is
            sent of it, and when.
        orders_per_day: how many orders an average day brings.

    Raises:
        ConfigurationError: `state` is not such a state.
    """

    def __init__(
        self,
        seed: int,
        state: dict[str, Any] | None = None,
        faults: Rates | None = None,
        orders_per_day: float = DEFAULT_ORDERS_PER_DAY,
    ) -> None:
        self._seed = seed
        self._rng = Random(seed)  # noqa: S311 - a repeatable shop, not a secret
        self._fault_rng = Random(f"faults of {seed}")  # noqa: S311
        self._life = Life(self._rng, orders_per_day)
        # Messages that wait to be sent, with the virtual time first.
        self._outbox: list[tuple[int, int, Message]] = []
        self._overtaken: dict[int, Message] = {}
        self._messages = 0
        self._queued = 0
        self._given_back = 0
        if state is None:
            self._now = EPOCH_MS
            self._life.open()
        else:
            self._resume(state)
        self._injector = Injector(faults, self._fault_rng) if faults else None

    @property
    def events(self) -> int:
        """How many messages the shop has made since it opened, copies included."""
        return self._messages

    @property
    def now(self) -> datetime:
        """The virtual clock: up to when everything has happened and been sent."""
        return datetime.fromtimestamp(self._now / 1000, tz=UTC)

    @property
    def _sends_at_once(self) -> bool:
        """Whether each event is one message, sent as it happens."""
        return self._injector is None and not self._outbox and not self._overtaken

    def take(self, count: int) -> list[bytes]:
        """The bodies of the next `count` messages."""
        return [message.body for message in self.messages(count)]

    def messages(self, count: int, until: datetime | None = None) -> list[Message]:
        """The next messages in the order they are sent.

        Without faults that is the order in which their events occur.

        Args:
            count: how many at most.
            until: virtual time; what is to be sent then or later stays. With fewer than `count` messages the
                clock has reached it.
        """
        made: list[Message] = []
        end = None if until is None else int(until.timestamp() * 1000)
        if self._sends_at_once and end is None:
            happen = self._life.happen
            for _ in range(count):
                made.append(happen())
            if made:
                self._now = made[-1].occurred
            self._messages += count
            return made
        while len(made) < count:
            message = self._next(end)
            if message is None:
                break
            made.append(message)
        self._messages += len(made)
        return made

    def give_back(self, messages: Sequence[Message]) -> None:
        """Take back the last messages that were made, in their order: they are the next to be made again."""
        self._messages -= len(messages)
        for message in reversed(messages):
            self._given_back += 1
            heappush(self._outbox, (self._now, -self._given_back, message))

    def state(self) -> dict[str, Any]:
        """Where the shop stands, as plain JSON values; a simulator made from it continues from here."""
        outbox = sorted(self._outbox, key=lambda entry: entry[:2])
        orders = {order.number: order for order in self._life.open_orders()}
        orders |= {message.order.number: message.order for *_, message in outbox}
        return {
            "version": STATE_VERSION,
            "seed": self._seed,
            "events": self._messages,
            "now_ms": self._now,
            **self._life.state(),
            "rng": list(self._rng.getstate()[1]),
            "fault_rng": list(self._fault_rng.getstate()[1]),
            "open_orders": [order.state() for order in orders.values()],
            "outbox": [[at, message.state()] for at, _, message in outbox],
            "overtaken": [message.state() for message in self._overtaken.values()],
        }

    def _resume(self, state: dict[str, Any]) -> None:
        try:
            if state["version"] != STATE_VERSION:
                raise ValueError(f"version {state['version']!r}, not {STATE_VERSION}")
            self._messages = int(state["events"])
            self._now = int(state["now_ms"])
            orders = {values[0]: Order(self._life.customers, *values) for values in state["open_orders"]}
            self._life.resume(state, orders)
            for at, values in state["outbox"]:
                self._queue(int(at), Message.from_state(values, orders))
            for values in state["overtaken"]:
                message = Message.from_state(values, orders)
                self._overtaken[message.order.number] = message
            if state["seed"] == self._seed:
                self._rng.setstate((3, tuple(state["rng"]), None))
                self._fault_rng.setstate((3, tuple(state["fault_rng"]), None))
            else:
                # The position is part of the new seed: going back to an earlier seed must not draw the
                # earlier event ids again.
                self._rng.seed(f"{self._seed} after {self._life.happened}")
                self._fault_rng.seed(f"faults of {self._seed} after {self._life.happened}")
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ConfigurationError(f"not a simulator state: {error!r}") from error

    def _next(self, end: int | None) -> Message | None:
        """The next message; None when there is none before `end`, which the clock then shows."""
        outbox, life = self._outbox, self._life
        while True:
            due = life.due
            from_outbox = bool(outbox) and outbox[0][0] <= due
            if from_outbox:
                due = outbox[0][0]
            if end is not None and due >= end:
                self._now = max(self._now, end)
                return None
            if from_outbox:
                self._now = due
                return self._sent(heappop(outbox)[2])
            message = life.happen()
            self._now = message.occurred
            overtaken = self._overtaken.pop(message.order.number, None)
            if overtaken:
                message.releases = overtaken
                message.faults += (Fault.OUT_OF_ORDER,)
            if self._injector is None or not self._afflicted(self._injector, message):
                return self._sent(message)

    def _afflicted(self, injector: Injector, message: Message) -> bool:
        """Let faults befall an event that just happened; returns whether its message is held back."""
        order, at = message.order, message.occurred
        injector.afflict(message)
        if injector.adds_orphan():
            orphan = self._life.orphan(at, self._fault_rng)
            injector.afflict(orphan)
            self._queue(orphan.due, orphan)
        if self._life.has_successor and injector.overtakes():
            self._overtaken[order.number] = message
        elif message.due > at:
            self._queue(message.due, message)
        else:
            return False
        return True

    def _sent(self, message: Message) -> Message:
        """See to what follows from a message that leaves now: a copy of it, the one it overtook."""
        if message.copy_after is not None:
            self._queue(self._now + message.copy_after, message.copy())
            message.copy_after = None  # It may be given back, and sent again.
        if message.releases:
            self._queue(max(self._now, message.releases.due), message.releases)
            message.releases = None
        return message

    def _queue(self, at: int, message: Message) -> None:
        self._queued += 1
        heappush(self._outbox, (at, self._queued, message))
