"""Reads from the warehouse what there is to compare with the truth."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC
from typing import Any, NamedTuple

from ingestion.errors import WarehouseError
from ingestion.verification.reconciliation import (
    BY_BRAND,
    BY_DAY,
    BY_MINUTE,
    BY_STATE,
    Found,
    Partition,
)
from ingestion.verification.sql_warehouse import Warehouse
from ingestion.verification.truth_file import ZERO

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
