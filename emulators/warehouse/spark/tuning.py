"""Chooses how Spark runs statements: in one task, interpreted, while every table is small.

Compiling the expressions of a statement takes a fixed 50 to 500 ms and pays back per row. A build of 190
statements over 300 rows takes a quarter less CPU interpreted; over 100,000 rows it takes a third more. One
task in place of two, and no broadcasts, take another eighth from merges and queries over 300 rows.
"""

from __future__ import annotations

import threading
import time

from pyspark.sql import SparkSession

from emulators.warehouse.catalog import delta_log
from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.locations import local_path
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.spark.spark_session import LARGE, SMALL

SMALL_BYTES = 2 << 20
"""A table beyond this size makes compiling worth while: about 20,000 landed events."""

LOOK_SECONDS = 2.0
"""How often table sizes are looked up: bronze tables also grow by path."""


class Tuning:
    """Knows whether the warehouse is small, and sets sessions accordingly."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._looked_at = 0.0
        self._sizes: dict[tuple[str, str], tuple[int, int]] = {}
        self._is_small = True

    def prepare(self, session: Session) -> None:
        """Set a client's session for its next statement."""
        session.is_set_for_large = self.apply(session.spark, session.is_set_for_large)

    def apply(self, spark: SparkSession, is_set_for_large: bool) -> bool:
        """Set a Spark session for its next statement.

        Args:
            spark: the session.
            is_set_for_large: how it is set now; sessions start with `SMALL` and never go back.

        Returns:
            How it is set from now on.
        """
        if is_set_for_large or self._look():
            return is_set_for_large
        for name, value in LARGE.items():
            if spark.conf.get(name) == SMALL[name]:  # nobody has set it otherwise
                spark.conf.set(name, value)
        return True

    def _look(self) -> bool:
        """Whether no table is beyond `SMALL_BYTES`; once one is, the answer stays.

        One statement at a time looks; the others take the last answer, and do not wait.
        """
        if self._is_small and self._lock.acquire(blocking=False):
            try:
                if time.monotonic() - self._looked_at > LOOK_SECONDS:
                    self._is_small = self._is_every_table_small()
                    self._looked_at = time.monotonic()
            finally:
                self._lock.release()
        return self._is_small

    def _is_every_table_small(self) -> bool:
        return all(
            self._size(relation.schema, relation.name, relation.location) <= SMALL_BYTES
            for relation in self._catalog.records.relations.all()
            if relation.is_delta
        )

    def _size(self, schema: str, name: str, location: str | None) -> int:
        folder = local_path(location)
        version, size = self._sizes.get((schema, name), (None, 0))
        state = delta_log.state(folder, version) if folder else None
        if folder is None or state is None:
            return 0
        if version != state.version:
            size = delta_log.size(folder, state.version)
            self._sizes[schema, name] = (state.version, size)
        return size
