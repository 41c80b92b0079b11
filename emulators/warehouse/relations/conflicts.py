"""Conflicts of writers: what Databricks commits and open-source Delta fails is tried again.

Databricks' isolation level is WriteSerializable: a statement that changes rows and one that meanwhile
appended some without reading the table are both committed, in either order. Delta here knows Serializable
alone and fails the change. Every other conflict fails on Databricks too, with the same class and SQLSTATE.
https://docs.databricks.com/aws/en/optimizations/isolation/isolation-levels
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from emulators.warehouse.catalog import delta_log
from emulators.warehouse.catalog.locations import local_path
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.errors import sql_error_from

T = TypeVar("T")

ATTEMPTS = 10
"""How often a change of rows is tried while others append to its table."""

CONCURRENT_APPEND = "DELTA_CONCURRENT_APPEND"
_VERSION = re.compile(r"committed at version (\d+)")
"""Where Delta's message of this class names the commit that came first."""

ISOLATION_LEVEL = "delta.isolationLevel"


def carried_out(change: Callable[[], T], table: Relation | None) -> T:
    """Carry out a change of a table's rows, again when it met an append.

    Args:
        change: runs the statement to its end.
        table: whose rows it changes; None when it is not recorded: then every conflict fails.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return change()
        except Exception as error:
            if table is None or not _is_committed_on_databricks(error, table):
                raise
    return change()


def _is_committed_on_databricks(error: Exception, table: Relation) -> bool:
    failure = sql_error_from(error)
    if not failure.error_class.startswith(CONCURRENT_APPEND):
        return False
    folder, version = local_path(table.location), _VERSION.search(str(failure))
    if folder is None or version is None or table.properties.get(ISOLATION_LEVEL) == "Serializable":
        return False
    return delta_log.is_blind_append(folder, int(version[1]))
