"""`(DESCRIBE {HISTORY | DETAIL} name)` in a query, which Spark takes as a statement alone."""

from __future__ import annotations

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.names import split
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import ResultSet
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.spark.own_views import own_views
from emulators.warehouse.sql.statements import DescribedQuery


def query(statement: DescribedQuery, catalog: Catalog, session: Session) -> ResultSet:
    """The rows of the query, with those of each description in its place as a temporary view."""
    sql = statement.sql
    with own_views(session.spark) as views:
        for start, end in reversed(statement.described):
            text = catalog.translation.translate(sql[start:end], session.catalog, split(session.schema)[1])
            sql = f"{sql[:start]}table {views.put(session.spark.sql(text))}{sql[end:]}"
        return result_set.from_dataframe(session.spark.sql(sql))
