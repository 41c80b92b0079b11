"""The tables that dbt built: read, compared with what their messages add up to, and hashed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy

from tests.e2e.place import Place
from tests.e2e.recount import Message, Rows, recount
from tests.e2e.recount.marts import METRIC_DIMENSIONS

Values = tuple[Any, ...]

NOT_RECOUNTED = {
    "bronze.stg_orders__order_events": "its fields are those of the accepted and rejected messages",
}
COLUMNS_NOT_RECOUNTED = {
    "silver.order_events": {"event_id_hash", "event_id_check"},  # of event_id, which is compared
    "silver.quarantined_order_events": {"reason"},  # for a person
}
SHOWN = 3
"""Rows shown of each kind of difference."""


def relations(place: Place) -> dict[str, str]:
    """Materialization of each model by its name with schema, without the target's prefix."""
    manifest = json.loads((place.folder / "target" / "manifest.json").read_text())
    return {
        f"{node['schema'].removeprefix(place.schema_prefix)}.{node['alias']}": node["config"]["materialized"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }


def landed_messages(place: Place) -> list[Message]:
    """What bronze holds."""
    names = tuple(Message.__dataclass_fields__)
    rows = _select(place, "bronze.order_events", names)
    return [Message(**dict(zip(names, row, strict=True))) for row in rows]


def differences(place: Place) -> list[str]:
    """Rows that differ from those recomputed from the landed bodies, a line each; none if all is well."""
    expected = recount(landed_messages(place))
    tables = {name for name, kind in relations(place).items() if kind != "metric_view"}
    found = [f"{name}: not recomputed" for name in sorted(tables - set(expected) - set(NOT_RECOUNTED))]
    for name, rows in expected.items():
        columns, actual = _metrics(place, name) if name.startswith("order_metrics") else _table(place, name)
        found += _difference(name, rows, columns, actual)
    return found


def _difference(name: str, rows: Rows, columns: Sequence[str], actual: list[Values]) -> list[str]:
    compared = [column for column in columns if column not in COLUMNS_NOT_RECOUNTED.get(name, ())]
    if rows and set(rows[0]) != set(compared):
        return [f"{name}: columns {sorted(set(rows[0]) ^ set(compared))} are in one of the two only"]
    where = [columns.index(column) for column in compared]
    is_there = Counter(tuple(row[index] for index in where) for row in actual)
    should_be = Counter(tuple(row[column] for column in compared) for row in rows)
    return [
        f"{name}: {kind} {dict(zip(compared, row, strict=True))}"
        for kind, some in (("lacks", should_be - is_there), ("has", is_there - should_be))
        for row in sorted(some.elements(), key=repr)[:SHOWN]
    ]


def content(place: Place, name: str, without: Iterable[str] = ()) -> str:
    """Hash of all rows of a table, of all columns but those named."""
    columns, rows = _table(place, name)
    kept = [index for index, column in enumerate(columns) if column not in without]
    lines = sorted(repr([(columns[index], row[index]) for index in kept]) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def changed_rows(place: Place, name: str) -> dict[int, str]:
    """The commits of a Delta table that added, changed or deleted rows: the operation by version."""
    columns, rows = _read(place, f"describe history {place.table(name)}")
    commits = [dict(zip(columns, row, strict=True)) for row in rows]
    return {commit["version"]: commit["operation"] for commit in commits if _is_change(commit)}


def _is_change(commit: dict[str, Any]) -> bool:
    metrics = dict(commit["operationMetrics"] or ())
    counts = ("numOutputRows", "numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted")
    if commit["operation"] == "MERGE":
        return any(int(metrics[name]) for name in counts[1:])
    return commit["operation"] not in ("SET TBLPROPERTIES", "OPTIMIZE")


def _table(place: Place, name: str) -> tuple[list[str], list[Values]]:
    return _read(place, f"select * from {place.table(name)}")


def _select(place: Place, name: str, columns: Sequence[str]) -> list[Values]:
    return _read(place, f"select {', '.join(f'`{each}`' for each in columns)} from {place.table(name)}")[1]


def _metrics(place: Place, name: str) -> tuple[list[str], list[Values]]:
    """The measures of the metric view, all together or by the dimension that the name ends with."""
    *_, dimension = name.split(" ")
    by = dimension if dimension in METRIC_DIMENSIONS else None
    view = place.table("gold.order_metrics")
    measures = ", ".join(f"measure({each}) as {each}" for each in MEASURES)
    if by is None:
        return _read(place, f"select {measures} from {view}")
    return _read(place, f"select {by}, {measures} from {view} group by {by}")


MEASURES = (
    "order_count",
    "customer_count",
    "item_count",
    "gross_amount",
    "discount_amount",
    "total_sales",
    "refunded_amount",
    "net_amount",
    "revenue",
    "average_order_value",
    "revenue_per_unit",
    "delivery_rate",
    "cancellation_rate",
    "return_rate",
)


def _read(place: Place, statement: str) -> tuple[list[str], list[Values]]:
    with place.connect() as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        columns = [column[0] for column in cursor.description or ()]
        return columns, [tuple(map(_plain, row)) for row in cursor.fetchall()]


def _plain(value: Any) -> Any:
    """The value as Python's own type, which can be compared and hashed."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, numpy.ndarray | list):
        return tuple(map(_plain, value))
    return value
