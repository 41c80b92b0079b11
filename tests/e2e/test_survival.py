"""Processes killed, stopped and started again: state survives, and errors are one clear line."""

import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from tests.e2e.place import Place


@pytest.fixture(scope="module", autouse=True)
def _up(place: Place) -> None:
    assert place.emulators("up").returncode == 0


def _pid(place: Place, name: str) -> int:
    record = Path(place.environment["EMULATORS_HOME"]) / "run" / f"{name}.json"
    return int(json.loads(record.read_text())["pid"])


def _kill(place: Place, name: str) -> None:
    process = psutil.Process(_pid(place, name))
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)


def test_what_was_killed_comes_back_with_its_state(place: Place) -> None:
    place.ingestion("simulate", "--events", "50")
    place.land()
    landed = place.one("select count(*) from bronze.order_events")
    front = _pid(place, "eventhubs")
    for name in ("kafka", "warehouse"):
        _kill(place, name)
    status = json.loads(place.emulators("status", "--json").stdout)
    assert status == {"warehouse": None, "eventhubs": None}
    answer = place.emulators("up")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert _pid(place, "eventhubs") == front
    assert place.one("select count(*) from bronze.order_events") == landed
    place.ingestion("simulate", "--events", "50")
    assert place.land() == 50
    assert place.one("select count(*) from bronze.order_events") == landed + 50


def test_state_survives_down_and_up(place: Place) -> None:
    landed = place.one("select count(*) from bronze.order_events")
    assert "stopped" in place.emulators("down").stdout
    assert place.emulators("down").stdout.strip() == "nothing was running"
    assert json.loads(place.emulators("status", "--json").stdout) == {"warehouse": None, "eventhubs": None}
    assert place.emulators("up").returncode == 0
    assert place.one("select count(*) from bronze.order_events") == landed
    assert place.land() == 0


def test_a_taken_port_is_named(place: Place, tmp_path: Path) -> None:
    taken = place.environment["EVENTHUBS_KAFKA_BOOTSTRAP"].split(":")[1]
    environment = place.environment | {"EMULATORS_HOME": str(tmp_path), "EVENTHUBS_KAFKA_PORT": taken}
    other = Place(environment, "local", "", tmp_path)
    answer = other.emulators("up", "--only", "eventhubs")
    other.emulators("down")
    assert answer.returncode == 1
    assert answer.stderr == (
        f"error: port {taken} of kafka is taken by another program: set EVENTHUBS_KAFKA_PORT to a free one.\n"
    )
