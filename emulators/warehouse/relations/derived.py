"""Statements about the relations that keep the rows of a query: materialized views and streaming tables."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.kinds import MATERIALIZED_VIEW
from emulators.warehouse.catalog.locks import RelationLocks
from emulators.warehouse.catalog.object_names import check_new_relation
from emulators.warehouse.files.read_files import FileRelations
from emulators.warehouse.relations.clauses import CreateClauses
from emulators.warehouse.relations.materialized_views import MaterializedViews
from emulators.warehouse.relations.streaming_tables import StreamingTables
from emulators.warehouse.results.result_set import ResultSet
from emulators.warehouse.sessions.handlers import Handler, Handlers
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.spark.tuning import Tuning
from emulators.warehouse.sql import statements


class DerivedRelations:
    """Creates, refreshes and drops them, one client at a time."""

    def __init__(
        self,
        catalog: Catalog,
        tuning: Tuning,
        files: FileRelations,
        clauses: CreateClauses,
        locks: RelationLocks,
    ) -> None:
        self._catalog = catalog
        self._records = catalog.records
        self._clauses = clauses
        self._locks = locks
        self._views = MaterializedViews(catalog, tuning, files)
        self._streams = StreamingTables(catalog, tuning, files)

    def handlers(self) -> Handlers:
        """What carries out each of the statements."""
        return {
            statements.CreateMaterializedView: self._alone(partial(self._create, self._views.create)),
            statements.CreateStreamingTable: self._alone(partial(self._create, self._streams.create)),
            statements.RefreshMaterializedView: self._alone(
                lambda each, session: self._views.refresh(each.name, session)
            ),
            statements.RefreshStreamingTable: self._alone(self._streams.refresh),
            statements.DropMaterializedView: self._alone(self._views.drop),
            statements.DropView: self._alone(self._drop_view),
            statements.AlterSchedule: self._views.alter_schedule,
        }

    def _alone(self, carry_out: Handler) -> Handler:
        """What carries out a statement about one relation, while nobody else makes, refreshes or drops it."""

        def run(statement: Any, session: Session) -> ResultSet | None:
            with self._locks.held(self._catalog.resolve(statement.name, session)):
                return carry_out(statement, session)

        return run

    def _create(
        self,
        create: Callable[[Any, Session], bool],
        statement: statements.CreateMaterialized,
        session: Session,
    ) -> None:
        self._clauses.check(statement.clauses, session)
        where = self._catalog.resolve(statement.name, session)
        check_new_relation(*where)
        is_new = self._records.relations.get(*where) is None
        with self._clauses.leaving_no_folder([where]):
            if create(statement, session):
                self._clauses.carry_out(where, statement.clauses, is_new, session)

    def _drop_view(self, statement: statements.DropView, session: Session) -> None:
        """Drop a view of any kind: DROP VIEW takes materialized views as well."""
        schema, name = self._catalog.resolve(statement.name, session)
        found = self._records.relations.get(schema, name)
        if found and found.type == MATERIALIZED_VIEW:
            self._views.drop(statement, session)
        else:
            session.spark.sql(statement.sql)
            self._catalog.sync.relation(schema, name, is_new=True)
