"""`(DESCRIBE {HISTORY | DETAIL} name)` in a query, which Spark takes as a statement alone."""

from __future__ import annotations

import uuid

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.names import split
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import ResultSet
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql.statements import DescribedQuery


def query(statement: DescribedQuery, catalog: Catalog, session: Session) -> ResultSet:
    """The rows of the query, with those of each description in its place as a temporary view."""
    sql, views = statement.sql, []
    for start, end in reversed(statement.described):
        views.append(f"__described_{uuid.uuid4().hex}")
        text = catalog.translation.translate(sql[start:end], session.catalog, split(session.schema)[1])
        session.spark.sql(text).createOrReplaceTempView(views[-1])
        sql = f"{sql[:start]}table {views[-1]}{sql[end:]}"
    try:
        return result_set.from_dataframe(session.spark.sql(sql))
    finally:
        for each in views:
            session.spark.catalog.dropTempView(each)
