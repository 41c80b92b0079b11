"""The SQL warehouse emulator under test, with the driver's clients and dbt for it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from databricks import sql
from databricks.sql.client import Connection, Cursor

from emulators.runtime.environment import client_environment
from emulators.settings import HTTP_PATH, Settings
from tests.harness.dbt import Answer, Dbt
from tests.harness.emulators import Emulators

SENT = "select statement_text from system.query.history order by start_time"


@dataclass
class Warehouse:
    """The warehouse's process, and clients for it."""

    emulators: Emulators
    dbts: dict[tuple[Path, str], Dbt] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return self.emulators.settings

    @property
    def java(self) -> Path:
        return self.emulators.java

    @property
    def process(self) -> subprocess.Popen[bytes]:
        return self.emulators.processes["warehouse"]

    @property
    def log(self) -> Path:
        return self.emulators.log("warehouse")

    def start(self) -> None:
        self.emulators.start("warehouse")

    def kill(self) -> None:
        """Kill -9."""
        self.emulators.kill("warehouse")

    def stop(self) -> int:
        return self.emulators.stop("warehouse")

    def close(self) -> None:
        """End dbt's processes, and the warehouse in order."""
        for each in self.dbts.values():
            each.close()
        self.emulators.stop_all()

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

    def dbt(self, *arguments: str, target: Path, project: Path, schema: str = "check") -> Answer:
        """Run dbt with the variables of `eval "$(python -m emulators env)"`.

        All commands for one project and schema run in one process, which saves dbt's start.
        """
        dbt = self.dbts.get((project, schema))
        if dbt is None:
            own = {"CHECK_SCHEMA": schema, "DBT_PROFILES_DIR": ".", "DBT_USE_COLORS": "0"}
            dbt = Dbt(project, {**os.environ, **client_environment(self.settings), **own})
            self.dbts[project, schema] = dbt
        return dbt.run(*arguments, "--target-path", str(target), "--log-path", str(target / "logs"))
