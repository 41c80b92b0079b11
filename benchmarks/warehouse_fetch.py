"""Rows per second of the Python connector, against `toArrow()` in this process.

Both read the same Delta table of ten columns, in turn. The warehouse must be up, its Java optimising as the
one of this process does: `WAREHOUSE_SIZE=large python -m emulators up`.

    python benchmarks/warehouse_fetch.py [--rows N]
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pyarrow as pa
import typer
from pyspark.sql import SparkSession

from benchmarks.bars import at_least
from emulators import settings
from emulators.runtime.environment import client_environment
from emulators.supervision.connection import connect

TABLE = "benchmark_fetch.orders"
ROUNDS = 5

COLUMNS = """
    id,
    id % 1000 as store_id,
    cast(id as int) as number,
    concat('order-', id) as code,
    repeat('x', cast(id % 20 as int)) as note,
    cast(id * 0.25 as decimal(12, 2)) as amount,
    id / 7.0d as ratio,
    id % 3 = 0 as is_paid,
    date_add(date'2024-01-01', cast(id % 365 as int)) as day,
    timestamp_seconds(1700000000 + id) as at
"""
BAR = 0.8


def main(
    rows: Annotated[int, typer.Option(help="Rows of the table.")] = 1_000_000,
    bar: Annotated[float, typer.Option(help="The ratio it must reach.")] = BAR,
) -> None:
    """Print the rows per second of each, and the ratio of the medians."""
    chosen = settings.load()
    os.environ.update(client_environment(chosen))
    spark = SparkSession.builder.appName("benchmark").getOrCreate()
    with connect(chosen) as connection, connection.cursor() as cursor:
        cursor.execute("create schema if not exists benchmark_fetch")
        cursor.execute(f"create or replace table {TABLE} as select {COLUMNS} from range({rows})")
        cursor.execute(f"describe detail {TABLE}")
        detail = cursor.fetchone()
        if detail is None:
            raise RuntimeError(f"{TABLE} is not there")
        location = detail.location

        def fetched() -> pa.Table:
            cursor.execute(f"select * from {TABLE}")
            return cursor.fetchall_arrow()

        def in_process() -> pa.Table:
            return spark.read.format("delta").load(location).toArrow()

        seconds: dict[str, list[float]] = {"connector": [], "toArrow()": []}
        for number in range(ROUNDS + 1):
            for name, run in zip(seconds, (fetched, in_process), strict=True):
                began = time.perf_counter()
                found = run().num_rows
                took = time.perf_counter() - began
                if found != rows:
                    raise RuntimeError(f"{name} read {found} rows of {rows}")
                if number:  # the first round warms up
                    seconds[name].append(took)
        cursor.execute("drop schema benchmark_fetch cascade")
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    for name, median in medians.items():
        typer.echo(f"{name:10} {rows / median:12,.0f} rows/s   median {median:.2f} s of {ROUNDS}")
    spark.stop()
    at_least("ratio", medians["toArrow()"] / medians["connector"], bar)


if __name__ == "__main__":
    typer.run(main)
