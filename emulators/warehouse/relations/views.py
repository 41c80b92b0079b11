"""Views: one is made at a time, and who reads one that is being replaced reads again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from emulators.warehouse.catalog.kinds import METRIC_VIEW
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.errors import SqlError, sql_error_from
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import ResultSet
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql import statements
from emulators.warehouse.sql.quoting import assigned, quoted
from emulators.warehouse.sql.statements import Name

T = TypeVar("T")

ATTEMPTS = 10
"""How often a statement is tried while others replace a view it reads."""


class Views:
    """Creates and replaces views and metric views."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._replaced = 0

    def read_again(self, run: Callable[[], T]) -> T:
        """Run a statement, again when a view that it reads was being replaced."""
        for _ in range(ATTEMPTS - 1):
            replaced = self._replaced
            try:
                return run()
            except Exception as error:
                if sql_error_from(error).error_class != "TABLE_OR_VIEW_NOT_FOUND":
                    raise
                with self._lock:  # a view that is being replaced is there again
                    if self._replaced == replaced:
                        raise
        return run()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let nobody else make a view: Spark drops the old one before it creates the new one."""
        with self._lock:
            try:
                yield
            finally:
                self._replaced += 1

    def create(self, statement: statements.Command, old: Relation | None, session: Session) -> ResultSet:
        """Create or replace a view.

        Raises:
            SqlError: an ALTER of a metric view names what is none.
        """
        with self.alone():
            if not statement.replaces and (old is None or old.type != METRIC_VIEW):
                raise _not_a_metric_view(statement.defines[0])
            if old and old.type == METRIC_VIEW:
                return self._replace_metric_view(statement, old, session)
            return result_set.from_command(session.spark.sql(statement.sql))

    def _replace_metric_view(
        self, statement: statements.Command, old: Relation, session: Session
    ) -> ResultSet:
        """Carry out `CREATE OR REPLACE VIEW … WITH METRICS`, which Spark refuses over an existing view."""
        name, aside = (quoted((old.schema, each)) for each in (old.name, f"{old.name}__replaced"))
        session.spark.sql(f"alter view {name} rename to {aside}")
        try:
            result = result_set.from_command(session.spark.sql(statement.sql))
            kept = {**old.properties, **({"comment": old.comment} if old.comment else {})}
            if not statement.replaces and kept:  # it is an ALTER
                session.spark.sql(f"alter view {name} set tblproperties ({assigned(kept)})")
        except Exception:
            session.spark.sql(f"alter view {aside} rename to {name}")
            raise
        session.spark.sql(f"drop view {aside}")
        return result


def _not_a_metric_view(name: Name) -> SqlError:
    return SqlError("EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE", f"{quoted(name)} is not a metric view.", "42809")
