"""How many statements a node of each kind may cost: the first run, which makes it, and the second.

Every statement is a round trip; on Databricks it also waits its turn. Lower a number when less is needed.
"""

from __future__ import annotations

Budget = dict[str, tuple[int, int]]

BUDGET: dict[str, Budget] = {
    "v1": {
        "appended": (2, 13),
        "by_day": (12, 9),
        "doubled": (1, 1),
        "mtr_orders": (2, 4),
        "mv_amount_by_state": (4, 5),
        "order_lines": (12, 12),
        "orders": (14, 17),
        "orders_checked": (4, 18),
        "orders_history": (4, 11),
        "overwritten": (2, 11),
        "regions": (1, 1),
        "regions_sold": (6, 6),
        "replaced_keys": (2, 10),
        "replaced_where": (2, 9),
        "st_events": (5, 5),
        "stg_orders": (2, 2),
        "synced": (4, 16),
    },
    "v2": {
        "appended": (5, 9),
        "by_day": (11, 5),
        "doubled": (1, 1),
        "mtr_orders": (2, 4),
        "mv_amount_by_state": (4, 4),
        "order_lines": (8, 8),
        "orders": (10, 11),
        "orders_checked": (4, 18),
        "orders_history": (4, 11),
        "overwritten": (5, 7),
        "regions": (1, 1),
        "regions_sold": (7, 7),
        "replaced_keys": (5, 6),
        "replaced_where": (5, 5),
        "st_events": (5, 5),
        "stg_orders": (2, 2),
        "synced": (7, 12),
    },
}
