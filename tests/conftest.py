"""Which tests run in one worker, so that emulators are started once and not by every worker."""

from __future__ import annotations

import pytest

SHARED = ("eventhubs", "warehouse")
"""Fixtures of emulators that last for a whole session, in the order in which they name a group."""

ORDER = ("eventhubs", "warehouse", "dbt", "demo", "reconciliation")
"""Groups as they begin, after all others: first what fails fast, then the longest of the whole path, so that
the workers end at about the same time."""


def group_of(item: pytest.Item) -> str:
    """The group that the item's module names, else the emulator that it needs, else its file."""
    if marker := item.get_closest_marker("xdist_group"):
        return str(marker.args[0])
    names = getattr(item, "fixturenames", ())
    return next((name for name in SHARED if name in names), str(item.path))


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test with its group, and put the groups into order."""
    groups = {item: group_of(item) for item in items}
    for item, group in groups.items():
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: ORDER.index(groups[item]) if groups[item] in ORDER else -1)
