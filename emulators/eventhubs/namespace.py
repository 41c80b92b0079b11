"""The namespace: which hubs and consumer groups are declared, and how they are spelled."""

from __future__ import annotations

from collections.abc import Iterable

from emulators.hubs import DEFAULT_GROUP, Hub


class Namespace:
    """The declared hubs. One that a Kafka client made beside them has `$Default` alone."""

    def __init__(self, hubs: Iterable[Hub]) -> None:
        self._hubs = {hub.name.lower(): hub for hub in hubs}

    def spelled(self, hub: str) -> str:
        """The name of a hub as it was declared: names have no case."""
        declared = self._hubs.get(hub.lower())
        return declared.name if declared else hub

    def groups(self, hub: str) -> tuple[str, ...]:
        """The consumer groups of a hub."""
        declared = self._hubs.get(hub.lower())
        return (DEFAULT_GROUP, *(declared.groups if declared else ()))

    def has_group(self, hub: str, group: str) -> bool:
        """Whether a hub has a consumer group, in whatever case."""
        return group.lower() in {each.lower() for each in self.groups(hub)}
