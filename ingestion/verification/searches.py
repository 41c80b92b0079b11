"""Names the rows that differ where sums do: each search asks the warehouse for a key, expected and found."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ingestion.verification.reads import MARTS, Mart
from ingestion.verification.reconciliation import (
    ORDERS,
    OUTCOMES,
    PARTITIONS,
    REVENUE,
    SENT,
    STATUSES,
    Check,
    Difference,
)
from ingestion.verification.sql_warehouse import Warehouse

SHOWN = 5
"""Rows named of each kind of difference."""

ACCEPTED = "silver.order_events"
REJECTED = "silver.quarantined_order_events"
DETAILS = "silver.order_details"
AMOUNTS = "silver.order_amounts"
STAGED = "bronze.stg_orders__order_events"

POSITION = "concat(event_hub, '/', `partition`, ' offset ', `offset`)"
POSITION_COLUMNS = "event_hub, `partition`, `offset`"


@dataclass(frozen=True)
class Rows:
    """Rows of one table that are not what they should be, the first few."""

    table: str
    compares: str
    differences: tuple[Difference, ...]


class Search(NamedTuple):
    """Where to look closer, and with which query."""

    checks: Collection[str]
    """Checks that call for it when they differ."""
    table: str
    compares: str
    query: str


def differing_rows(warehouse: Warehouse, checks: list[Check]) -> Iterator[Rows]:
    """Look closer where checks differ: which rows are missing, doubled, or not what silver says.

    The truth knows sums; silver and bronze know the rows these are made of.

    Raises:
        WarehouseError: a statement fails.
    """
    differing = {check.name for check in checks if check.differences}
    for search in _searches(warehouse):
        if differing.intersection(search.checks) and (
            rows := warehouse.rows(f"{search.query} order by all limit {SHOWN}")
        ):
            yield Rows(search.table, search.compares, tuple(Difference(*row) for row in rows))


def _searches(warehouse: Warehouse) -> Iterator[Search]:
    yield _gaps_in_bronze(warehouse)
    yield _unplaced_messages(warehouse)
    yield _missing_orders(warehouse)
    yield _misbooked_orders(warehouse)
    for name, mart in MARTS.items():
        yield _differing_revenue(warehouse, name, mart)


def _stored(warehouse: Warehouse) -> str:
    """The positions of all messages that silver holds, accepted or rejected."""
    accepted, rejected = warehouse.table(ACCEPTED), warehouse.table(REJECTED)
    return f"(select {POSITION_COLUMNS} from {accepted} union all select {POSITION_COLUMNS} from {rejected})"


def _taken(warehouse: Warehouse) -> str:
    """The offsets of each partition that a batch took, up to before `to_offset`, and the rows it landed."""
    return f"""(
        select event_hub, ingest_batch_id, row_count, part.`partition`, part.from_offset, part.to_offset
        from {warehouse.recorded}
        lateral view explode(partitions) exploded as part
    )"""


def _gaps_in_bronze(warehouse: Warehouse) -> Search:
    """Offsets that are missing, but for those of batches of which bronze holds all that landed.

    These are marks of Kafka transactions and what was aborted: no message to any reader.
    """
    return Search(
        (SENT, OUTCOMES, PARTITIONS),
        "bronze.order_events",
        "each message that a batch took landed, once",
        f"""
        with landed as (
            select distinct {POSITION_COLUMNS}, ingest_batch_id from {warehouse.landed}
        ),
        taken as (
            select * from {_taken(warehouse)} as batches
        ),
        counted as (
            select event_hub, ingest_batch_id, count(*) as landed_count
            from landed
            group by event_hub, ingest_batch_id
        ),
        complete as (
            select taken.event_hub, taken.`partition`, taken.from_offset, taken.to_offset
            from taken
            left join counted
                on taken.event_hub = counted.event_hub and taken.ingest_batch_id = counted.ingest_batch_id
            where taken.row_count <= coalesce(counted.landed_count, 0)
        ),
        known as (
            select event_hub, `partition`, from_offset, to_offset from taken
            union all
            select event_hub, `partition`, `offset`, `offset` + 1 from landed
            union all
            select event_hub, `partition`, `offset`, `offset` + 1 from {_stored(warehouse)} as stored
        ),
        edges as (
            select {POSITION_COLUMNS} from landed
            union all
            select event_hub, `partition`, min(from_offset) - 1 from known group by event_hub, `partition`
            union all
            select event_hub, `partition`, max(to_offset) from known group by event_hub, `partition`
        ),
        gaps as (
            select event_hub, `partition`, after + 1 as first_offset, `offset` - 1 as last_offset
            from (
                select {POSITION_COLUMNS},
                    lag(`offset`) over (partition by event_hub, `partition` order by `offset`) as after
                from edges
            ) as followed
            where `offset` > after + 1
        ),
        lost as (
            select gaps.event_hub, gaps.`partition`, gaps.first_offset, gaps.last_offset,
                gaps.last_offset + 1 - gaps.first_offset - sum(
                    if(
                        complete.from_offset is null,
                        0,
                        least(complete.to_offset, gaps.last_offset + 1)
                        - greatest(complete.from_offset, gaps.first_offset)
                    )
                ) as offset_count
            from gaps
            left join complete
                on gaps.event_hub = complete.event_hub and gaps.`partition` = complete.`partition`
                    and complete.from_offset <= gaps.last_offset and complete.to_offset > gaps.first_offset
            group by gaps.event_hub, gaps.`partition`, gaps.first_offset, gaps.last_offset
        )
        select
            concat(
                event_hub, '/', `partition`, ' offset ', first_offset,
                if(last_offset > first_offset, concat(' to ', last_offset), '')
            ) as key,
            offset_count as expected,
            0 as found
        from lost
        where offset_count > 0
        union all
        select {POSITION}, 1, count(*)
        from {warehouse.landed}
        group by {POSITION_COLUMNS}
        having count(*) > 1""",
    )


def _unplaced_messages(warehouse: Warehouse) -> Search:
    stored = _stored(warehouse)
    return Search(
        (OUTCOMES, PARTITIONS),
        f"{ACCEPTED}, {REJECTED}",
        "every landed message, but copies of an accepted event, stands in one of them, once",
        f"""
        select
            concat({POSITION}, coalesce(concat(', event_id ', staged.event_id), '')) as key,
            1 as expected,
            0 as found
        from {warehouse.table(STAGED)} as staged
        left anti join {stored} as stored using (event_hub, `partition`, `offset`)
        left join (select event_id as accepted_id from {warehouse.table(ACCEPTED)})
            on staged.event_id = accepted_id
        where rule_id is not null or accepted_id is null
        union all
        select {POSITION}, 1, count(*)
        from {stored}
        group by {POSITION_COLUMNS}
        having count(*) > 1""",
    )


def _missing_orders(warehouse: Warehouse) -> Search:
    details = warehouse.table(DETAILS)
    return Search(
        (ORDERS, STATUSES),
        DETAILS,
        f"one row per order_id of {ACCEPTED}",
        f"""
        select coalesce(told.order_id, kept.order_id) as key,
            if(told.order_id is null, 0, 1) as expected, coalesce(kept.row_count, 0) as found
        from (select distinct order_id from {warehouse.table(ACCEPTED)}) as told
        full outer join (select order_id, count(*) as row_count from {details} group by order_id) as kept
            on told.order_id = kept.order_id
        where told.order_id is null or kept.row_count is null or kept.row_count > 1""",
    )


def _misbooked_orders(warehouse: Warehouse) -> Search:
    return Search(
        (REVENUE, *MARTS),
        AMOUNTS,
        f"net_amount booked per order = net_amount of {DETAILS}",
        f"""
        select coalesce(orders.order_id, booked.order_id) as key,
            coalesce(orders.net_amount, 0) as expected, coalesce(booked.net_amount, 0) as found
        from {warehouse.table(DETAILS)} as orders
        full outer join (
            select order_id, sum(net_amount) as net_amount from {warehouse.table(AMOUNTS)} group by order_id
        ) as booked
            on orders.order_id = booked.order_id
        where coalesce(orders.net_amount, 0) <> coalesce(booked.net_amount, 0)""",
    )


def _differing_revenue(warehouse: Warehouse, name: str, mart: Mart) -> Search:
    key = ", ".join(mart.key)
    booked_key = ", ".join(
        f"{expression} as {column}" for expression, column in zip(mart.booked_key, mart.key, strict=True)
    )
    shown = ", ', ', ".join(f"cast({column} as string)" for column in mart.key)
    return Search(
        (name,),
        mart.name,
        f"revenue of a row = net_amount of the same orders in {AMOUNTS}",
        f"""
        select
            concat({shown}) as key,
            coalesce(sum(booked), 0) as expected,
            coalesce(sum(shown), 0) as found
        from (
            select {booked_key}, net_amount as booked, cast(null as decimal(34, 2)) as shown
            from {warehouse.table(AMOUNTS)}
            union all
            select {key}, null, revenue from {warehouse.table(mart.name)}
        )
        group by {key}
        having coalesce(sum(booked), 0) <> coalesce(sum(shown), 0)""",
    )
