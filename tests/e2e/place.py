"""Where the end-to-end checks run: on the emulators, or on a real namespace and workspace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from databricks import sql
from databricks.sdk.core import Config, oauth_service_principal
from databricks.sql.client import Connection

from emulators.settings import REPOSITORY
from ingestion.settings import BronzeSettings
from ingestion.tables import bootstrap
from ingestion.tables.order_events import TABLE
from tests.harness.dbt import Answer, Dbt
from tests.harness.processes import kill_9

# Tests that only warn, of drift for one, speak of data: all other warnings are errors.
STRICT = ("--warn-error-options", '{"error": "all", "warn": ["LogTestResult"]}')
"""Options of a dbt command that must warn of nothing."""

INSERT_ROWS = 50
"""Rows in one INSERT statement that copies landed rows to a workspace."""


@dataclass(frozen=True)
class Place:
    """Environment, dbt target and schemas of one run of the checks.

    `dbts` holds dbt's processes, one for each folder with target and logs. `landing` is None where the
    ingester writes the tables that dbt reads; otherwise the ingester writes there, and `publish` copies what
    it landed.
    """

    environment: dict[str, str]
    target: str
    schema_prefix: str
    folder: Path
    landing: Path | None = None
    dbts: dict[Path, Dbt] = field(default_factory=dict)

    @property
    def on_emulators(self) -> bool:
        return self.landing is None

    def table(self, name: str) -> str:
        """`silver.order_details` with the schema prefix of the target."""
        return self.schema_prefix + name

    def connect(self) -> Connection:
        if self.on_emulators:
            url = self.environment["LOCAL_WAREHOUSE_URL"]
            path, token = (self.environment[f"LOCAL_WAREHOUSE_{name}"] for name in ("HTTP_PATH", "TOKEN"))
            return sql.connect(
                url, path, access_token=token, _connection_uri=url + path, enable_telemetry=False
            )
        host, path = self.environment["DATABRICKS_HOST"], self.environment["DATABRICKS_HTTP_PATH"]
        catalog = self.environment["DATABRICKS_CATALOG"]
        if self.environment.get("DATABRICKS_TOKEN"):
            token = self.environment["DATABRICKS_TOKEN"]
            return sql.connect(host, path, access_token=token, catalog=catalog)
        config = Config(
            host=f"https://{host}",
            client_id=self.environment["DATABRICKS_CLIENT_ID"],
            client_secret=self.environment["DATABRICKS_CLIENT_SECRET"],
        )
        return sql.connect(
            host, path, credentials_provider=lambda: oauth_service_principal(config), catalog=catalog
        )

    def in_schemas(self, folder: Path, prefix: str) -> Place:
        """Empty schemas with this prefix: those of the target dev, in the warehouse of the target local."""
        folder.mkdir()
        profile = (REPOSITORY / "profiles.yml").read_text()
        local = profile[profile.index("    local:") : profile.index("    dev:")]
        own = local.replace("local:", "dev:", 1).replace("schema: gold", f"schema: {prefix}")
        (folder / "profiles.yml").write_text(f"order_intelligence:\n  target: dev\n  outputs:\n{own}")
        place = replace(
            self,
            environment=self.environment
            | {
                "DBT_PROFILES_DIR": str(folder),
                "INGESTION_BRONZE_SCHEMA": f"{prefix}_bronze",
                "INGESTION_OPS_SCHEMA": f"{prefix}_ops",
            },
            target="dev",
            schema_prefix=f"{prefix}_",
            folder=folder,
        )
        place.create_bronze()
        return place

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with self.connect() as connection, connection.cursor() as cursor:
            return [tuple(row) for row in cursor.execute(statement).fetchall()]

    def execute(self, *statements: str) -> None:
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def one(self, statement: str) -> Any:
        ((value,),) = self.query(statement)
        return value

    def run(self, *command: str, timeout: float = 1200) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=REPOSITORY, env=self.environment, capture_output=True, text=True, timeout=timeout
        )

    def emulators(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "emulators", *arguments)

    def ingestion(self, *arguments: str) -> dict[str, Any]:
        """Run a command of `ingestion` that must succeed; returns its summary."""
        answer = self.run(sys.executable, "-m", "ingestion", *arguments, "--json")
        assert (answer.returncode, answer.stderr) == (0, "")
        summary: dict[str, Any] = json.loads(answer.stdout)
        return summary

    def dbt(self, *arguments: str) -> str:
        """Run a dbt command that must succeed and warn of nothing; returns what it printed."""
        answer = self.dbt_answer(*STRICT, *arguments)
        assert answer.returncode == 0, answer.stdout[-4000:] + answer.stderr
        assert answer.stderr == ""
        return answer.stdout

    def dbt_refuses(self, *arguments: str) -> str:
        """Run a dbt command that must fail; returns what it printed."""
        answer = self.dbt_answer("--no-use-colors", *arguments)
        assert answer.returncode == 1, answer.stdout
        return answer.stdout

    def dbt_answer(self, *arguments: str) -> Answer:
        """Run a dbt command in the process that runs all of this folder, which saves dbt's start."""
        if self.folder not in self.dbts:
            self.dbts[self.folder] = Dbt(REPOSITORY, self.environment)
        return self.dbts[self.folder].run(*arguments, *self._dbt_options())

    def dbt_in_its_own_process(self, *arguments: str, timeout: float = 1200) -> None:
        """Run a dbt command that must succeed and warn of nothing as a person does."""
        answer = self.run("dbt", *STRICT, *arguments, *self._dbt_options(), timeout=timeout)
        assert (answer.returncode, answer.stderr) == (0, ""), answer.stdout[-4000:]

    def _dbt_options(self) -> tuple[str, ...]:
        paths = ("--target-path", str(self.folder / "target"), "--log-path", str(self.folder / "logs"))
        return (*paths, "--target", self.target)

    def begin_dbt(self, name: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a dbt command with logs and target of its own, under this name."""
        target = self.folder / f"{name}-target"
        target.mkdir(exist_ok=True)
        shutil.copy(self.folder / "target" / "partial_parse.msgpack", target)  # saves parsing it all again
        command = ["dbt", "--log-path", str(self.folder / f"{name}-logs"), *arguments]
        command += ["--target", self.target, "--target-path", str(target)]
        return subprocess.Popen(
            command, cwd=REPOSITORY, env=self.environment, stdout=subprocess.PIPE, text=True
        )

    def kill_run_after(self, done: str, *arguments: str) -> None:
        """Start a dbt run and kill it once it reports this model as done."""
        with self.begin_dbt("killed", "run", *arguments) as run:
            assert run.stdout
            lines = []
            for line in run.stdout:
                lines.append(line)
                if "OK created" in line and self.table(done) in line:
                    kill_9(run)
                    return
        raise AssertionError(f"the run ended before it built {done}: {''.join(lines)}")

    def statements_of_last_dbt_run(self) -> str:
        """dbt's debug log of its last run: every statement that it sent."""
        log = (self.folder / "logs" / "dbt.log").read_text()
        return log[log.rindex("Running with dbt=") :]

    def land(self) -> int:
        """Land what the hub holds; returns the number of rows."""
        landed = int(self.ingestion("land", "--trigger", "available-now")["landed"])
        self.publish()
        return landed

    def publish(self) -> None:
        """Make the landed rows those of the bronze table that dbt reads."""
        if self.landing is None:
            return
        self.create_bronze()
        table = self.table(f"bronze.{TABLE}")
        held = dict(self.query(f"select `partition`, max(`offset`) from {table} group by all"))
        self.insert(
            [row for row in landed_rows(self.landing) if row["offset"] > held.get(row["partition"], -1)]
        )

    def create_bronze(self) -> None:
        """Create the schemas and the empty tables of the ingester where they are missing."""
        schemas = BronzeSettings(None, None, self.table("bronze"), self.table("ops"))
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in bootstrap.statements(schemas):
                cursor.execute(statement)

    def insert(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows to the bronze table that dbt reads."""
        table = self.table(f"bronze.{TABLE}")
        with self.connect() as connection, connection.cursor() as cursor:
            for begin in range(0, len(rows), INSERT_ROWS):
                values = ", ".join(_row_literal(row) for row in rows[begin : begin + INSERT_ROWS])
                cursor.execute(f"insert into {table} values {values}")


@contextmanager
def emulated(folder: Path, **variables: str) -> Iterator[Place]:
    """Emulators of their own in this folder; those that were started are stopped at the end."""
    own = {
        "EMULATORS_HOME": str(folder / "home"),
        "PYTHONPATH": str(REPOSITORY),
        # What `emulators demo` parses, later commands need not parse again.
        "DBT_TARGET_PATH": str(folder / "target"),
    }
    environment = CLEAN | own | variables
    command = [sys.executable, "-m", "emulators"]
    dbts: dict[Path, Dbt] = {}
    try:
        lines = subprocess.run(
            [*command, "env"], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True
        ).stdout
        yield Place(environment_of_a_shell(lines, environment), "local", "", folder, dbts=dbts)
    finally:
        for each in dbts.values():
            each.close()
        subprocess.run(
            [*command, "down"], cwd=REPOSITORY, env=environment, check=True, stdout=subprocess.DEVNULL
        )


def environment_of_a_shell(lines: str, before: Mapping[str, str]) -> dict[str, str]:
    """The environment after `eval` of the lines that `python -m emulators env` prints."""
    script = f'{lines}\nexec "{sys.executable}" -c "import json, os; print(json.dumps(dict(os.environ)))"'
    answer = subprocess.run(["/bin/sh", "-c", script], env=before, capture_output=True, text=True, check=True)
    variables: dict[str, str] = json.loads(answer.stdout)
    return variables


def landed_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Rows of the bronze Delta table in this folder, which is only ever appended to."""
    import pyarrow.parquet as parquet

    table = folder / TABLE
    for commit in sorted((table / "_delta_log").glob("*.json")):
        for action in map(json.loads, commit.read_text().splitlines()):
            if "add" in action:
                rows: pa.Table = parquet.read_table(table / action["add"]["path"])
                yield from rows.to_pylist()


def _row_literal(row: Mapping[str, Any]) -> str:
    """A row of bronze as SQL; headers stay behind, as no model reads them."""

    def binary(value: bytes | None) -> str:
        return "null" if value is None else f"X'{value.hex()}'"

    return (
        f"({binary(row['body'])}, '{row['event_hub']}', {row['partition']}, {row['offset']}, "
        f"timestamp'{row['enqueued_at'].isoformat()}', {binary(row.get('key'))}, null, "
        f"timestamp'{row['ingested_at'].isoformat()}', {row['ingest_batch_id']})"
    )


CLEAN = {
    name: value for name, value in os.environ.items() if not name.startswith(("EVENTHUBS_", "INGESTION_"))
}
"""The environment of this process without what would point ingestion anywhere."""
