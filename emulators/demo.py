"""The whole path once, as a person would type it: up, simulate, land, `dbt build`, and what gold says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from emulators.errors import EmulatorError
from emulators.runtime.environment import client_environment
from emulators.settings import REPOSITORY, Settings
from emulators.supervision import lifecycle
from emulators.supervision.connection import connect

DBT = REPOSITORY / ".venv" / "bin" / "dbt"

RESULT_EVENTS = ("LogModelResult", "LogTestResult", "LogSeedResult", "LogSnapshotResult")
"""dbt's log events that say a node is done."""

LEFT_OUT = ("--exclude-resource-type", "unit_test", "--exclude", "tag:nightly,resource_type:test")
"""Unit tests, which need no data, and the audits that a schedule runs once a night."""

CONSERVATION = """
select
    sum(landed_count) as landed,
    sum(accepted_count) as accepted,
    sum(duplicate_count) as duplicate,
    sum(quarantined_count) as quarantined
from silver.order_event_ledger
"""

RESULTS = {
    "Revenue by brand and category": """
        select brand, category, revenue, order_count as orders, customer_count as customers
        from gold.sales_by_brand_category
        order by revenue desc, brand, category
        limit 10
    """,
    "Top cities": """
        select city, state, revenue, customer_count as customers, delivery_rate
        from gold.location_performance
        order by revenue desc, city, state
        limit 5
    """,
    "Top customers": """
        select customer_id, segment, lifetime_value, order_count as orders
        from gold.customer_insights
        order by lifetime_value desc, customer_id
        limit 5
    """,
}
"""What the demo shows of gold, and the query of each table."""


@dataclass
class Steps:
    """Names and seconds of the steps done so far, shown as a progress display while they work."""

    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[TaskID]:
        """Show one step as running until the block ends, then as done."""
        task = self.progress.add_task(name, total=None)
        began = time.monotonic()
        yield task
        self.seconds[name] = time.monotonic() - began
        self.progress.update(task, total=1, completed=1)


def run(settings: Settings, events: int, seed: int, console: Console) -> None:
    """Run the demo and print its result; a second run continues where the first one stopped.

    Raises:
        EmulatorError: a step failed; its own output says why.
    """
    columns = (SpinnerColumn(finished_text="✓"), TextColumn("{task.description:<34}"), BarColumn(20))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        steps = Steps(progress)
        # The warehouse starts while events are simulated and landed, which do not need it.
        with steps.step("start Event Hubs"):
            lifecycle.start(settings)
            lifecycle.wait(settings, ("eventhubs",))
        environment = os.environ | client_environment(settings)
        with steps.step(f"simulate and send {events:,} events"):
            sent = _ingestion(environment, "simulate", "--events", str(events), "--seed", str(seed))
        with steps.step("land in bronze"):
            _ingestion(environment, "land", "--trigger", "available-now")
        with steps.step("wait for the SQL warehouse"):
            lifecycle.wait(settings, ("warehouse",))
        with steps.step("dbt build") as task:
            _dbt_build(environment, lambda done, total: progress.update(task, completed=done, total=total))
    _print_results(settings, int(sent["sent"]), steps.seconds, console)


def _ingestion(environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    """Run `python -m ingestion` and return the JSON summary it prints last."""
    command = [sys.executable, "-m", "ingestion", *arguments, "--json"]
    answer = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True)
    if answer.returncode != 0:
        raise EmulatorError(answer.stderr.strip().removeprefix("error: ") or f"{arguments[0]} failed")
    summary: dict[str, Any] = json.loads(answer.stdout.strip().splitlines()[-1])
    return summary


def _dbt_build(environment: dict[str, str], on_progress: Callable[[int, int], None]) -> None:
    command = [str(DBT), "--log-format", "json", "build", "--target", "local", *LEFT_OUT]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    complaints: list[str] = []
    done = total = 0
    for line in process.stdout or ():
        try:
            event = json.loads(line)
        except ValueError:
            complaints.append(line.rstrip())
            continue
        if event["info"]["level"] in ("warn", "error"):
            complaints.append(event["info"]["msg"])
        if event["info"]["name"] == "LogStartLine":
            total = event["data"]["total"]
        elif event["info"]["name"] in RESULT_EVENTS:
            done += 1
            on_progress(done, total)
    if process.wait() != 0:
        raise EmulatorError("dbt build failed:\n" + "\n".join(complaints))
    for complaint in complaints:
        typer.echo(complaint, err=True)


def _print_results(settings: Settings, sent: int, seconds: dict[str, float], console: Console) -> None:
    with connect(settings) as connection, connection.cursor() as cursor:
        row = cursor.execute(CONSERVATION).fetchone()
        flow = {"sent now": sent} | (row.asDict() if row else {})
        _show(console, "Events", list(flow), [tuple(flow.values())])
        for title, query in RESULTS.items():
            cursor.execute(query)
            names = [column[0] for column in cursor.description or ()]
            _show(console, title, names, cursor.fetchall())
    steps = [(name, f"{spent:.1f}") for name, spent in seconds.items()]
    steps.append(("total", f"{sum(seconds.values()):.1f}"))
    _show(console, "Seconds per step", ["step", "seconds"], steps)
    console.print("\nThe emulators stay up: `make status` shows how to reach them, `make down` stops them.")


def _show(console: Console, title: str, names: list[str], rows: list[Any]) -> None:
    table = Table(title=f"\n{title}", title_justify="left", title_style="bold", box=None, pad_edge=False)
    for index, name in enumerate(names):
        numeric = bool(rows) and (isinstance(rows[0][index], int | Decimal) or name == "seconds")
        table.add_column(name.replace("_", " "), justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(_text(value) for value in row))
    console.print(table)


def _text(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | Decimal) else str(value)
