"""The tables that dbt built: read, compared with what their messages add up to, and hashed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import numpy
from databricks.sql.client import Cursor

from tests.e2e.place import Place
from tests.e2e.recount import Message, Position, Rows, recount
from tests.e2e.recount.marts import METRIC_DIMENSIONS

NOT_RECOUNTED = {
    "bronze.stg_orders__order_events": "its fields are those of the accepted and rejected messages",
    "ops.order_event_corrections": "entered by hand",
    "ops.order_event_replays": "tells what was done",
    "ops.quarantined_order_events_by_rule": "tells what was done",
}
COLUMNS_NOT_RECOUNTED = {
    "silver.order_events": {"event_id_hash", "event_id_check"},  # of event_id, which is compared
    "silver.quarantined_order_events": {"reason"},  # for a person
}
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
SHOWN = 3
"""Rows shown of each kind of difference."""


@dataclass(frozen=True)
class Table:
    """All rows of a table, in no order."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def hash(self, without: Iterable[str] = ()) -> str:
        """Of all rows, with all columns but those named."""
        kept = [index for index, column in enumerate(self.columns) if column not in without]
        lines = sorted(repr([(self.columns[index], row[index]) for index in kept]) for row in self.rows)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def relations(place: Place) -> dict[str, str]:
    """Materialization of each model by its name with schema, without the target's prefix."""
    manifest = json.loads((place.folder / "target" / "manifest.json").read_text())
    return {
        f"{node['schema'].removeprefix(place.schema_prefix)}.{node['alias']}": node["config"]["materialized"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }


def tables(place: Place) -> dict[str, Table]:
    """Every model that dbt knows by its name; of the metric view its measures, over all and by dimension."""
    queries = {
        name: f"select * from {place.table(name)}"
        for name, kind in relations(place).items()
        if kind != "metric_view"
    }
    measures = ", ".join(f"measure({name}) as {name}" for name in MEASURES)
    view = place.table("gold.order_metrics")
    queries["order_metrics"] = f"select {measures} from {view}"
    for name in METRIC_DIMENSIONS:
        queries[f"order_metrics by {name}"] = f"select {name}, {measures} from {view} group by {name}"
    return _read_all(place, queries)


def table(place: Place, name: str) -> Table:
    """One table by its name."""
    return _read_all(place, {name: f"select * from {place.table(name)}"})[name]


def _read_all(place: Place, queries: Mapping[str, str]) -> dict[str, Table]:
    with _cursor(place) as cursor:
        return {name: _read(cursor, query) for name, query in queries.items()}


def content(place: Place, name: str) -> str:
    """Hash of all rows of one table."""
    return table(place, name).hash()


def differences(place: Place, found: Mapping[str, Table], versions: Collection[int] = (1,)) -> list[str]:
    """Rows that differ from those recomputed from the landed bodies, a line each; none if all is well."""
    names = ", ".join(f"`{each.name}`" for each in fields(Message))
    bronze = {"landed": f"select {names} from {place.table('bronze.order_events')}"}
    landed = [Message(*row) for row in _read_all(place, bronze)["landed"].rows]
    expected = recount(landed, _corrected(place), versions)
    lines = []
    for name in found.keys() - NOT_RECOUNTED.keys():
        lines += _difference(name, expected[name], found[name]) if name in expected else [f"{name}: unknown"]
    return sorted(lines)


def _corrected(place: Place) -> dict[Position, bytes]:
    """Of each corrected message the latest body; none where the latest correction takes it back."""
    columns = "event_hub, `partition`, `offset`, corrected_at, corrected_body"
    corrections = f"select {columns} from {place.table('ops.order_event_corrections')}"
    rows = _read_all(place, {"corrections": corrections})["corrections"].rows
    latest = {row[:3]: row[4] for row in sorted(rows, key=lambda row: row[3])}
    return {position: body for position, body in latest.items() if body is not None}


def _difference(name: str, rows: Rows, table: Table) -> list[str]:
    compared = [each for each in table.columns if each not in COLUMNS_NOT_RECOUNTED.get(name, ())]
    if rows and set(rows[0]) != set(compared):
        return [f"{name}: columns {sorted(set(rows[0]) ^ set(compared))} are in one of the two only"]
    where = [table.columns.index(column) for column in compared]
    is_there = Counter(tuple(row[index] for index in where) for row in table.rows)
    should_be = Counter(tuple(row[column] for column in compared) for row in rows)
    return [
        f"{name}: {kind} {dict(zip(compared, row, strict=True))}"
        for kind, some in (("lacks", should_be - is_there), ("has", is_there - should_be))
        for row in sorted(some.elements(), key=repr)[:SHOWN]
    ]


def row_changes(place: Place) -> dict[str, dict[int, str]]:
    """The commits that added, changed or deleted rows, of every table that dbt adds to."""
    kept = [name for name, kind in relations(place).items() if kind == "incremental"]
    with _cursor(place) as cursor:
        return {name: _row_changes(cursor, place.table(name)) for name in kept}


def _row_changes(cursor: Cursor, table: str) -> dict[int, str]:
    history = _read(cursor, f"describe history {table}")
    commits = [dict(zip(history.columns, row, strict=True)) for row in history.rows]
    return {commit["version"]: commit["operation"] for commit in commits if _changes_rows(commit)}


def _changes_rows(commit: Mapping[str, Any]) -> bool:
    if commit["operation"] == "MERGE":
        metrics = dict(commit["operationMetrics"])
        return any(int(metrics[f"numTargetRows{each}"]) for each in ("Inserted", "Updated", "Deleted"))
    return bool(commit["operation"] != "SET TBLPROPERTIES")


@contextmanager
def _cursor(place: Place) -> Iterator[Cursor]:
    with place.connect() as connection, connection.cursor() as cursor:
        yield cursor


def _read(cursor: Cursor, statement: str) -> Table:
    cursor.execute(statement)
    columns = tuple(column[0] for column in cursor.description or ())
    return Table(columns, tuple(tuple(map(_plain, row)) for row in cursor.fetchall()))


def _plain(value: Any) -> Any:
    """The value as Python's own type, which can be compared and hashed."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, numpy.ndarray | list):
        return tuple(map(_plain, value))
    return value
