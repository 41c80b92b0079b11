"""Which tests run in one worker, so that emulators are started once and not by every worker."""

from __future__ import annotations

import pytest

SHARED = ("eventhubs", "warehouse")
"""Fixtures of emulators that last for a whole session, in the order in which they name a group."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one emulator are a group, others one by file; a module may name its group itself."""
    for item in items:
        if item.get_closest_marker("xdist_group"):
            continue
        names = getattr(item, "fixturenames", ())
        group = next((name for name in SHARED if name in names), str(item.path))
        item.add_marker(pytest.mark.xdist_group(group))
