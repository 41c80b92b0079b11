"""Replaces shallow clones: Databricks does it in one commit, Delta here only over a table without files."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TypeVar

from pyspark.sql import SparkSession

from emulators.warehouse.catalog import delta_log
from emulators.warehouse.catalog.locations import local_path
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.errors import sql_error_from
from emulators.warehouse.sql.quoting import quoted

T = TypeVar("T")

CLONE_TYPE = "_SHALLOW_CLONE"
"""How the types of shallow clones end."""

_NON_EMPTY = "DELTA_UNSUPPORTED_NON_EMPTY_CLONE"


def carried_out(clone: Callable[[], T], table: Relation | None, spark: SparkSession) -> T:
    """Carry out `CREATE … SHALLOW CLONE`; an older clone in its place is emptied first, keeping its history.

    Args:
        clone: runs the statement to its end.
        table: what has the name of the clone. Any other table is refused, as on Databricks.
        spark: empties it, and brings its rows back when the statement fails.
    """
    try:
        return clone()
    except Exception as error:
        if table is None or not table.type.endswith(CLONE_TYPE):
            raise
        folder = local_path(table.location)
        state = delta_log.state(folder) if folder else None
        if folder is None or state is None or sql_error_from(error).error_class != _NON_EMPTY:
            raise
    name = quoted((table.schema, table.name))
    spark.sql(f"delete from {name}")  # noqa: S608
    try:
        return clone()
    except Exception:
        now = delta_log.state(folder, state.version)
        if now and now.version == state.version + 1:  # nobody wrote in between
            # Not in the group of jobs of the statement, which may have been cancelled.
            spark.sparkContext.setJobGroup(uuid.uuid4().hex, "")
            spark.sql(f"restore table {name} to version as of {state.version}")
        raise
