"""Microsoft's SDK for Node.js asks, sends and receives."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.eventhubs.conftest import EventHubs
from tests.integration.node_packages import node_packages

SOURCES = Path(__file__).with_name("drivers") / "node"
RUN_SECONDS = 120


@pytest.mark.nightly
def test_node(eventhubs: EventHubs) -> None:
    packages = node_packages(SOURCES)
    hub = eventhubs.new_hub(partitions=2)
    command = ["node", str(SOURCES / "check.mjs"), str(packages), hub]
    done = subprocess.run(
        command,
        env=os.environ | {"EVENTHUBS_CONNECTION_STRING": eventhubs.settings.connection_string},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    seen: dict[str, Any] = json.loads(done.stdout)

    assert (seen["hub"], seen["partitions"], seen["isEmpty"]) == (hub, ["0", "1"], True)
    assert seen["bodies"] == sorted(["keyed", *(f"buffered {number}" for number in range(20))])
    assert seen["keys"] == ["customer-1"]
    assert seen["errors"] == []
    assert seen["refusals"] == ["MessagingEntityNotFoundError"]
