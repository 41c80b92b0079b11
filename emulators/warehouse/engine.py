"""Carries out statements: Databricks' own forms by their features, everything else in Spark."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.describing import described_queries
from emulators.warehouse.describing.listings import Listings
from emulators.warehouse.describing.metadata_relations import MetadataRelations
from emulators.warehouse.errors import unsupported
from emulators.warehouse.files.read_files import FileRelations
from emulators.warehouse.files.volumes import Volumes
from emulators.warehouse.names import shown, split
from emulators.warehouse.relations.alterations import Alterations
from emulators.warehouse.relations.clauses import CreateClauses
from emulators.warehouse.relations.commands import Commands
from emulators.warehouse.relations.derived import DerivedRelations
from emulators.warehouse.relations.dynamic import Dynamic
from emulators.warehouse.relations.grants import Grants
from emulators.warehouse.relations.keys import Keys
from emulators.warehouse.relations.namespaces import Namespaces
from emulators.warehouse.relations.policies import Policies
from emulators.warehouse.relations.views import Views
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import ResultSet
from emulators.warehouse.sessions.handlers import Handlers
from emulators.warehouse.sessions.history import History
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.spark.tuning import Tuning
from emulators.warehouse.sql import json_paths, statements
from emulators.warehouse.sql.quoting import quoted


class Engine:
    """Runs one statement at a time for a session; safe to use from any thread."""

    def __init__(self, spark: SparkSession, catalog: Catalog, volumes: Volumes, history: History) -> None:
        self.catalog = catalog
        self._tuning = Tuning(catalog)
        self._files = FileRelations(catalog, volumes, spark)
        self._views = Views()
        self._metadata = MetadataRelations(catalog, history)
        locks = catalog.locks
        keys, policies = Keys(catalog), Policies(catalog)
        clauses = CreateClauses(catalog, keys, policies)
        commands = Commands(catalog, locks, self._tuning, self._views, clauses, volumes)
        self._dynamic = Dynamic(catalog, commands, self._files, self._metadata, self._execute)
        self._handlers: Handlers = {
            statements.Query: self._query,
            statements.DescribedQuery: lambda each, session: described_queries.query(each, catalog, session),
            **commands.handlers(),
            **DerivedRelations(catalog, self._tuning, self._files, clauses, locks).handlers(),
            **Alterations(catalog, locks).handlers(),
            **keys.handlers(),
            **policies.handlers(),
            **Namespaces(catalog, volumes).handlers(),
            **Grants(catalog, volumes).handlers(),
            **volumes.handlers(),
            **Listings(catalog).handlers(),
        }

    def execute(self, sql: str, session: Session, row_limit: int | None = None) -> ResultSet:
        """Run a statement to its end and take its rows.

        Args:
            sql: one statement.
            session: whose it is.
            row_limit: at most so many rows of a query.

        Raises:
            SqlError: a Databricks-only form fails; Spark's own errors come as Spark raises them.
        """
        return self._views.read_again(lambda: self._execute(sql, session, row_limit))

    def _execute(self, sql: str, session: Session, row_limit: int | None) -> ResultSet:
        self._enter_schema(session)
        if dynamic := statements.dynamic(sql):
            return self._dynamic.carry_out(dynamic, session, row_limit)
        sql = json_paths.rewritten(sql)
        sql = self.catalog.translation.translate(sql, session.catalog, split(session.schema)[1])
        statement = statements.recognise(sql)
        self._metadata.check(statement)
        if isinstance(statement, statements.CreateMaterialized):
            return self._carry_out(statement, session)  # its query is read at every refresh
        if isinstance(statement, statements.Query) and (found := self._metadata.answer(sql, session)):
            return found
        command = statement if isinstance(statement, statements.Command) else statements.Command(sql)
        with (
            self._metadata.named(sql, statement, session) as with_views,
            self._files.named(with_views, session.spark, command.keeps_query) as named,
        ):
            if named != sql:
                if command.function:
                    raise unsupported("A function that reads files")
                statement = statements.recognise(named)
            return self._carry_out(statement, session, row_limit)

    def _carry_out(
        self, statement: statements.Statement, session: Session, row_limit: int | None = None
    ) -> ResultSet:
        if row_limit is not None and isinstance(statement, statements.Query):
            return self._query(statement, session, row_limit)
        return self._handlers[type(statement)](statement, session) or result_set.empty()

    def _query(
        self, statement: statements.Query, session: Session, row_limit: int | None = None
    ) -> ResultSet:
        self._tuning.prepare(session)
        frame = session.spark.sql(statement.sql)
        return result_set.from_dataframe(_named_as_written(frame, statement.sql), row_limit)

    def _enter_schema(self, session: Session) -> None:
        """Go to the session's first schema as soon as it exists."""
        if not session.has_entered and self.catalog.records.schemas.has(session.schema):
            session.spark.sql(f"use {quoted((session.schema,))}")
            session.has_entered = True


def _named_as_written(frame: DataFrame, sql: str) -> DataFrame:
    """Rows whose columns Spark has named after expressions, with the client's names in these."""
    if shown(sql) == sql:
        return frame
    names = [shown(each) for each in frame.columns]
    return frame.toDF(*names) if names != frame.columns else frame
