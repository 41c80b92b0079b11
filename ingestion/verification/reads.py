"""Reads from the warehouse what there is to compare with the truth, and names the rows that differ."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any, NamedTuple

from ingestion.errors import WarehouseError
from ingestion.verification.reconciliation import (
    BY_BRAND,
    BY_DAY,
    BY_MINUTE,
    BY_STATE,
    ORDERS,
    OUTCOMES,
    PARTITIONS,
    REVENUE,
    SENT,
    STATUSES,
    Check,
    Difference,
    Found,
    Partition,
)
from ingestion.verification.sql_warehouse import Warehouse
from ingestion.verification.truth_file import ZERO

SHOWN = 5
"""Rows named of each kind of difference."""

QUERIES = 9
"""How many queries `read` runs, for a progress bar."""

RUN_STATE = "order_intelligence.run_state"
"""Table property in which a dbt model keeps how far it has read (docs/decisions/0008)."""


class Mart(NamedTuple):
    """A table of gold: what it is keyed by, and the same key over silver.order_amounts."""

    name: str
    key: tuple[str, ...]
    booked_key: tuple[str, ...]


MARTS = {
    BY_BRAND: Mart(
        "gold.sales_by_brand_category",
        ("brand", "category"),
        ("coalesce(brand, 'Unknown')", "coalesce(category, 'Unknown')"),
    ),
    BY_STATE: Mart("gold.location_performance", ("state", "city"), ("state", "coalesce(city, 'Unknown')")),
    BY_DAY: Mart("gold.daily_sales", ("sales_date",), ("booked_date",)),
    BY_MINUTE: Mart(
        "gold.sales_by_state_minute", ("state", "minute_at"), ("state", "date_trunc('minute', booked_at)")
    ),
}


def read(warehouse: Warehouse, advance: Callable[[int], None] = lambda _: None) -> Found:
    """What the tables hold.

    Args:
        warehouse: an open session.
        advance: told after each query.

    Raises:
        WarehouseError: a table is missing, nothing has landed, or something has landed and is not built.
    """

    def rows(query: str) -> list[tuple[Any, ...]]:
        answer = warehouse.rows(query)
        advance(1)
        return answer

    def revenue(key: str, mart: str) -> list[tuple[Any, ...]]:
        return rows(f"select {key}, sum(revenue) from {table(mart)} group by {key}")

    table = warehouse.table
    partitions = _partitions(warehouse)
    advance(1)
    quarantine = rows(
        f"select rule_id, count(*) from {table('silver.quarantined_order_events')} group by all"
    )
    drift = rows(
        "select concat(drift_kind, ' ', field_name), sum(message_count) "
        f"from {table('silver.order_event_drift')} where drift_kind in ('added', 'retyped') group by all"
    )
    orders = rows(
        "select order_status, count(*), count_if(is_awaiting_placement), count_if(is_in_revenue) "
        f"from {table('silver.order_details')} group by all"
    )
    by_brand = revenue("brand", MARTS[BY_BRAND].name)
    by_state = revenue("state", MARTS[BY_STATE].name)
    by_day = revenue("sales_date", MARTS[BY_DAY].name)
    by_minute = revenue("minute_at", MARTS[BY_MINUTE].name)
    ((in_metrics,),) = rows(f"select measure(revenue) from {table('gold.order_metrics')}")
    return Found(
        partitions=partitions,
        quarantine=dict(quarantine),
        drift=dict(drift),
        orders={
            "seen": sum(row[1] for row in orders),
            "held": sum(row[2] for row in orders),
            "counted": sum(row[3] for row in orders),
        },
        statuses={row[0]: row[1] for row in orders},
        total={
            "gold.order_metrics": in_metrics or ZERO,
            "gold.daily_sales": sum((row[1] for row in by_day), ZERO),
        },
        by_brand=dict(by_brand),
        by_state=dict(by_state),
        by_day={day.isoformat(): amount for day, amount in by_day},
        by_minute={f"{minute.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}": amount for minute, amount in by_minute},
    )


def _partitions(warehouse: Warehouse) -> tuple[Partition, ...]:
    """The ledger, once nothing is left to build."""
    rows = warehouse.rows(
        "select event_hub, `partition`, landed_count, accepted_count, duplicate_count, quarantined_count, "
        f"pending_count, last_offset from {warehouse.table('silver.order_event_ledger')} order by all"
    )
    if not any(row[2] for row in rows):
        raise WarehouseError("nothing has landed: run `python -m ingestion land`, then `dbt build`.")
    if pending := [row for row in rows if row[6]]:
        # What was read and is not there was lost, which no build puts right: the ledger cannot tell.
        read_to = [
            _read_to(warehouse, name) for name in ("silver.order_events", "silver.quarantined_order_events")
        ]
        if any(row[7] > min(each.get((row[0], row[1]), -1) for each in read_to) for row in pending):
            raise WarehouseError(
                f"{sum(row[6] for row in pending):,} messages have landed since the last build: "
                "run `dbt build` first, then verify."
            )
    return tuple(Partition(*row[:6]) for row in rows)


def _read_to(warehouse: Warehouse, name: str) -> dict[tuple[str, int], int]:
    """The offset up to which a model has read bronze, by hub and partition."""
    properties = dict(warehouse.rows(f"show tblproperties {warehouse.table(name)}"))
    positions = json.loads(properties.get(RUN_STATE, "{}")).get("positions", [])
    return {(event_hub, partition): offset for event_hub, partition, offset in positions}


@dataclass(frozen=True)
class Rows:
    """Rows of one table that are not what they should be, the first few."""

    table: str
    compares: str
    differences: tuple[Difference, ...]


def differing_rows(warehouse: Warehouse, checks: list[Check]) -> Iterator[Rows]:
    """Look closer where checks differ: which rows are missing, doubled, or not what silver says.

    The truth knows sums; silver and bronze know the rows these are made of.

    Raises:
        WarehouseError: a statement fails.
    """
    differing = {check.name for check in checks if check.differences}
    for names, table, compares, query in _searches(warehouse):
        if differing & names and (rows := warehouse.rows(f"{query} order by all limit {SHOWN}")):
            yield Rows(table, compares, tuple(Difference(*row) for row in rows))


def _searches(warehouse: Warehouse) -> Iterator[tuple[set[str], str, str, str]]:
    """Checks that call for a search, the table searched, what it is compared with, and the query.

    Every query yields key, expected, found.
    """
    landed = warehouse.landed
    accepted, rejected, staged, details, amounts = map(
        warehouse.table,
        (
            "silver.order_events",
            "silver.quarantined_order_events",
            "bronze.stg_orders__order_events",
            "silver.order_details",
            "silver.order_amounts",
        ),
    )
    position = "concat(event_hub, '/', `partition`, ' offset ', `offset`)"
    columns = "event_hub, `partition`, `offset`"
    stored = f"(select {columns} from {accepted} union all select {columns} from {rejected})"
    yield (
        {SENT, OUTCOMES, PARTITIONS},
        "bronze.order_events",
        "the offsets of a partition follow each other, each landed once",
        f"""
        select
            concat(
                event_hub, '/', `partition`, ' offset ', after + 1,
                if(`offset` - after > 2, concat(' to ', `offset` - 1), '')
            ) as key,
            `offset` - after - 1 as expected,
            0 as found
        from (
            select {columns},
                lag(`offset`) over (partition by event_hub, `partition` order by `offset`) as after
            from {landed}
        )
        where `offset` > after + 1
        union all
        select {position}, 1, count(*)
        from {landed}
        group by {columns}
        having count(*) > 1
        union all
        select {position}, 1, 0
        from {stored}
        left join (
            select event_hub, `partition`, max(`offset`) as last_offset from {landed} group by all
        ) using (event_hub, `partition`)
        where `offset` > coalesce(last_offset, -1)""",
    )
    yield (
        {OUTCOMES, PARTITIONS},
        "silver.order_events, silver.quarantined_order_events",
        "every landed message, but copies of an accepted event, stands in one of them, once",
        f"""
        select
            concat({position}, coalesce(concat(', event_id ', staged.event_id), '')) as key,
            1 as expected,
            0 as found
        from {staged} as staged
        left anti join {stored} as stored using (event_hub, `partition`, `offset`)
        left join (select event_id as accepted_id from {accepted}) on staged.event_id = accepted_id
        where rule_id is not null or accepted_id is null
        union all
        select {position}, 1, count(*)
        from {stored}
        group by {columns}
        having count(*) > 1""",
    )
    yield (
        {ORDERS, STATUSES},
        "silver.order_details",
        "one row per order_id of silver.order_events",
        f"""
        select coalesce(told.order_id, kept.order_id) as key,
            if(told.order_id is null, 0, 1) as expected, coalesce(kept.row_count, 0) as found
        from (select distinct order_id from {accepted}) as told
        full outer join (select order_id, count(*) as row_count from {details} group by order_id) as kept
            on told.order_id = kept.order_id
        where told.order_id is null or kept.row_count is null or kept.row_count > 1""",
    )
    yield (
        {REVENUE, *MARTS},
        "silver.order_amounts",
        "net_amount booked per order = net_amount of silver.order_details",
        f"""
        select coalesce(orders.order_id, booked.order_id) as key,
            coalesce(orders.net_amount, 0) as expected, coalesce(booked.net_amount, 0) as found
        from {details} as orders
        full outer join (
            select order_id, sum(net_amount) as net_amount from {amounts} group by order_id
        ) as booked
            on orders.order_id = booked.order_id
        where coalesce(orders.net_amount, 0) <> coalesce(booked.net_amount, 0)""",
    )
    for name, mart in MARTS.items():
        key = ", ".join(mart.key)
        booked_key = ", ".join(
            f"{expression} as {column}" for expression, column in zip(mart.booked_key, mart.key, strict=True)
        )
        shown = ", ', ', ".join(f"cast({column} as string)" for column in mart.key)
        yield (
            {name},
            mart.name,
            "revenue of a row = net_amount of the same orders in silver.order_amounts",
            f"""
            select
                concat({shown}) as key,
                coalesce(sum(booked), 0) as expected,
                coalesce(sum(shown), 0) as found
            from (
                select {booked_key}, net_amount as booked, cast(null as decimal(34, 2)) as shown
                from {amounts}
                union all
                select {key}, null, revenue from {warehouse.table(mart.name)}
            )
            group by {key}
            having coalesce(sum(booked), 0) <> coalesce(sum(shown), 0)""",
        )
