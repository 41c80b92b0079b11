"""The marts, views and metrics of gold (docs/decisions/0002, 0003, 0005, 0011)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tests.e2e.recount.messages import states
from tests.e2e.recount.rows import CENT, RATE, Row, Rows, count, grouped, picked, quotient, total

# The project's variables, as they are documented.
HIGH_FROM, MEDIUM_FROM = 5000, 1000
DISCOUNT_BAND_LIMITS = (5, 10, 20)
LATENESS_ALLOWANCE = timedelta(minutes=60)
MINUTE = timedelta(minutes=1)
METRIC_DIMENSIONS = ("brand", "category", "state", "city", "product_id", "booked_date")


def marts(details: Rows, amounts: Rows, now: datetime | None) -> dict[str, Rows]:
    """All tables of gold by their name, and each query on the metric view by its dimension."""
    if now is None:
        return {}
    orders = [_named(order) for order in details if order["is_in_revenue"]]
    booked = [_named(amount) for amount in amounts]
    locations = location_performance(orders)
    products = product_performance(orders)
    customers = customer_insights(orders, now)
    return {
        "gold.sales_by_brand_category": sales_by_brand_category(orders),
        "gold.location_performance": locations,
        "gold.product_performance": products,
        "gold.customer_insights": customers,
        "gold.daily_sales": daily_sales(booked),
        "gold.sales_by_state_minute": sales_by_minute(booked, "state", now),
        "gold.sales_by_product_minute": sales_by_minute(booked, "product_id", now),
        "gold.mv_top_brands": mv_top_brands(orders),
        "gold.mv_category_summary": summed(orders, "category"),
        "gold.mv_brand_location_matrix": summed(orders, "brand", "state"),
        "gold.mv_discount_analysis": mv_discount_analysis(orders),
        "gold.mv_location_ranking": mv_location_ranking(locations),
        "gold.mv_product_ranking": mv_product_ranking(products),
        "gold.mv_customer_segments": mv_customer_segments(customers),
        "gold.mv_vip_customers": mv_vip_customers(customers),
        "order_metrics": order_metrics(booked, None),
        **{f"order_metrics by {name}": order_metrics(booked, name) for name in METRIC_DIMENSIONS},
    }


def _named(row: Row) -> Row:
    return row | {name: row[name] or "Unknown" for name in ("brand", "category", "city", "product_name")}


def _by(rows: Rows, *names: str) -> dict[tuple[Any, ...], Rows]:
    return grouped(rows, lambda row: tuple(row[name] for name in names))


def _sums(orders: Rows) -> Row:
    """What orders that count add up to."""
    return {
        "order_count": len(orders),
        "item_count": count(orders, "quantity"),
        "gross_amount": total(orders, "gross_amount"),
        "discount_amount": total(orders, "discount_amount"),
        "refunded_amount": total(orders, "refunded_amount"),
        "revenue": total(orders, "net_amount"),
    }


def _customers(orders: Rows) -> int:
    return len({order["customer_id"] for order in orders})


def _rank(rows: Rows, worth: Callable[[Row], Any], name: str) -> Rows:
    """With their rank from 1, the most worth first; equals share one and the next is left out."""
    return [row | {name: 1 + sum(worth(other) > worth(row) for other in rows)} for row in rows]


def summed(orders: Rows, *names: str) -> Rows:
    """One row per value of these columns, with the sums of its orders."""
    return [dict(zip(names, key, strict=True)) | _sums(found) for key, found in _by(orders, *names).items()]


def sales_by_brand_category(orders: Rows) -> Rows:
    """One row per brand and category."""
    return [
        {"brand": brand, "category": category, "customer_count": _customers(found)} | _sums(found)
        for (brand, category), found in _by(orders, "brand", "category").items()
    ]


def location_performance(orders: Rows) -> Rows:
    """One row per city and state."""
    rows = []
    for (state, city), found in _by(orders, "state", "city").items():
        delivered = sum(order["delivered_at"] is not None for order in found)
        rows.append(
            {
                "state": state,
                "city": city,
                "state_name": states()[state]["state_name"],
                "region": states()[state]["region"],
                "order_count": len(found),
                "delivered_order_count": delivered,
                "customer_count": _customers(found),
                "revenue": total(found, "net_amount"),
                "delivery_rate": quotient(delivered, len(found), RATE),
            }
        )
    return rows


def product_performance(orders: Rows) -> Rows:
    """One row per product, named as in its latest order."""
    rows = []
    for (product_id,), found in _by(orders, "product_id").items():
        latest = max(found, key=lambda order: (order["placed_at"], order["order_id"]))
        sums = _sums(found)
        rows.append(
            {
                "product_id": product_id,
                **picked(latest, "product_name", "category", "brand"),
                "customer_count": _customers(found),
                **sums,
                "revenue_per_unit": quotient(sums["revenue"], sums["item_count"], CENT),
            }
        )
    return _rank(rows, lambda row: (row["order_count"], row["item_count"]), "popularity_rank")


def customer_insights(orders: Rows, now: datetime) -> Rows:
    """One row per customer."""
    rows = []
    for (customer_id,), found in _by(orders, "customer_id").items():
        value = total(found, "net_amount")
        last_order_at = max(order["placed_at"] for order in found)
        brand = _preferred(found, "brand")
        rows.append(
            {
                "customer_id": customer_id,
                "segment": _segment(value),
                "preferred_category": _preferred(found, "category"),
                "preferred_brand": brand,
                "order_count": len(found),
                "item_count": count(found, "quantity"),
                "lifetime_value": value,
                "average_order_value": quotient(value, len(found), CENT),
                "brand_affinity": quotient(len(_by(found, "brand")[(brand,)]), len(found), RATE),
                "days_since_last_order": (now.date() - last_order_at.date()).days,
                "first_order_at": min(order["placed_at"] for order in found),
                "last_order_at": last_order_at,
            }
        )
    return rows


def _segment(value: Decimal) -> str:
    if value >= HIGH_FROM:
        return "High"
    return "Medium" if value >= MEDIUM_FROM else "Low"


def _preferred(orders: Rows, name: str) -> str:
    """The value of most orders; of equals that of most revenue, then the first by name."""

    def place(entry: tuple[tuple[Any, ...], Rows]) -> tuple[int, Decimal, str]:
        (value,), found = entry
        return (-len(found), -total(found, "net_amount"), value)

    (preferred,), _ = min(_by(orders, name).items(), key=place)
    return str(preferred)


def _booked(amounts: Rows) -> Row:
    """What amounts add up to."""
    names = ("gross_amount", "discount_amount", "refunded_amount")
    return {
        "order_count": count(amounts, "order_count"),
        "item_count": count(amounts, "item_count"),
        **{name: total(amounts, name) for name in names},
        "revenue": total(amounts, "net_amount"),
    }


def _counts(amount: Row) -> bool:
    """Whether anything was booked: all but the sale of a cancelled order."""
    return not amount["cancelled_order_count"]


def daily_sales(amounts: Rows) -> Rows:
    """One row per day on which an order that counts was placed or refunded."""
    rows = []
    for (day,), found in _by(list(filter(_counts, amounts)), "booked_date").items():
        sums = _booked(found)
        average = quotient(sums["revenue"], sums["order_count"], CENT)
        rows.append({"sales_date": day, "average_order_value": average} | sums)
    return rows


def sales_by_minute(amounts: Rows, name: str, now: datetime) -> Rows:
    """One row per value of the column and minute in which an order that counts was placed or refunded."""
    rows = []
    for (value, minute), found in grouped(
        filter(_counts, amounts),
        lambda amount: (amount[name], amount["booked_at"].replace(second=0, microsecond=0)),
    ).items():
        sums = _booked(found)
        rows.append(
            {
                name: value,
                "order_count": sums["order_count"],
                "total_items": sums["item_count"],
                "total_sales": sums["gross_amount"] - sums["discount_amount"],
                "refunded_amount": sums["refunded_amount"],
                "revenue": sums["revenue"],
                "is_final": is_final(minute, now),
                "minute_at": minute,
            }
        )
    return rows


def is_final(minute: datetime, now: datetime) -> bool:
    """Whether the lateness allowance has passed since the end of the minute."""
    return now - minute >= MINUTE + LATENESS_ALLOWANCE


def mv_top_brands(orders: Rows) -> Rows:
    """One row per brand."""
    return [
        {name: value for name, value in row.items() if name != "gross_amount"}
        for row in summed(orders, "brand")
    ]


def mv_discount_analysis(orders: Rows) -> Rows:
    """One row per category and band of discount."""
    banded = [order | _band(order["discount_pct"]) for order in orders]
    names = ("category", "discount_band", "discount_band_number")
    return [
        dict(zip(names, key, strict=True))
        | {"returned_order_count": sum(order["order_status"] == "returned" for order in found)}
        | _sums(found)
        for key, found in _by(banded, *names).items()
    ]


def _band(discount: Decimal) -> Row:
    limits = DISCOUNT_BAND_LIMITS
    number = 0 if discount == 0 else 1 + sum(discount > limit for limit in limits)
    bands = ["none", f"up to {limits[0]}%"]
    bands += [f"over {lower}% to {upper}%" for lower, upper in pairwise(limits)]
    bands += [f"over {limits[-1]}%"]
    return {"discount_band": bands[number], "discount_band_number": number}


def mv_location_ranking(locations: Rows) -> Rows:
    """The cities with their rank in their state."""
    return [
        row
        for found in _by(locations, "state").values()
        for row in _rank(found, lambda row: row["revenue"], "revenue_rank_in_state")
    ]


def mv_product_ranking(products: Rows) -> Rows:
    """The products with their ranks in their category."""
    names = ("product_id", "product_name", "category", "brand", "order_count", "item_count", "revenue")
    rows = []
    for found in _by([picked(row, *names) for row in products], "category").values():
        ranked = _rank(found, lambda row: row["revenue"], "revenue_rank_in_category")
        rows += _rank(
            ranked, lambda row: (row["order_count"], row["item_count"]), "popularity_rank_in_category"
        )
    return rows


def mv_customer_segments(customers: Rows) -> Rows:
    """One row per segment."""
    return [
        {
            "segment": segment,
            "customer_count": len(found),
            "order_count": count(found, "order_count"),
            "item_count": count(found, "item_count"),
            "revenue": total(found, "lifetime_value"),
        }
        for (segment,), found in _by(customers, "segment").items()
    ]


def mv_vip_customers(customers: Rows) -> Rows:
    """The customers of the segment High, without what changes every day."""
    left_out = ("segment", "days_since_last_order")
    return [
        {name: value for name, value in row.items() if name not in left_out}
        for row in customers
        if row["segment"] == "High"
    ]


def order_metrics(amounts: Rows, dimension: str | None) -> Rows:
    """The measures of the metric view over everything, or one row per value of the dimension."""
    names = (dimension,) if dimension else ()
    return [
        dict(zip(names, key, strict=True)) | _measures(found) for key, found in _by(amounts, *names).items()
    ]


def _measures(amounts: Rows) -> Row:
    sums = _booked(amounts)
    orders, items = sums["order_count"], sums["item_count"]
    cancelled = count(amounts, "cancelled_order_count")
    return {
        **sums,
        "customer_count": _customers([amount for amount in amounts if amount["order_count"]]),
        "total_sales": sums["gross_amount"] - sums["discount_amount"],
        "net_amount": sums["revenue"],
        "average_order_value": quotient(sums["revenue"], orders, CENT),
        "revenue_per_unit": quotient(sums["revenue"], items, CENT),
        "delivery_rate": quotient(count(amounts, "delivered_order_count"), orders, RATE),
        "cancellation_rate": quotient(cancelled, orders + cancelled, RATE),
        "return_rate": quotient(count(amounts, "returned_order_count"), orders, RATE),
    }
