"""Materialized views: a Delta table that holds the rows, the recorded query, and an atomic refresh."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from pyspark.sql import SparkSession

from emulators.warehouse.catalog import delta_log
from emulators.warehouse.catalog.catalog import Catalog, local_path
from emulators.warehouse.catalog.kinds import MATERIALIZED_VIEW
from emulators.warehouse.catalog.records.derived import MaterializedView
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.clock import now
from emulators.warehouse.errors import SqlError, table_not_found
from emulators.warehouse.files.read_files import FileRelations
from emulators.warehouse.relations.refreshes import attempt
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.spark.tuning import Tuning
from emulators.warehouse.sql.quoting import assigned, listed, literal, quoted
from emulators.warehouse.sql.statements import (
    AlterSchedule,
    ColumnSpec,
    CreateMaterialized,
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
        existing = self._records.relation(schema, name)
        if existing and existing.type == MATERIALIZED_VIEW and statement.if_not_exists:
            return False
        if existing and (existing.type != MATERIALIZED_VIEW or not statement.replace):
            raise already_exists(schema, name)
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
            self._catalog.sync_relation(schema, name, is_new=True)
            self._records.put_definition(schema, name, MATERIALIZED_VIEW, statement.query)
            self._records.put_materialized_view(view)
            for column in statement.columns:
                if column.comment is not None:
                    self._records.put_comment(schema, name, column.name, column.comment)
            self._records.put_refresh(schema, name, started, self._rows_written(schema, name), None)
        return True

    def refresh(self, name: Name, session: Session) -> None:
        """Compute all rows anew and put them in place of the old ones in one commit.

        Raises:
            SqlError: there is no such view, or the query fails; the old rows are then still there.
        """
        view = self._get(name, session)
        with attempt(self._records, view.schema, view.name) as started:
            self._overwrite(view, session.spark.newSession())
        with self._records.transaction():
            self._catalog.sync_relation(view.schema, view.name, is_new=False)
            rows = self._rows_written(view.schema, view.name)
            self._records.put_refresh(view.schema, view.name, started, rows, None)

    def _rows_written(self, schema: str, name: str) -> int | None:
        """Rows of the last commit, which a refresh made."""
        relation = self._records.relation(schema, name)
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
        existing = self._records.relation(schema, name)
        if existing is None:
            if statement.if_exists:
                return
            raise table_not_found(quoted((self._catalog.name, schema, name)))
        require(existing)
        session.spark.sql(f"drop table if exists {quoted((self._catalog.name, schema, name))}")
        self._catalog.sync_relation(schema, name, is_new=True)

    def alter_schedule(self, statement: AlterSchedule, session: Session) -> None:
        """Record a schedule of a materialized view or streaming table: it is shown, never run.

        Raises:
            SqlError: there is none of this name.
        """
        relation = self._catalog.get(statement.name, session)
        if self._records.materialized_view(relation.schema, relation.name) is None:
            require(relation)
        self._records.set_schedule(relation.schema, relation.name, statement.schedule)

    def _get(self, name: Name, session: Session) -> MaterializedView:
        require(self._catalog.get(name, session))
        view = self._records.materialized_view(*self._catalog.resolve(name, session))
        if view is None:
            raise table_not_found(quoted(name))
        return view

    def _overwrite(self, view: MaterializedView, spark: SparkSession) -> None:
        if self._records.has_schema(view.current_schema):
            spark.sql(f"use {quoted((view.current_schema,))}")
        self._tuning.apply(spark, is_set_for_large=False)
        target = quoted((self._catalog.name, view.schema, view.name))
        with self._files.named(select_of(view), spark) as query:
            spark.sql(f"insert overwrite table {target} {query}")


def definition_of(
    statement: CreateMaterialized, schema: str, name: str, session: Session
) -> MaterializedView:
    """What is recorded of a CREATE."""
    return MaterializedView(
        schema,
        name,
        statement.query,
        select_list(statement.columns),
        session.schema,
        statement.schedule,
        None,
    )


def table_clauses(statement: CreateMaterialized) -> str:
    """The clauses of a CREATE that its table has too."""
    clauses = [statement.layout]
    if statement.comment is not None:
        clauses.append(f"comment {literal(statement.comment)}")
    if statement.properties:
        clauses.append(f"tblproperties ({assigned(statement.properties)})")
    return " ".join(clauses)


def already_exists(schema: str, name: str) -> SqlError:
    """The error of a CREATE whose name is taken."""
    return SqlError(
        "TABLE_OR_VIEW_ALREADY_EXISTS",
        f"Cannot create table or view {quoted((schema, name))} because it already exists. "
        "Choose a different name, drop or replace the existing object.",
        "42P07",
    )


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


def select_list(columns: Sequence[ColumnSpec]) -> str:
    """What is selected from the view's query: its columns under their declared names and types.

    A column declared NOT NULL fails the refresh when the query yields a null.
    """
    if not columns:
        return "*"
    selected = []
    for each in columns:
        name = quoted((each.name,))
        value = f"cast({name} as {each.type})" if each.type else name
        if not each.is_nullable:
            text = literal(f"NOT NULL constraint violated for column: {each.name}.")
            value = f"coalesce({value}, raise_error({text}))"
        selected.append(f"{value} as {name}")
    names = listed(each.name for each in columns)
    return f"{', '.join(selected)}\n{names}"


def select_of(view: MaterializedView) -> str:
    """The query, its columns under their declared names and types."""
    selected, _, names = view.select_list.partition("\n")
    if selected == "*":
        return view.query
    return f"select {selected} from (\n{view.query}\n) as materialized ({names})"  # noqa: S608 - SQL is its job
