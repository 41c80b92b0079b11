"""The emulators that the integration tests share: one set for all tests that run in one process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.emulators import Emulators
from tests.harness.eventhubs import EventHubs
from tests.harness.warehouse import Warehouse


@pytest.fixture(scope="session")
def eventhubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventHubs]:
    """Broker and AMQP front."""
    emulators = Emulators.in_home(tmp_path_factory.mktemp("eventhubs"))
    try:
        emulators.start("broker")
        emulators.start("front")
        yield EventHubs(emulators)
    finally:
        emulators.stop_all()


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    emulators = Emulators.in_home(tmp_path_factory.mktemp("warehouse"))
    warehouse = Warehouse(emulators)
    try:
        emulators.start("warehouse")
        yield warehouse
    finally:
        warehouse.close()
