"""Materialized views: a Delta table that holds the rows, the recorded query, and an atomic refresh."""

from __future__ import annotations

from contextlib import nullcontext

from pyspark.sql import SparkSession

from emulators.warehouse.catalog import delta_log
from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.kinds import MATERIALIZED_VIEW
from emulators.warehouse.catalog.locations import local_path
from emulators.warehouse.catalog.records.derived import MaterializedView
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.clock import now
from emulators.warehouse.errors import SqlError, table_not_found
from emulators.warehouse.files.read_files import FileRelations
from emulators.warehouse.relations.kept_queries import (
    definition_of,
    is_to_be_made,
    select_of,
    session_of,
    table_clauses,
)
from emulators.warehouse.relations.refreshes import attempt
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.spark.tuning import Tuning
from emulators.warehouse.sql.quoting import quoted
from emulators.warehouse.sql.statements import (
    AlterSchedule,
    CreateMaterializedView,
    DropMaterializedView,
    DropView,
    Name,
)


class MaterializedViews:
    """Creates, refreshes and drops materialized views. A refresh computes all rows anew."""

    def __init__(self, catalog: Catalog, tuning: Tuning, files: FileRelations) -> None:
        self._catalog = catalog
        self._files = files
        self._tuning = tuning
        self._records = catalog.records

    def create(self, statement: CreateMaterializedView, session: Session) -> bool:
        """Carry out `CREATE [OR REPLACE] MATERIALIZED VIEW`; readers see the old rows until the end.

        Returns:
            Whether it was made; False when one is there and that is to be so.

        Raises:
            SqlError: the name is taken, or the query fails.
        """
        schema, name = self._catalog.resolve(statement.name, session)
        existing = self._records.relations.get(schema, name)
        if not is_to_be_made(statement, MATERIALIZED_VIEW, existing, quoted((schema, name))):
            return False
        view = definition_of(statement, schema, name, session)
        target = quoted((self._catalog.name, schema, name))
        clauses = table_clauses(statement)
        self._tuning.prepare(session)
        with (
            attempt(self._records, schema, name) if existing else nullcontext(now()) as started,
            self._files.named(select_of(view), session.spark) as query,
        ):
            session.spark.sql(f"create or replace table {target} using delta {clauses} as {query}")
        with self._records.transaction():
            self._catalog.sync.relation(schema, name, is_new=True)
            self._records.relations.put_definition(schema, name, MATERIALIZED_VIEW, statement.query)
            self._records.derived.put(view)
            for column in statement.columns:
                if column.comment is not None:
                    self._records.columns.put_comment(schema, name, column.name, column.comment)
            self._records.derived.put_refresh(schema, name, started, self._rows_written(schema, name), None)
        return True

    def refresh(self, name: Name, session: Session) -> None:
        """Compute all rows anew and put them in place of the old ones in one commit.

        Raises:
            SqlError: there is no such view, or the query fails; the old rows are then still there.
        """
        view = self._get(name, session)
        with attempt(self._records, view.schema, view.name) as started:
            self._overwrite(view, session_of(view, session, self._records, self._tuning))
        with self._records.transaction():
            self._catalog.sync.relation(view.schema, view.name, is_new=False)
            rows = self._rows_written(view.schema, view.name)
            self._records.derived.put_refresh(view.schema, view.name, started, rows, None)

    def _rows_written(self, schema: str, name: str) -> int | None:
        """Rows of the last commit, which a refresh made."""
        relation = self._records.relations.get(schema, name)
        folder = local_path(relation.location) if relation else None
        if relation is None or folder is None or relation.delta_version is None:
            return None
        return delta_log.inserted_rows(folder, relation.delta_version - 1)

    def drop(self, statement: DropMaterializedView | DropView, session: Session) -> None:
        """Drop a materialized view and its rows.

        Raises:
            SqlError: there is none of this name, or it is another kind of relation.
        """
        schema, name = self._catalog.resolve(statement.name, session)
        existing = self._records.relations.get(schema, name)
        if existing is None:
            if statement.if_exists:
                return
            raise table_not_found(quoted((self._catalog.name, schema, name)))
        require(existing)
        session.spark.sql(f"drop table if exists {quoted((self._catalog.name, schema, name))}")
        self._catalog.sync.relation(schema, name, is_new=True)

    def alter_schedule(self, statement: AlterSchedule, session: Session) -> None:
        """Record a schedule of a materialized view or streaming table: it is shown, never run.

        Raises:
            SqlError: there is none of this name.
        """
        relation = self._catalog.get(statement.name, session)
        if self._records.derived.get(relation.schema, relation.name) is None:
            require(relation)
        self._records.derived.set_schedule(relation.schema, relation.name, statement.schedule)

    def _get(self, name: Name, session: Session) -> MaterializedView:
        require(self._catalog.get(name, session))
        view = self._records.derived.get(*self._catalog.resolve(name, session))
        if view is None:
            raise table_not_found(quoted(name))
        return view

    def _overwrite(self, view: MaterializedView, spark: SparkSession) -> None:
        target = quoted((self._catalog.name, view.schema, view.name))
        with self._files.named(select_of(view), spark) as query:
            spark.sql(f"insert overwrite table {target} {query}")


def require(relation: Relation) -> None:
    """Refuse a relation that is not a materialized view.

    Raises:
        SqlError: `EXPECT_MATERIALIZED_VIEW`.
    """
    if relation.type != MATERIALIZED_VIEW:
        name = quoted((relation.schema, relation.name))
        raise SqlError(
            "EXPECT_MATERIALIZED_VIEW_NOT_TABLE"
            if "VIEW" not in relation.type
            else "EXPECT_MATERIALIZED_VIEW_NOT_VIEW",
            f"{name} is not a materialized view.",
            "42809",
        )
