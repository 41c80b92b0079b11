"""The place of the checks: emulators of their own, or, with CONFORMANCE=1, what the environment names."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators import lifecycle
from emulators.environment import client_environment
from emulators.settings import REPOSITORY, load
from tests.e2e.place import CLEAN, Place, environment_of_a_shell

NEEDED = (
    "EVENTHUBS_CONNECTION_STRING",
    "DATABRICKS_HOST",
    "DATABRICKS_HTTP_PATH",
    "DATABRICKS_CATALOG",
    "DBT_SCHEMA",
)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("e2e")
    yield from (_real if os.environ.get("CONFORMANCE") else _emulated)(folder)


def _emulated(folder: Path) -> Iterator[Place]:
    environment = CLEAN | {"EMULATORS_HOME": str(folder / "home"), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "emulators"]
    try:
        lines = subprocess.run(
            [*command, "env"], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True
        ).stdout
        yield Place(environment_of_a_shell(lines, environment), "local", "", folder)
    finally:
        subprocess.run(
            [*command, "down"], cwd=REPOSITORY, env=environment, check=True, stdout=subprocess.DEVNULL
        )


def _real(folder: Path) -> Iterator[Place]:
    if missing := [name for name in NEEDED if not os.environ.get(name)]:
        pytest.fail(f"set {', '.join(missing)}: see docs/operations.md", pytrace=False)
    settings = load({"EMULATORS_HOME": str(folder / "home")})
    lifecycle.prepare(settings)
    local_spark = client_environment(settings)
    environment = dict(os.environ) | {
        name: local_spark[name] for name in ("PATH", "JAVA_HOME", "SPARK_CONF_DIR", "SPARK_LOCAL_IP")
    }
    landing = folder / "bronze"
    environment |= {
        "INGESTION_BRONZE_PATH": str(landing),
        "INGESTION_CHECKPOINT": str(folder / "checkpoint"),
        "INGESTION_STATE": str(folder / "state.json"),
        "INGESTION_LOG": str(folder / "ingester.log"),
        "INGESTION_BRONZE_SCHEMA": f"{os.environ['DBT_SCHEMA']}_bronze",
        "INGESTION_OPS_SCHEMA": f"{os.environ['DBT_SCHEMA']}_ops",
    }
    place = Place(environment, "dev", f"{os.environ['DBT_SCHEMA']}_", folder, landing)
    try:
        yield place
    finally:
        with place.connect() as connection, connection.cursor() as cursor:
            for schema in ("gold", "snapshots", "silver", "bronze", "reference", "ops"):
                cursor.execute(f"drop schema if exists {place.table(schema)} cascade")
