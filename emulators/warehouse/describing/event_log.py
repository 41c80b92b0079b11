"""`event_log(TABLE(name))`: the history of refreshes, as Databricks lets it be read.

Columns and event types: https://docs.databricks.com/sql/language-manual/functions/event_log.html. Of the many
events of a real pipeline there are these: `create_update` when a refresh begins, `flow_progress` with the
rows it wrote, and `update_progress` when it ends, COMPLETED, FAILED or CANCELED.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import types as t

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.records.derived import Refresh
from emulators.warehouse.clock import TIME
from emulators.warehouse.describing.sqlite_queries import Rows
from emulators.warehouse.errors import SqlError
from emulators.warehouse.names import split
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql.quoting import quoted
from emulators.warehouse.sql.statements import Name

_SCHEMA = t.StructType(
    [
        t.StructField("id", t.StringType(), False),
        t.StructField("sequence", t.StringType(), False),
        t.StructField("origin", t.StringType(), False),
        t.StructField("timestamp", t.TimestampType(), False),
        t.StructField("message", t.StringType(), False),
        t.StructField("level", t.StringType(), False),
        t.StructField("maturity_level", t.StringType(), False),
        t.StructField("error", t.StringType()),
        t.StructField("details", t.StringType(), False),
        t.StructField("event_type", t.StringType(), False),
    ]
)


def rows(name: Name, catalog: Catalog, session: Session) -> Rows:
    """The event log of a relation.

    Raises:
        SqlError: the name is of no relation, or of one that is never refreshed.
    """
    relation = catalog.get(name, session)
    where = (relation.schema, relation.name)
    if catalog.records.derived.get(*where) is None:
        raise SqlError("EVENT_LOG_UNAVAILABLE", f"No event logs available for {quoted(where)}.", "55019")
    return Rows(
        _SCHEMA, events((*split(relation.schema), relation.name), catalog.records.derived.refreshes(*where))
    )


def events(name: tuple[str, ...], refreshes: Sequence[Refresh]) -> list[tuple[Any, ...]]:
    """The events of a relation's refreshes, in order."""
    flow = ".".join(name)
    found: list[tuple[Any, ...]] = []

    def add(update: str, at: str, message: str, kind: str, detail: dict[str, Any], error: str | None) -> None:
        number = len(found) + 1
        origin = {"catalog_name": name[0], "schema_name": name[1], "dataset_name": flow, "update_id": update}
        found.append(
            (
                str(uuid.uuid5(uuid.NAMESPACE_URL, f"{flow}/{at}/{number}")),
                json.dumps({"data_plane_id": {"instance": "local", "seq_no": number}}),
                json.dumps(origin),
                datetime.strptime(at, TIME).replace(tzinfo=UTC),
                message,
                "ERROR" if error else "INFO",
                "STABLE",
                error and json.dumps({"exceptions": [{"message": error}], "fatal": True}),
                json.dumps({kind: detail}),
                kind,
            )
        )

    for each in refreshes:
        update = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{flow}/{each.started}"))
        state = "CANCELED" if each.is_canceled else "FAILED" if each.error else "COMPLETED"
        status = "STOPPED" if each.is_canceled else state
        add(
            update,
            each.started,
            f"Update {update[:6]} started.",
            "create_update",
            {"update_id": update},
            None,
        )
        add(
            update,
            each.ended,
            f"Flow '{flow}' has {status}.",
            "flow_progress",
            {"status": status, "metrics": {"num_output_rows": each.row_count}},
            each.error,
        )
        add(
            update,
            each.ended,
            f"Update {update[:6]} is {state}.",
            "update_progress",
            {"state": state},
            each.error,
        )
    return found
