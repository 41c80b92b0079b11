"""Processes killed, stopped and started again: state survives, and errors are one clear line."""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from emulators.settings import REPOSITORY
from ingestion.simulation.simulator import Simulator
from tests.e2e.place import Place
from tests.harness.kafka import KafkaClient

pytestmark = pytest.mark.xdist_group("demo")

HUB, PARTITIONS = "survival", 4
ROUNDS = 20 if os.environ.get("SOAK") else 2
"""How often broker and front are each killed."""
RESUME_SECONDS = 30.0
"""Until sending goes on, once what was killed is back."""


@pytest.fixture(scope="module", autouse=True)
def _up(place: Place) -> None:
    assert place.emulators("up").returncode == 0


def _pid(place: Place, name: str) -> int:
    record = Path(place.environment["EMULATORS_HOME"]) / "run" / f"{name}.json"
    return int(json.loads(record.read_text())["pid"])


def _kill(place: Place, name: str) -> None:
    process = psutil.Process(_pid(place, name))
    assert process.is_running()
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)


@pytest.fixture(scope="module")
def landed(place: Place) -> int:
    """How many messages have landed."""
    if not place.one("select count(*) from bronze.order_events"):
        place.ingestion("simulate", "--events", "50")
        place.land()
    return int(place.one("select count(*) from bronze.order_events"))


def test_what_was_killed_comes_back_with_its_state(place: Place, landed: int) -> None:
    front = _pid(place, "eventhubs")
    for name in ("kafka", "warehouse"):
        _kill(place, name)
    status = json.loads(place.emulators("status", "--json").stdout)
    assert status == {"warehouse": None, "eventhubs": None}
    answer = place.emulators("up")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert _pid(place, "eventhubs") == front
    assert place.one("select count(*) from bronze.order_events") == landed > 0


def test_state_survives_down_and_up(place: Place, landed: int) -> None:
    place.ingestion("simulate", "--events", "50")
    assert "stopped" in place.emulators("down").stdout
    assert place.emulators("down").stdout.strip() == "nothing was running"
    assert json.loads(place.emulators("status", "--json").stdout) == {"warehouse": None, "eventhubs": None}
    assert place.emulators("up").returncode == 0
    assert place.one("select count(*) from bronze.order_events") == landed
    # The hub holds what was sent before, and the ingester knows what of it has landed.
    assert place.land() == 50
    assert place.one("select count(*) from bronze.order_events") == landed + 50


@contextmanager
def _times_of(file: Path) -> Iterator[list[float]]:
    """When a file was written, each time, in seconds since the epoch."""
    times: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            written = file.stat().st_mtime if file.exists() else None
            if written and (not times or written > times[-1]):
                times.append(written)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield times
    finally:
        over.set()
        watcher.join()


@pytest.mark.nightly
def test_no_acknowledged_event_is_lost_when_broker_and_front_are_killed(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kafka = KafkaClient(
        place.environment["EVENTHUBS_KAFKA_BOOTSTRAP"], place.environment["EVENTHUBS_CONNECTION_STRING"]
    )
    kafka.create(HUB, PARTITIONS)
    state = tmp_path / "state.json"
    command = ["simulate", "--continuous", "--rate", "300", "--seed", "77", "--state", str(state), "--json"]
    sender = subprocess.Popen(
        [sys.executable, "-m", "ingestion", *command],
        cwd=REPOSITORY,
        env=place.environment | {"EVENTHUBS_HUB": HUB},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    slowest = 0.0
    try:
        # The state is kept after every acknowledgement, several times a second.
        with _times_of(state) as times:
            _wait_for_more(times, sender)
            for name in ["kafka", "eventhubs"] * ROUNDS:
                _kill(place, name)
                answer = place.emulators("up", "--only", "eventhubs")
                assert (answer.returncode, answer.stderr) == (0, "")
                slowest = max(slowest, _wait_for_more(times, sender))
        sender.terminate()
        stdout, stderr = sender.communicate(timeout=20)
    finally:
        sender.kill()
    assert (sender.returncode, stderr) == (0, "")
    summary = json.loads(stdout)
    held = [message.value() or b"" for message in kafka.messages(HUB, PARTITIONS)]
    longest = max(later - earlier for earlier, later in itertools.pairwise(times))
    with capsys.disabled():
        sys.stdout.write(
            f"\n{ROUNDS} kills of broker and front each: {summary['sent']:,} events acknowledged, "
            f"{summary['resent']:,} sent again, {len(held) - summary['sent']:,} copies; longest pause "
            f"{longest:.1f} s, {slowest:.1f} s of it after they were back\n"
        )
    assert set(held) == set(Simulator(77).take(summary["sent"]))
    assert len(held) - summary["sent"] <= summary["resent"]


def _wait_for_more(times: list[float], sender: subprocess.Popen[str]) -> float:
    """Wait until the sender has kept its state once more; returns after how many seconds."""
    now = time.time()
    while not times or times[-1] <= now:
        assert sender.poll() is None, sender.communicate()
        assert time.time() - now < RESUME_SECONDS, "sending does not go on"
        time.sleep(0.02)
    return times[-1] - now


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
