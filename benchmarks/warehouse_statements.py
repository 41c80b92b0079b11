"""Milliseconds of small statements through the Python connector, and the memory that many of them take.

Metadata statements and calls, each repeated in turn: their medians, and the median of all. `select 1`: the
median against `spark.sql("select 1").collect()` in this process, in turn with it. Then `--statements` of them
of every kind: the resident memory of the warehouse on the way. It must be up: `python -m emulators up`.

    python benchmarks/warehouse_statements.py [--rounds 50] [--statements 10000]
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer
from databricks.sql.client import Cursor
from pyspark.sql import SparkSession
from rich.console import Console
from rich.table import Table

from benchmarks.bars import at_most
from emulators import settings
from emulators.runtime.environment import client_environment
from emulators.settings import CATALOG, Settings
from emulators.supervision import processes
from emulators.supervision.connection import connect

SCHEMA = "benchmark_statements"
TABLES = 20
WARM_UP = 5
SAMPLES = 10
BAR = 1.3
METADATA_BAR = 0.6
MEMORY_BAR = 1.25


def executing(statement: str) -> Callable[[Cursor], Any]:
    """What runs a statement."""
    return lambda cursor: cursor.execute(statement)


def metadata() -> dict[str, Callable[[Cursor], Any]]:
    """What clients and dbt ask of a catalog, by name."""
    statements = (
        "show schemas",
        f"show tables in {SCHEMA}",
        f"show views in {SCHEMA}",
        f"show columns in {SCHEMA}.table_0",
        f"show tblproperties {SCHEMA}.table_0",
        f"describe table {SCHEMA}.table_0",
        f"describe table extended {SCHEMA}.table_0",
        f"describe table extended {SCHEMA}.table_0 as json",
        f"select * from {CATALOG}.information_schema.tables where table_schema = '{SCHEMA}'",
        f"select * from system.information_schema.columns where table_schema = '{SCHEMA}'",
        f"select * from {CATALOG}.information_schema.table_tags where schema_name = '{SCHEMA}'",
    )
    return {each: executing(each) for each in statements} | {
        "GetCatalogs": lambda cursor: cursor.catalogs(),
        "GetSchemas": lambda cursor: cursor.schemas(),
        "GetTables": lambda cursor: cursor.tables(schema_name=SCHEMA),
        "GetColumns": lambda cursor: cursor.columns(schema_name=SCHEMA, table_name="table_0"),
    }


def milliseconds(run: Callable[..., Any], *arguments: Any) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    run(*arguments)
    return (time.perf_counter() - began) * 1000


def fetch(cursor: Cursor, ask: Callable[[Cursor], Any]) -> None:
    """Ask, and take all rows."""
    ask(cursor)
    cursor.fetchall()


def resident(chosen: Settings) -> float:
    """Resident memory of the warehouse's processes, in MB."""
    process = processes.running(chosen, "warehouse")
    if process is None:
        raise RuntimeError("the warehouse is gone")
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True))) / 1e6


def main(
    rounds: Annotated[int, typer.Option(help="Repetitions of each statement.")] = 50,
    statements: Annotated[int, typer.Option(help="Statements for the memory; 0 for none.")] = 10_000,
    bar: Annotated[float, typer.Option(help="The ratio of `select 1` that it must not exceed.")] = BAR,
) -> None:
    """Print the figures."""
    console = Console()
    chosen = settings.load()
    os.environ.update(client_environment(chosen))
    with connect(chosen) as connection, connection.cursor() as cursor:
        cursor.execute(f"create schema if not exists {SCHEMA}")
        for number in range(TABLES):
            cursor.execute(
                f"create or replace table {SCHEMA}.table_{number} as select id, 'x' as x from range(10)"
            )
        cursor.execute(f"create or replace view {SCHEMA}.view_0 as select * from {SCHEMA}.table_0")
        taken: dict[str, list[float]] = {}
        for number in range(-WARM_UP, rounds):
            for name, ask in metadata().items():
                took = milliseconds(fetch, cursor, ask)
                if number >= 0:
                    taken.setdefault(name, []).append(took)
        table = Table("metadata", "median ms", "p95 ms", box=None)
        everything = [value for values in taken.values() for value in values]
        for name, values in (*taken.items(), ("all", everything)):
            p95 = statistics.quantiles(values, n=20)[-1]
            table.add_row(name, f"{statistics.median(values):.1f}", f"{p95:.1f}")
        console.print(table)

        spark = SparkSession.builder.appName("benchmark").getOrCreate()
        runs: dict[str, Callable[[], Any]] = {
            "connector": lambda: fetch(cursor, executing("select 1")),
            "spark.sql": lambda: spark.sql("select 1").collect(),
        }
        ones: dict[str, list[float]] = {name: [] for name in runs}
        for number in range(-rounds, rounds * 4):
            for name, run in runs.items():
                took = milliseconds(run)
                if number >= 0:
                    ones[name].append(took)
        spark.stop()
        medians = {name: statistics.median(values) for name, values in ones.items()}
        for name, median in medians.items():
            console.print(f"select 1, {name:10} {median:6.1f} ms")

        held = memory(console, chosen, cursor, statements) if statements else []
        cursor.execute(f"drop schema {SCHEMA} cascade")
    at_most("ratio of select 1", medians["connector"] / medians["spark.sql"], bar)
    at_most("ratio of metadata", statistics.median(everything) / medians["spark.sql"], METADATA_BAR)
    if held:
        # By then Java has compiled what it compiles: what is added later is added by statements.
        at_most("ratio of memory at the end to that after three tenths", held[-1] / held[3], MEMORY_BAR)


def memory(console: Console, chosen: Settings, cursor: Cursor, statements: int) -> list[float]:
    """Run statements of every kind; print and return the memory of the warehouse on the way, in MB."""
    asks = [
        *metadata().values(),
        executing("select 1"),
        executing(f"select count(*), max(x) from {SCHEMA}.table_1"),
        executing(f"insert into {SCHEMA}.table_2 values (1, 'y')"),
        executing(f"create or replace table {SCHEMA}.table_3 as select * from range(10)"),
    ]
    table = Table("statements", "resident MB", box=None)
    held = []
    for number in range(statements + 1):
        if number % max(1, statements // SAMPLES) == 0:
            held.append(resident(chosen))
            table.add_row(f"{number:,}", f"{held[-1]:,.0f}")
        fetch(cursor, asks[number % len(asks)])
    console.print(table)
    return held


if __name__ == "__main__":
    typer.run(main)
