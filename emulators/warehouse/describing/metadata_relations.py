"""Relations that no table holds, in statements of every kind: information schema, history, event logs.

A query of nothing else is answered from SQLite, in milliseconds. Every other statement is given their rows as
temporary views; one that would read them again later is refused, for Spark could not find them then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.describing import event_log, query_history
from emulators.warehouse.describing.information_schema import InformationSchema
from emulators.warehouse.describing.sqlite_queries import Rows, used_tables
from emulators.warehouse.errors import unsupported
from emulators.warehouse.results.result_set import ResultSet
from emulators.warehouse.sessions.history import History
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.spark.own_views import OwnViews
from emulators.warehouse.sql import statements
from emulators.warehouse.sql.metadata_references import MetadataReference, MetadataReferences, references
from emulators.warehouse.sql.quoting import changed, quoted

_READERS = (statements.Query, statements.Command, statements.InsertReplace, statements.Worded)
"""Statements that may read any relation."""


class MetadataRelations:
    """Lets statements read them."""

    def __init__(self, catalog: Catalog, history: History) -> None:
        self._catalog = catalog
        self._history = history
        self._information_schema = InformationSchema(catalog)

    def check(self, statement: statements.Statement) -> None:
        """Refuse a statement whose query is run later.

        Raises:
            SqlError: `UNSUPPORTED_FEATURE`.
        """
        if isinstance(statement, statements.CreateMaterialized):
            is_kept = True
        else:
            is_kept = isinstance(statement, statements.Command) and bool(
                (statement.keeps_query and statement.defines) or statement.function
            )
        if is_kept and references(statement.sql).relations:
            raise unsupported(
                "A view, materialized view, streaming table or function that reads information_schema, "
                "system.query.history or event_log"
            )

    def answer(self, sql: str, session: Session) -> ResultSet | None:
        """The rows of a query of these alone, where SQLite knows how to find them; else None.

        Raises:
            SqlError: it names a relation or catalog that does not exist.
        """
        found = references(sql).relations
        if not found or any(each.is_event_log for each in found):
            return None
        try:
            tree = parse_one(sql, read="databricks")
        except SqlglotError:
            return None
        if not isinstance(tree, exp.Query) or len(used_tables(tree)) != len(found):
            return None
        if all(each.is_history for each in found):
            return query_history.answer(tree, self._history)
        if any(each.is_history for each in found):
            return None
        return self._information_schema.answer(tree, session)

    @contextmanager
    def named(self, sql: str, statement: statements.Statement, session: Session) -> Iterator[str]:
        """The statement with temporary views in their place.

        They are there until the block ends; those that a temporary view reads, as long as the session.

        Args:
            sql: the statement as it came.
            statement: what it is.
            session: whose it is.

        Raises:
            SqlError: it names one that does not exist.
        """
        views = OwnViews(session.spark)
        try:
            yield self._named(sql, statement, session, views)
        finally:
            if not (isinstance(statement, statements.Command) and statement.keeps_query):
                views.drop()

    def _named(self, sql: str, statement: statements.Statement, session: Session, views: OwnViews) -> str:
        found = _read_by(sql, statement)
        changes = [(start, end, "") for start, end in found.prefixes] if found.relations else []
        for each in found.relations:
            rows = self._rows(each, session)
            view = views.put(session.spark.createDataFrame(rows.values, rows.schema))
            alias = f" as {quoted((each.alias,))}" if each.alias else ""
            changes.append((each.start, each.end, f"{view}{alias}"))
        return changed(sql, changes)

    def _rows(self, reference: MetadataReference, session: Session) -> Rows:
        if reference.is_event_log:
            return event_log.rows(reference.name, self._catalog, session)
        if reference.is_history:
            return query_history.rows(self._history)
        return self._information_schema.rows(reference.name, session)


def _read_by(sql: str, statement: statements.Statement) -> MetadataReferences:
    found = references(sql)
    if isinstance(statement, statements.Describe):  # the information schema's are described by the records
        return MetadataReferences(tuple(each for each in found.relations if each.is_history))
    if not isinstance(statement, _READERS):
        return MetadataReferences()
    if isinstance(statement, statements.Command):
        touched = {*statement.defines, *([statement.writes] if statement.writes else [])}
        changed_names = {tuple(part.lower() for part in each) for each in touched}
        kept = tuple(each for each in found.relations if each.name not in changed_names)
        return MetadataReferences(kept, found.prefixes)
    return found
