"""A warehouse of its own, as a process, for the tests of this folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from databricks import sql
from databricks.sql.client import Connection, Cursor

from emulators import settings
from emulators.runtime.environment import client_environment, service_environment
from emulators.runtime.jars import ensure_jars
from emulators.runtime.java import ensure_java
from emulators.runtime.spark_conf import write_spark_conf
from emulators.settings import HTTP_PATH, REPOSITORY, Settings
from emulators.warehouse.protocol.readiness import is_ready

PROJECT = Path(__file__).with_name("project")
DBT = str(Path(sys.executable).with_name("dbt"))
SENT = "select statement_text from system.query.history order by start_time"
START_TIMEOUT = 300.0


@dataclass
class Warehouse:
    """The emulator under test, and clients for it."""

    settings: Settings
    java: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.settings.home / "warehouse.log"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "emulators.warehouse"],
                cwd=REPOSITORY,
                env=service_environment(self.settings, self.java),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_TIMEOUT
        while not is_ready(self.settings):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill -9."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process
        self.process.terminate()
        return self.process.wait(timeout=20)

    def connect(self, token: str | None = None, uri: str | None = None, **options: Any) -> Connection:
        return sql.connect(
            server_hostname=self.settings.warehouse_url,
            http_path=HTTP_PATH,
            access_token=token or self.settings.warehouse_token,
            _connection_uri=uri or self.settings.warehouse_url + HTTP_PATH,
            enable_telemetry=False,
            **options,
        )

    @contextmanager
    def cursor(self, **options: Any) -> Iterator[Cursor]:
        with self.connect(**options) as connection, connection.cursor() as cursor:
            yield cursor

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement in a session of its own."""
        with self.cursor() as cursor:
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()]

    def sent(self) -> list[str]:
        """Every statement that the warehouse was sent, in order."""
        return [text for (text,) in self.rows(SENT)]

    def dbt(
        self, *arguments: str, target: Path, project: Path = PROJECT, schema: str = "check"
    ) -> subprocess.CompletedProcess[str]:
        """Run dbt as a person does after `eval "$(python -m emulators env)"`."""
        return subprocess.run(
            [DBT, *arguments, "--profiles-dir", ".", "--no-use-colors"],
            cwd=project,
            env={
                **os.environ,
                **client_environment(self.settings),
                "CHECK_SCHEMA": schema,
                "DBT_TARGET_PATH": str(target),
                "DBT_LOG_PATH": str(target / "logs"),
            },
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )

    def dbts(self, *commands: list[str], target: Path) -> str:
        """Run dbt several times in one process, which saves its start; give back what it prints."""
        done = subprocess.run(
            [sys.executable, "-c", _DBTS, json.dumps(commands)],
            cwd=PROJECT,
            env={
                **os.environ,
                **client_environment(self.settings),
                "DBT_PROFILES_DIR": ".",
                "DBT_USE_COLORS": "0",
                "DBT_TARGET_PATH": str(target),
                "DBT_LOG_PATH": str(target / "logs"),
            },
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


_DBTS = """
import json, sys
from dbt.cli.main import dbtRunner
for command in json.loads(sys.argv[1]):
    result = dbtRunner().invoke(command)
    if not result.success:
        sys.exit(f"{command}: {result.exception or result.result}")
"""


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def warehouse(home: Path) -> Iterator[Warehouse]:
    found = Warehouse(settings.load({"EMULATORS_HOME": str(home)}), ensure_java())
    ensure_jars(found.settings.jars, found.java)
    write_spark_conf(found.settings, found.java)
    found.start()
    yield found
    if found.process and found.process.poll() is None:
        assert found.stop() == 0
