"""The ingester as Databricks runs it: the wheel, over Spark Connect, on a server that has no such package.

The server is Spark's own, in a process of its own. Only the wheel is on the path of the ingester, and not
even that on the server's.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulators.runtime.environment import client_environment
from emulators.runtime.jars import pyspark_jars
from emulators.settings import LOOPBACK, REPOSITORY
from ingestion.simulation.simulator import Simulator
from tests.integration.ingestion.conftest import Emulator, Place, wait_until


def elsewhere(path: str) -> dict[str, str]:
    """The environment of a process that finds no module of this repository."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PYTHONPATH": path}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but what the wheel installs."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, source)
    for name in ("ingestion", "emulators", "tools"):
        shutil.copytree(REPOSITORY / name, source / name)
    uv = [str(REPOSITORY / ".venv" / "bin" / "uv"), "--quiet", "--offline"]
    python = ["--python", sys.executable]
    build = [*uv, "build", *python, "--wheel", "--no-build-isolation", "--out-dir", str(folder), str(source)]
    subprocess.run(build, check=True)
    (built,) = folder.glob("*.whl")
    installed = folder / "installed"
    install = [*uv, "pip", "install", *python, "--no-deps", "--target", str(installed), str(built)]
    subprocess.run(install, check=True)
    return installed


@dataclass
class Connected:
    """The command of the wheel, with its session at a server of Spark Connect."""

    wheel: Path
    remote: str

    def start(self, place: Place, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(self.wheel / "bin" / "ingestion"), *arguments],
            cwd=place.folder,
            env=elsewhere(str(self.wheel)) | place.environment | {"SPARK_REMOTE": self.remote} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, place: Place, *arguments: str, **variables: str) -> tuple[int | None, str, str]:
        with self.start(place, *arguments, **variables) as process:
            stdout, stderr = process.communicate(timeout=300)
        return process.returncode, stdout, stderr

    def land(self, place: Place, *arguments: str) -> dict[str, Any]:
        """Land, which must succeed quietly; returns what `--json` prints."""
        code, stdout, stderr = self.run(place, "land", "--json", *arguments)
        assert (code, stderr) == (0, ""), stderr
        values: dict[str, Any] = json.loads(stdout)
        return values

    def refuses(self, place: Place, reason: str, *arguments: str, **variables: str) -> None:
        """See to it that landing ends with one line, which tells why, and changes nothing."""
        before = place.landed()
        code, stdout, stderr = self.run(place, "land", *arguments, **variables)
        assert (code, stdout, stderr.count("\n")) == (1, "", 1), stderr
        assert stderr.startswith("error: ")
        assert reason in stderr
        assert place.landed() == before


@pytest.fixture(scope="module")
def connected(
    emulator: Emulator, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connected]:
    folder = tmp_path_factory.mktemp("connect")
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    settings = {"binding.address": LOOPBACK, "binding.port": port}
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [
                str(pyspark_jars().parent / "bin" / "spark-submit"),
                *("--class", "org.apache.spark.sql.connect.service.SparkConnectServer"),
                *(f"--conf=spark.connect.grpc.{name}={value}" for name, value in settings.items()),
                # On a busy machine a worker takes longer than 15 s to say that it is there.
                "--conf=spark.python.authenticate.socketTimeout=300s",
                "spark-internal",
            ],
            cwd=folder,
            env=elsewhere("") | client_environment(emulator.settings) | {"PYSPARK_PYTHON": sys.executable},
            stdout=log,
            stderr=log,
        )

    def serves() -> bool:
        assert server.poll() is None, (folder / "server.log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, port)) == 0

    try:
        wait_until(serves, "Spark Connect serves")
        yield Connected(wheel, f"sc://{LOOPBACK}:{port}")
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_the_wheel_lands_over_spark_connect_each_message_once(place: Place, connected: Connected) -> None:
    assert not {path.name for path in connected.wheel.iterdir()} & {"emulators", "tools", "tests"}
    place.produce(Simulator(61).take(300), partition=1)
    place.produce(Simulator(62).take(100), partition=2)
    first = connected.land(place, "--max-offsets", "250")
    assert (first["landed"], first["lag"]) == (400, 0)
    assert place.landed() == place.held()
    count = len(place.check_batches())
    place.produce(Simulator(63).take(50))
    assert connected.land(place)["landed"] == 50
    # What a kill leaves behind between Delta's commit and Spark's own, before the batch is recorded.
    for name in (str(count), f".{count}.crc"):
        (place.folder / "checkpoint" / "commits" / name).unlink()
    shutil.rmtree(place.folder / "bronze" / "ingest_batches")
    assert connected.land(place)["landed"] == 0
    assert place.landed() == place.held()
    assert [batch["is_recovered"] for batch in place.check_batches()] == [True] * (count + 1)
    # The checkpoint is lost; one partition has held nothing so far.
    shutil.rmtree(place.folder / "checkpoint")
    place.produce(Simulator(64).take(20), partition=1)
    connected.refuses(place, "already holds messages of hub")
    assert connected.land(place, "--from-table")["landed"] == 20
    assert place.landed() == place.held()
    place.check_batches()
    # Messages expire before they land, whether the checkpoint is kept or not.
    place.produce(Simulator(65).take(30), partition=1)
    ends = {1: max(offset for number, offset in place.landed() if number == 1) + 1}
    place.delete_records({1: ends[1] + 5})
    expired = f"no longer holds offsets {ends[1]} to {ends[1] + 4} of partition 1: they expired"
    connected.refuses(place, expired)
    shutil.rmtree(place.folder / "checkpoint")
    connected.refuses(place, expired, "--from-table")


@pytest.mark.nightly
def test_a_hub_that_was_recreated_is_refused_over_spark_connect(place: Place, connected: Connected) -> None:
    place.produce(Simulator(66).take(100))
    connected.land(place)
    place.delete_hub()
    place.create_hub()
    place.produce(Simulator(67).take(500))
    connected.refuses(place, "it was recreated")


def test_a_wrong_key_and_a_missing_hub_are_one_line_over_spark_connect(
    emulator: Emulator, place: Place, connected: Connected
) -> None:
    wrong = place.settings.connection_string.replace(place.settings.sas_key, "d3Jvbmc=")
    code, stdout, stderr = connected.run(place, "land", EVENTHUBS_CONNECTION_STRING=wrong)
    assert (code, stdout, stderr.count("\n")) == (1, "", 1)
    assert "refuses EVENTHUBS_CONNECTION_STRING" in stderr
    missing = emulator.place(with_hub=False)
    code, stdout, stderr = connected.run(missing, "land")
    assert (code, stdout, stderr.count("\n")) == (1, "", 1)
    assert f"event hub '{missing.hub}' does not exist" in stderr


@pytest.mark.nightly
def test_continuous_landing_over_spark_connect_is_stopped_and_killed(
    place: Place, connected: Connected
) -> None:
    for end in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM):
        commits = place.commits
        place.produce(Simulator(68).take(100))
        with connected.start(place, "land", "--trigger", "processing-time", "--interval", "0.5") as ingester:
            wait_until(lambda before=commits: place.commits > max(before, 1), "a batch has landed")  # type: ignore[misc]
            assert ingester.poll() is None
            ingester.send_signal(end)
            _, stderr = ingester.communicate(timeout=120)
        assert (ingester.returncode, stderr) == (0 if end is signal.SIGTERM else -end, "")
    connected.land(place)
    assert place.landed() == place.held()
    place.check_batches()
