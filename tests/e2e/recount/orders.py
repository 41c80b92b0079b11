"""The tables of silver, and the products (docs/decisions/0002, 0003)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from tests.e2e.recount.messages import STATUSES, Event, Message, Rejected, Verdict
from tests.e2e.recount.rows import CENT, Row, Rows, grouped, picked, rounded

ZERO = Decimal("0.00")
POSITION = ("event_hub", "partition", "offset", "ingest_batch_id", "enqueued_at", "ingested_at")
FROM_PLACEMENT = (
    "order_id",
    "customer_id",
    "product_id",
    "customer_name",
    "customer_email",
    "city",
    "state",
    "product_name",
    "category",
    "brand",
    "payment_method",
    "quantity",
    "base_price",
)
ATTRIBUTES = ("product_name", "category", "brand", "base_price")


def order_events(events: Iterable[Event]) -> Rows:
    """One row per accepted event."""
    rows = []
    for event in events:
        row = {each.name: getattr(event, each.name) for each in fields(Event) if each.name != "message"}
        row["reported_total_amount"] = row.pop("total_amount")
        rows.append(row | {name: getattr(event.message, name) for name in POSITION})
    return rows


def quarantined_order_events(verdicts: dict[Message, Verdict]) -> Rows:
    """One row per rejected message."""
    names = ("event_hub", "partition", "offset", "body", "enqueued_at", "ingested_at")
    return [
        {"rule_id": verdict.rule_id} | {name: getattr(message, name) for name in names}
        for message, verdict in verdicts.items()
        if isinstance(verdict, Rejected)
    ]


def order_event_ledger(verdicts: dict[Message, Verdict]) -> Rows:
    """One row per partition: landed = accepted + duplicate + quarantined."""
    rows = []
    for (event_hub, partition), messages in grouped(
        verdicts, lambda each: (each.event_hub, each.partition)
    ).items():
        found = [verdicts[message] for message in messages]
        offsets = [message.offset for message in messages]
        rows.append(
            {
                "event_hub": event_hub,
                "partition": partition,
                "first_offset": min(offsets),
                "last_offset": max(offsets),
                "landed_count": len(found),
                "accepted_count": sum(isinstance(each, Event) for each in found),
                "duplicate_count": found.count("duplicate"),
                "quarantined_count": sum(isinstance(each, Rejected) for each in found),
                "pending_count": 0,
                "is_balanced": True,
            }
        )
    return rows


def order_details(events: Iterable[Event]) -> Rows:
    """One row per order."""
    return [_order(found) for found in _by_order(events).values()]


def _by_order(events: Iterable[Event]) -> dict[str, list[Event]]:
    """The events of each order, sorted."""
    return grouped(sorted(events, key=lambda each: each.place_in_order), lambda each: each.order_id)


def _order(events: list[Event]) -> Row:
    first_by_status = {event.order_status: event for event in reversed(events)}
    placement = first_by_status.get("placed")
    shown = placement or events[0]
    times = {
        f"{status}_at": first_by_status[status].occurred_at if status in first_by_status else None
        for status in STATUSES
    }
    status = max(first_by_status, key=STATUSES.index)
    money = _money(shown)
    is_in_revenue = placement is not None and status != "cancelled"
    refunded = money["total_amount"] if is_in_revenue and status == "returned" else ZERO
    placed_at, delivered_at = times["placed_at"], times["delivered_at"]
    hours = None
    if placed_at and delivered_at and delivered_at >= placed_at:
        microseconds = (delivered_at - placed_at) // timedelta(microseconds=1)
        hours = rounded(Decimal(microseconds) / 3_600_000_000, CENT)
    return {
        **{name: getattr(shown, name) for name in FROM_PLACEMENT},
        **money,
        **times,
        "order_status": status,
        "refunded_amount": refunded,
        "net_amount": money["total_amount"] - refunded if is_in_revenue else ZERO,
        "reported_total_amount": shown.total_amount,
        "is_total_mismatched": shown.total_amount is not None and shown.total_amount != money["total_amount"],
        "is_price_imputed": shown.unit_price is None,
        "is_awaiting_placement": placement is None,
        "is_in_revenue": is_in_revenue,
        "order_date": placed_at and placed_at.date(),
        "order_hour": placed_at and placed_at.hour,
        "day_of_week": placed_at and placed_at.isoweekday(),
        "hours_to_delivery": hours,
    }


def _money(event: Event) -> Row:
    price = event.base_price if event.unit_price is None else event.unit_price
    assert price is not None
    discount = event.discount_pct or ZERO
    gross = price * event.quantity
    discount_amount = rounded(gross * discount / 100, CENT)
    return {
        "unit_price": price,
        "discount_pct": discount,
        "gross_amount": gross,
        "discount_amount": discount_amount,
        "total_amount": gross - discount_amount,
    }


def order_amounts(details: Rows) -> Rows:
    """One row per sale, on the day of the placement, and per refund, on the day of the return."""
    rows = []
    for order in details:
        if order["is_awaiting_placement"]:
            continue
        rows.append(_sale(order))
        if order["order_status"] == "returned":
            rows.append(_refund(order))
    return rows


def _amount(order: Row, kind: str, booked: str) -> Row:
    names = ("order_id", "customer_id", "product_id", "city", "state", "product_name", "category", "brand")
    counts = ("order_count", "cancelled_order_count", "delivered_order_count", "returned_order_count")
    amounts = ("gross_amount", "discount_amount", "refunded_amount", "net_amount")
    return {
        **picked(order, *names, "payment_method"),
        **dict.fromkeys((*counts, "item_count"), 0),
        **dict.fromkeys(amounts, ZERO),
        "amount_kind": kind,
        "booked_date": order[booked].date(),
        "booked_at": order[booked],
    }


def _sale(order: Row) -> Row:
    sale = _amount(order, "sale", "placed_at")
    if not order["is_in_revenue"]:
        return sale | {"cancelled_order_count": 1}
    return sale | {
        "order_count": 1,
        "delivered_order_count": int(order["delivered_at"] is not None),
        "returned_order_count": int(order["order_status"] == "returned"),
        "item_count": order["quantity"],
        "gross_amount": order["gross_amount"],
        "discount_amount": order["discount_amount"],
        "net_amount": order["total_amount"],
    }


def _refund(order: Row) -> Row:
    refunded = order["refunded_amount"]
    return _amount(order, "refund", "returned_at") | {"refunded_amount": refunded, "net_amount": -refunded}


def order_status_history(events: Iterable[Event]) -> Rows:
    """One row per event that moved its order further than all before."""
    rows = []
    for found in _by_order(events).values():
        changes: list[Event] = []
        for event in found:
            if not changes or event.rank > changes[-1].rank:
                changes.append(event)
        for number, change in enumerate(changes, 1):
            before = changes[number - 2] if number > 1 else None
            after = changes[number] if number < len(changes) else None
            rows.append(
                {
                    "order_id": change.order_id,
                    "order_status": change.order_status,
                    "event_id": change.event_id,
                    "previous_status": before and before.order_status,
                    "sequence_number": number,
                    "is_current": after is None,
                    "changed_at": change.occurred_at,
                    "ended_at": after and after.occurred_at,
                }
            )
    return rows


def product_price_history(events: Iterable[Event]) -> Rows:
    """One row per product and interval of one list price, by the placements that name one."""
    placements = [
        event for event in events if event.order_status == "placed" and event.base_price is not None
    ]
    rows = []
    for product_id, found in grouped(placements, lambda each: each.product_id).items():
        at_moment = {
            event.occurred_at: event for event in sorted(found, key=lambda each: each.event_id)
        }  # of one moment the last event_id
        moments = [at_moment[moment] for moment in sorted(at_moment)]
        changes = moments[:1] + [
            after for before, after in pairwise(moments) if after.base_price != before.base_price
        ]
        for change, successor in zip(changes, [*changes[1:], None], strict=True):
            rows.append(
                {
                    "product_id": product_id,
                    "event_id": change.event_id,
                    "base_price": change.base_price,
                    "is_current": successor is None,
                    "valid_from": change.occurred_at,
                    "valid_to": successor and successor.occurred_at,
                }
            )
    return rows


def products(events: Iterable[Event]) -> Rows:
    """One row per product: the latest attributes of its placements, or, without one, of its other events."""
    rows = []
    in_time = sorted(events, key=lambda each: (each.occurred_at, each.event_id))
    for product_id, found in grouped(in_time, lambda each: each.product_id).items():
        known: Row = dict.fromkeys(ATTRIBUTES)
        changed_at = None
        placements = [each for each in found if each.order_status == "placed"]
        for event in placements or found:
            said = {name: getattr(event, name) for name in ATTRIBUTES}
            now_known = known | {name: value for name, value in said.items() if value is not None}
            if changed_at is None or now_known != known:
                known, changed_at = now_known, event.occurred_at
        rows.append({"product_id": product_id, **known, "last_changed_at": changed_at})
    return rows
