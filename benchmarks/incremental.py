"""Seconds of each dbt model for the same new events, over a small and over a large history of orders.

Two warehouses are filled with the same shop: one with its last `--small` orders, one with its last `--large`.
History is made in SQL, in slices and in the order of time, by the models' own compiled SQL. Then rounds of
10,000 new messages land in both (placements, shipments, deliveries, returns, copies, late events and rejected
ones), and `dbt run` processes each round, one model at a time. The first round warms up; the figures are the
medians of the others, and their ratio, large to small. Both warehouses are set for much data.

    python benchmarks/incremental.py [--small 100000] [--large 10000000] [--rounds 4] [--keep FOLDER]

10,000,000 orders take about half an hour on 2 cores. `--keep` leaves the histories in FOLDER and uses what it
finds there; each use adds its rounds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import typer
from databricks.sql.client import Cursor
from rich.console import Console
from rich.table import Table

from benchmarks.bars import at_most
from emulators import settings
from emulators.runtime.environment import client_environment
from emulators.settings import REPOSITORY, Settings
from emulators.supervision import lifecycle
from emulators.supervision.connection import connect

LAST_ORDER = 20_000_000
"""Orders are numbered up to here, whatever the size of the history: both end with the same ones."""
SLICE = 250_000
NEW_MESSAGES = 10_000
SECONDS_BETWEEN_ORDERS = 3
SHIPPED_AFTER = 24 * 3600 // SECONDS_BETWEEN_ORDERS
DELIVERED_AFTER = 72 * 3600 // SECONDS_BETWEEN_ORDERS
PARTITIONS = 4
CUSTOMERS = 250_000

EVENT_MODELS = ("order_events", "quarantined_order_events")
ORDER_MODELS = ("order_details", "order_amounts", "order_status_history")
MINUTE_MARTS = ("sales_by_state_minute", "sales_by_product_minute", "minute_restatements")
MINUTE_PATH = EVENT_MODELS + ORDER_MODELS + MINUTE_MARTS
OTHER_INCREMENTAL = ("product_price_history", "daily_sales")
BY_NATURE = (
    "sales_by_brand_category",
    "location_performance",
    "product_performance",
    "customer_insights",
)
"""Marts with distinct counts or best-of-all figures: each run reads all orders."""

INCREMENTAL = EVENT_MODELS + ORDER_MODELS + OTHER_INCREMENTAL + MINUTE_MARTS
SILVER = (*EVENT_MODELS, *ORDER_MODELS, "product_price_history")
GROUPS = {
    "event models": EVENT_MODELS,
    "order models": ORDER_MODELS,
    "minute marts": MINUTE_MARTS,
    "other incremental models": OTHER_INCREMENTAL,
    "marts that read all orders": BY_NATURE,
}
BAR = 1.5


@dataclass(frozen=True)
class Kind:
    """One kind of message in a round: `count` messages about orders from `first`, every `step`-th one."""

    status: str
    first: int
    count: int
    step: int = 1
    is_copy: bool = False
    is_broken: bool = False


def round_of_messages(number: int) -> tuple[Kind, ...]:
    """What lands in round `number` (from 0), 10,000 messages: the same for every size of history."""
    newest = LAST_ORDER + 6_000 * number
    return (
        Kind("placed", newest, 6_000),
        Kind("shipped", LAST_ORDER - SHIPPED_AFTER + 2_000 * number, 2_000),
        Kind("delivered", LAST_ORDER - DELIVERED_AFTER + 2_400 * number, 1_200, step=2),
        # Bought two and a half days earlier than what is delivered now.
        Kind("returned", LAST_ORDER - DELIVERED_AFTER - 10_000 + 1_000 * number, 500, step=2),
        # Odd orders were never delivered: these events are days late.
        Kind("delivered", LAST_ORDER - 99_999 + 400 * number, 100, step=2),
        Kind("placed", LAST_ORDER - 50_000 + 150 * number, 150, is_copy=True),
        Kind("placed", newest, 50, is_broken=True),
    )


def events(orders: str, position: str, batch: int) -> str:
    """SQL of events, with the columns of order_events.

    Args:
        orders: SQL that yields (n, status, is_copy, is_broken).
        position: SQL expression of the offset.
        batch: number of the micro-batch.
    """
    return f"""
    with orders as ({orders}),
    numbered as (
        select *,
            n * 7919 % {CUSTOMERS} as customer, n % 200 as product, n % 300 as place,
            cast(5 + n % 200 + n % 100 / 100 as decimal(12, 2)) as price,
            timestamp_seconds(1700000000 + n * {SECONDS_BETWEEN_ORDERS}) as placed_at,
            md5(concat(n, status, if(is_broken, 'broken', ''))) as digest
        from orders
    )
    select
        concat_ws('-', substr(digest, 1, 8), substr(digest, 9, 4), substr(digest, 13, 4),
            substr(digest, 17, 4), substr(digest, 21, 12)) as event_id,
        concat('ORD', lpad(n, 9, '0')) as order_id, concat('C', customer) as customer_id,
        concat('P', lpad(product, 3, '0')) as product_id, concat('order_', status) as event_type,
        status as order_status, concat('Customer ', customer) as customer_name,
        concat('c', customer, '@example.com') as customer_email, concat('City ', place) as city,
        if(is_broken, 'ZZ', split('CA TX FL NY PA IL OH GA NC MI', ' ')[cast(place % 10 as int)]) as state,
        concat('Product ', product) as product_name, concat('Category ', product % 8) as category,
        concat('Brand ', product % 25) as brand, 'card' as payment_method,
        cast(array() as array<string>) as unknown_fields, 'orders' as event_hub, 1 as schema_version,
        cast(n % 3 + 1 as int) as quantity, price as base_price, price as unit_price,
        cast(n % 5 * 5 as decimal(5, 2)) as discount_pct,
        cast(null as decimal(14, 2)) as reported_total_amount,
        cast(n % {PARTITIONS} as int) as `partition`, cast({position} as bigint) as `offset`,
        cast({batch} as bigint) as ingest_batch_id,
        placed_at + make_dt_interval(0, case status
            when 'placed' then 0 when 'shipped' then 24 when 'delivered' then 72 else 80
        end) as occurred_at,
        placed_at as enqueued_at,
        timestamp'2030-01-01' + make_dt_interval(0, {batch}) as ingested_at
    from numbered"""


def messages(landed: str) -> str:
    """SQL of the rows of bronze that carry events."""
    occurred_at = "date_format(occurred_at, \"yyyy-MM-dd'T'HH:mm:ss'Z'\") as occurred_at"
    fields = f"""event_id, event_type, schema_version, {occurred_at}, order_id, customer_id,
        customer_name, customer_email, city, state, product_id, product_name, category, brand,
        base_price, unit_price, quantity, discount_pct, payment_method, order_status"""
    return f"""
    select cast(to_json(struct({fields})) as binary) as body, event_hub, `partition`, `offset`, enqueued_at,
        cast(null as binary) as key, cast(null as array<struct<key: string, value: binary>>) as headers,
        ingested_at, ingest_batch_id
    from ({landed})"""


def history(first: int, last: int) -> str:
    """SQL of the events of the orders numbered from `first` up to, not including, `last`."""
    orders = f"""
        select id as n, status, false as is_copy, false as is_broken
        from range({first}, {last}, 1, 2)
        lateral view explode(array('placed', 'shipped', 'delivered')) as status
        where status = 'placed' or (status = 'shipped' and id < {LAST_ORDER - SHIPPED_AFTER})
            or (status = 'delivered' and id % 2 = 0 and id < {LAST_ORDER - DELIVERED_AFTER})"""
    position = "n * 3 + case status when 'placed' then 0 when 'shipped' then 1 else 2 end"
    return events(orders, position, batch=0)


class Shop:
    """One warehouse and its history.

    Args:
        home: folder of the warehouse.
        orders: how many orders the history holds.
    """

    def __init__(self, home: Path, orders: int) -> None:
        self._orders = orders
        self._settings: Settings = settings.load({**os.environ, "EMULATORS_HOME": str(home)})
        self._target = home / "target"
        self._marker = home / "rounds"
        self._environment = {
            **os.environ,
            "EMULATORS_HOME": str(home),
            **client_environment(self._settings),
            "DBT_TARGET_PATH": str(self._target),
        }

    def measure(self, rounds: int, console: Console) -> Iterator[dict[str, float]]:
        """Fill the warehouse where it is empty; yield seconds by model of each round."""
        lifecycle.start(self._settings, ("warehouse",))
        lifecycle.wait(self._settings, ("warehouse",))
        try:
            if not self._marker.exists():
                self._fill(console)
                self._marker.write_text("0")
            done = int(self._marker.read_text())
            for number in range(done, done + rounds):
                self._land(number)
                self._marker.write_text(str(number + 1))
                seconds = self._dbt("run", "--threads", "1", "--select", *INCREMENTAL, *BY_NATURE)
                console.log(f"{self._orders:,} orders, round {number}: {sum(seconds.values()):.1f} s")
                yield seconds
        finally:
            lifecycle.down(self._settings)

    def _dbt(self, *arguments: str) -> dict[str, float]:
        command = [str(REPOSITORY / ".venv" / "bin" / "dbt"), *arguments]
        answer = subprocess.run(
            command, cwd=REPOSITORY, env=self._environment, capture_output=True, text=True
        )
        if answer.returncode != 0:
            raise SystemExit((answer.stdout + answer.stderr)[-4000:])
        results = json.loads((self._target / "run_results.json").read_text())
        return {each["unique_id"].split(".")[-1]: each["execution_time"] for each in results["results"]}

    def _fill(self, console: Console) -> None:
        self._dbt(
            "build",
            "--resource-type",
            "seed",
            "--resource-type",
            "model",
            "--select",
            *INCREMENTAL,
            "+order_events",
        )
        self._dbt("run", "--select", *BY_NATURE)
        self._dbt("compile", "--full-refresh", "--exclude", "resource_type:test", "--select", *INCREMENTAL)
        first = LAST_ORDER - self._orders
        with connect(self._settings) as connection, connection.cursor() as cursor:
            cursor.execute("set spark.sql.shuffle.partitions = 4")
            for start in range(first, LAST_ORDER, SLICE):
                began = time.perf_counter()
                end = min(start + SLICE, LAST_ORDER)
                keys = f"order_id >= 'ORD{start:09}' and order_id < 'ORD{end:09}'"
                cursor.execute(f"insert into bronze.order_events by name {messages(history(start, end))}")
                cursor.execute(
                    "insert into silver.order_events by name select *, xxhash64(event_id) as event_id_hash,"
                    f" hash(event_id) as event_id_check from ({history(start, end)})"
                )
                for model in ("order_details", "order_status_history"):
                    self._insert(cursor, model, {"order_events": keys})
                self._insert(cursor, "order_amounts", {"order_details": keys})
                console.log(
                    f"{end - first:,} of {self._orders:,} orders: {time.perf_counter() - began:.0f} s"
                )
            cursor.execute("set spark.sql.shuffle.partitions = 32")
            for model in (*OTHER_INCREMENTAL, *MINUTE_MARTS):
                if model != "minute_restatements":  # one batch restates nothing
                    self._insert(cursor, model, {})
            self._remember(cursor)

    def _insert(self, cursor: Cursor, model: str, slices: dict[str, str]) -> None:
        """Insert what a model's own SQL yields, its sources cut down to a slice."""
        compiled = self._target / "compiled" / "order_intelligence" / "models"
        query = next(compiled.rglob(f"{model}.sql")).read_text()
        for source, condition in slices.items():
            name = f"`spark_catalog`.`silver`.`{source}`"
            if f"from {name}" not in query:
                raise SystemExit(f"{model} does not read {source} as it is expected to")
            query = query.replace(f"from {name}", f"from (select * from {name} where {condition})")
        cursor.execute(f"insert into {_relation(model)} by name {query}")

    def _remember(self, cursor: Cursor) -> None:
        """Give each table the state that a run over this history leaves."""
        cursor.execute("select cast(max(occurred_at) as string) as latest from silver.order_events")
        latest = cursor.fetchall()[0].latest
        positions = [["orders", partition, LAST_ORDER * 3 - 1] for partition in range(PARTITIONS)]
        state = json.dumps({"positions": positions, "latest_occurred_at": latest})
        for model in INCREMENTAL:
            cursor.execute(
                f"alter table {_relation(model)}"
                f" set tblproperties ('order_intelligence.run_state' = '{state}')"
            )

    def _land(self, number: int) -> None:
        """Append the messages of a round to bronze."""
        orders = " union all ".join(
            f"select id as n, '{kind.status}' as status, {kind.is_copy} as is_copy,"
            f" {kind.is_broken} as is_broken"
            f" from range({kind.first}, {kind.first + kind.count * kind.step}, {kind.step})"
            for kind in round_of_messages(number)
        )
        base = (LAST_ORDER + NEW_MESSAGES * number) * 3
        position = f"{base} + row_number() over (order by status, n, is_copy, is_broken)"
        landed = messages(events(orders, position, batch=number + 1))
        with connect(self._settings) as connection, connection.cursor() as cursor:
            cursor.execute(f"insert into bronze.order_events by name {landed}")


def _relation(model: str) -> str:
    return f"{'silver' if model in SILVER else 'gold'}.{model}"


def main(
    small: Annotated[int, typer.Option(help="Orders of the small history.")] = 100_000,
    large: Annotated[int, typer.Option(help="Orders of the large history.")] = 10_000_000,
    rounds: Annotated[int, typer.Option(help="Rounds of 10,000 messages, the first to warm up.")] = 4,
    keep: Annotated[Path | None, typer.Option(help="Folder that keeps both warehouses.")] = None,
    bar: Annotated[float, typer.Option(help="The ratio of the minute path that it must not exceed.")] = BAR,
) -> None:
    """Print seconds by model and size of history, and their ratios."""
    console = Console()
    os.environ["WAREHOUSE_SIZE"] = "large"
    seconds: dict[int, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for orders in (small, large):
            shop = Shop((keep or Path(scratch)) / str(orders), orders)
            by_model = seconds[orders] = dict[str, list[float]]()
            for number, figures in enumerate(shop.measure(rounds, console)):
                for model, figure in figures.items() if number else ():
                    by_model.setdefault(model, []).append(figure)
    _print(console, small, large, seconds)
    before, after = (_sum(seconds[size], MINUTE_PATH) for size in (small, large))
    at_most("ratio of the minute path", after / before, bar)


def _sum(seconds: dict[str, list[float]], models: tuple[str, ...]) -> float:
    """Seconds of these models together, each the median of its rounds."""
    return sum(statistics.median(seconds[model]) for model in models)


def _print(console: Console, small: int, large: int, seconds: dict[int, dict[str, list[float]]]) -> None:
    table = Table(title=f"Seconds for {NEW_MESSAGES:,} new messages, medians")
    table.add_column("model")
    for heading in (f"{small:,} orders", f"{large:,} orders", "ratio"):
        table.add_column(heading, justify="right")

    def row(name: str, models: tuple[str, ...], style: str = "", is_last: bool = False) -> None:
        before, after = (_sum(seconds[size], models) for size in (small, large))
        ratio = f"{after / before:.2f}"
        table.add_row(name, f"{before:.2f}", f"{after:.2f}", ratio, style=style, end_section=is_last)

    for group, models in GROUPS.items():
        for model in models:
            row(model, (model,))
        row(group, models, "bold", is_last=True)
    row("event, order and minute models", MINUTE_PATH, "bold")
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
