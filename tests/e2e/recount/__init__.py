"""Every table of silver and gold, recomputed in plain Python from the messages that landed.

Written from the rules in docs/decisions and the descriptions of the models, never from their SQL: the two
must be able to disagree. Everything is held in memory and computed anew; only the result matters here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import localcontext

from tests.e2e.recount import marts, orders
from tests.e2e.recount.drift import order_event_drift
from tests.e2e.recount.messages import Event, Message, Position, judge
from tests.e2e.recount.restatements import minute_restatements
from tests.e2e.recount.rows import Rows

__all__ = ["Message", "Position", "Rows", "recount"]

DIGITS = 80
"""Significant digits of every computation: more than any sum of decimal(24,2) or any quotient needs."""


def recount(
    messages: Sequence[Message],
    corrected: Mapping[Position, bytes] | None = None,
    versions: Collection[int] = (1,),
) -> dict[str, Rows]:
    """Rows of every table by its name, `silver.order_details`, and of every query on the metric view.

    Args:
        messages: all that landed.
        corrected: bodies to read in place of the landed ones, by position.
        versions: schema versions that are accepted.
    """
    with localcontext(prec=DIGITS):
        verdicts = judge(messages, corrected, versions)
        events = [each for each in verdicts.values() if isinstance(each, Event)]
        details = orders.order_details(events)
        amounts = orders.order_amounts(details)
        now = max((event.occurred_at for event in events), default=None)
        return {
            "bronze.stg_orders__products": orders.products(events),
            "silver.order_events": orders.order_events(events),
            "silver.quarantined_order_events": orders.quarantined_order_events(verdicts),
            "silver.order_event_drift": order_event_drift(messages),
            "silver.order_event_ledger": orders.order_event_ledger(verdicts),
            "silver.order_details": details,
            "silver.order_amounts": amounts,
            "silver.order_status_history": orders.order_status_history(events),
            "silver.product_price_history": orders.product_price_history(events),
            **marts.marts(details, amounts, now),
            "gold.minute_restatements": minute_restatements(events),
        }
