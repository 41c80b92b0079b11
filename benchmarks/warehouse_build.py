"""Seconds of `dbt build` through the warehouse, against the same statements in one warm Spark session.

A project of 43 nodes (14 tables, 8 views, 21 tests over 1,000 rows) is built again and again by one thread of
dbt, and after each build its compiled statements run one after another in a Spark session of this process,
configured as the warehouse's. dbt's time is that of execution, without its start and its parsing. Medians of
the rounds after the first, and their ratio; then the same build by four threads.

    python benchmarks/warehouse_build.py [--rounds 5]
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer
from pyspark.sql import SparkSession

from benchmarks.bars import at_most
from emulators import settings
from emulators.runtime.environment import client_environment, service_environment
from emulators.settings import CATALOG, Settings
from emulators.supervision import lifecycle

TABLES = 14
VIEWS = 8
TESTS = 21
ROWS = 1_000
SCHEMA = "benchmark"

PROFILE = f"""\
benchmark:
  target: local
  outputs:
    local:
      type: databricks
      catalog: {CATALOG}
      schema: {SCHEMA}
      host: "{{{{ env_var('LOCAL_WAREHOUSE_URL').split('//')[-1] }}}}"
      http_path: "{{{{ env_var('LOCAL_WAREHOUSE_HTTP_PATH') }}}}"
      token: "{{{{ env_var('LOCAL_WAREHOUSE_TOKEN') }}}}"
      connection_parameters:
        _connection_uri: "{{{{ env_var('LOCAL_WAREHOUSE_URL') ~ env_var('LOCAL_WAREHOUSE_HTTP_PATH') }}}}"
        enable_telemetry: false
      threads: 4
"""
BAR = 1.4


def write_project(folder: Path) -> None:
    """Write the project: table 0 makes the rows, the others aggregate and join what stands before them."""
    (folder / "models").mkdir(parents=True)
    (folder / "profiles.yml").write_text(PROFILE)
    (folder / "dbt_project.yml").write_text(
        "name: benchmark\nversion: '1.0'\nprofile: benchmark\nflags: {send_anonymous_usage_stats: false}\n"
    )
    models = {
        "table_0": "{{ config(materialized='table') }}\n"
        "select id, id % 50 as customer_id, id % 7 as state, cast(id * 1.5 as decimal(12, 2)) as amount\n"
        f"from range({ROWS})"
    }
    for index in range(VIEWS):
        models[f"view_{index}"] = (
            f"select id, customer_id, state, amount * {index + 1} as amount from {{{{ ref('table_0') }}}}\n"
            f"where state <> {index}"
        )
    for index in range(1, TABLES):
        models[f"table_{index}"] = (
            "{{ config(materialized='table') }}\n"
            "select t.id, t.customer_id, t.state, t.amount,\n"
            "    sum(v.amount) over (partition by v.customer_id) as customer_amount\n"
            f"from {{{{ ref('table_{(index - 1) // 2}') }}}} as t\n"
            f"inner join {{{{ ref('view_{index % VIEWS}') }}}} as v on t.id = v.id"
        )
    for name, query in models.items():
        (folder / "models" / f"{name}.sql").write_text(query + "\n")
    tested = [{"name": name, "columns": [{"name": "id", "data_tests": ["not_null"]}]} for name in models]
    (folder / "models" / "schema.yml").write_text(json.dumps({"version": 2, "models": tested[:TESTS]}))


def build(chosen: Settings, folder: Path, threads: int) -> tuple[float, list[str]]:
    """Build the project once; returns the seconds of execution, and the statements as dbt ran them."""
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "build", "--threads", str(threads)]
    subprocess.run(
        [*command, "--profiles-dir", "."], cwd=folder, env=os.environ | client_environment(chosen), check=True
    )
    run: dict[str, Any] = json.loads((folder / "target" / "run_results.json").read_text())
    if len(run["results"]) != TABLES + VIEWS + TESTS:
        raise typer.BadParameter(f"dbt ran {len(run['results'])} nodes, not {TABLES + VIEWS + TESTS}")
    ran = sorted(run["results"], key=lambda each: each["timing"][-1]["completed_at"])
    names = [each["unique_id"].split(".")[2] for each in ran]
    files = {file.stem: file for file in (folder / "target" / "run").rglob("*.sql")}
    return float(run["elapsed_time"]), [files[name].read_text() for name in names]


def run_directly(spark: SparkSession, statements: list[str]) -> float:
    """Seconds of the statements in Spark, rows fetched as the warehouse fetches them."""
    started = time.perf_counter()
    for each in statements:
        spark.sql(each).toArrow()
    return time.perf_counter() - started


def start_spark(home: Path) -> SparkSession:
    """A session of this process, configured as the warehouse's, with its own tables."""
    from emulators.warehouse.spark import spark_session

    chosen = settings.load({"EMULATORS_HOME": str(home)})
    os.environ.update(service_environment(chosen, lifecycle.prepare(chosen)))
    session = spark_session.start(chosen)
    session.sql(f"create schema {SCHEMA}")
    return session


def main(
    rounds: Annotated[int, typer.Option(help="Builds of each kind after the first, which warms up.")] = 5,
    bar: Annotated[float, typer.Option(help="The ratio it must not exceed.")] = BAR,
) -> None:
    """Print the medians and their ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chosen = settings.load({"EMULATORS_HOME": str(folder / "home")})
        write_project(folder / "project")
        try:
            lifecycle.up(chosen, ("warehouse",))
            spark = start_spark(folder / "direct")
            through, direct, threaded = [], [], []
            for _ in range(rounds + 1):
                seconds, statements = build(chosen, folder / "project", 1)
                through.append(seconds)
                direct.append(run_directly(spark, statements))
                threaded.append(build(chosen, folder / "project", 4)[0])
            spark.stop()
        finally:
            lifecycle.down(chosen)
    one, alone, four = (statistics.median(each[1:]) for each in (through, direct, threaded))
    typer.echo(
        f"{TABLES + VIEWS + TESTS} nodes: dbt build {one:.2f} s, its statements in Spark {alone:.2f} s, "
        f"by four threads {four:.2f} s"
    )
    at_most("ratio", one / alone, bar)


if __name__ == "__main__":
    typer.run(main)
