"""The log of minutes that moved after they were final: each micro-batch, with what was known before it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from tests.e2e.recount.marts import is_final, sales_by_minute
from tests.e2e.recount.messages import Event
from tests.e2e.recount.orders import ZERO, order_amounts, order_details
from tests.e2e.recount.rows import Row, Rows, grouped

DIMENSIONS = {"state": "state", "product": "product_id"}
COUNTS = ("order_count", "total_items")
AMOUNTS = ("total_sales", "refunded_amount", "revenue")
NOTHING: Row = dict.fromkeys(COUNTS, 0) | dict.fromkeys(AMOUNTS, ZERO)
NEVER = datetime.min.replace(tzinfo=UTC)

Minutes = dict[tuple[str, str, datetime], Row]


def minute_restatements(events: Iterable[Event]) -> Rows:
    """One row per dimension, its value, minute and micro-batch that moved the minute once it was final."""
    rows = []
    known: list[Event] = []
    before: Minutes = {}
    batches = grouped(events, lambda event: (event.message.ingest_batch_id, event.message.ingested_at))
    for (ingest_batch_id, ingested_at), arrived in sorted(batches.items()):
        latest = max((event.occurred_at for event in known), default=None)
        known += arrived
        after = _minutes(known)
        for key in sorted(before.keys() | after.keys()):
            old, new = before.get(key, NOTHING), after.get(key, NOTHING)
            if latest and old != new and is_final(key[2], latest):
                rows.append(
                    {
                        **dict(zip(("dimension", "dimension_value", "minute_at"), key, strict=True)),
                        **{f"old_{name}": value for name, value in old.items()},
                        **{f"new_{name}": value for name, value in new.items()},
                        "ingest_batch_id": ingest_batch_id,
                        "latest_occurred_at": latest,
                        "ingested_at": ingested_at,
                    }
                )
        before = after
    return rows


def _minutes(events: Iterable[Event]) -> Minutes:
    """What each minute says once these events are known."""
    amounts = order_amounts(order_details(events))
    minutes: Minutes = {}
    for dimension, column in DIMENSIONS.items():
        for row in sales_by_minute(amounts, column, NEVER):
            minutes[dimension, row[column], row["minute_at"]] = {
                name: row[name] for name in (*COUNTS, *AMOUNTS)
            }
    return minutes
