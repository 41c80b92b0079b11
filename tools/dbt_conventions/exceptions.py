"""Models that have to break a rule, each with the reason; the only place for exceptions."""

from __future__ import annotations

from collections.abc import Iterator

from tools.dbt_conventions.project import Exceptions, Problem, Project

FILE = "tools/dbt_conventions/exceptions.py"
EXCEPTIONS: Exceptions = {
    "key test": {
        "stg_orders__order_events": "adds no row to and takes none from the source, whose key is tested",
        "order_metrics": "a metric view has no rows until a query names its dimensions",
    },
    "unit test": {
        "order_metrics": "a metric view cannot be fed rows; a singular test compares it with the marts",
    },
    "exposure": {},
    "clustering": {
        "daily_sales": "a row per day: all its rows fit one file for years",
        "order_event_drift": "a row per field and kind of drift",
        "product_price_history": "a row per product and price: little beside the events",
        "quarantined_order_events": "merged by position, and positions arrive in their order",
    },
}


def exceptions_name_what_exists(project: Project) -> Iterator[Problem]:
    """An exception says why, and goes when its model goes."""
    names = {relation["name"] for relation in project.relations}
    for rule, excepted in project.exceptions.items():
        for name, reason in excepted.items():
            if name not in names:
                wrong = f"the exception of {name} from the rule {rule!r} names nothing"
                yield Problem(FILE, wrong, "delete it")
            elif not reason.strip():
                wrong = f"the exception of {name} from the rule {rule!r} has no reason"
                yield Problem(FILE, wrong, "say why")
