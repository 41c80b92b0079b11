"""Statements that Spark carries out, with what the records have to learn of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial

from pyspark.sql import types as t

from emulators.warehouse.catalog import delta_log
from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.kinds import MATERIALIZED_VIEW, STREAMING_TABLE
from emulators.warehouse.catalog.locations import local_path
from emulators.warehouse.catalog.locks import RelationLocks
from emulators.warehouse.catalog.object_names import check_new_relation, check_new_schema
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.errors import SqlError
from emulators.warehouse.files.copy_into import Copies
from emulators.warehouse.files.volumes import Volumes
from emulators.warehouse.names import split
from emulators.warehouse.relations import conflicts, insert_replace, merge_errors, shallow_clones
from emulators.warehouse.relations.clauses import CreateClauses
from emulators.warehouse.relations.streaming_tables import not_allowed
from emulators.warehouse.relations.views import Views
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import Column, ResultSet
from emulators.warehouse.sessions.handlers import Handlers
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.spark.tuning import Tuning
from emulators.warehouse.sql import statements
from emulators.warehouse.sql.quoting import quoted
from emulators.warehouse.sql.statements import Name

_LAST_COMMIT = "spark.databricks.delta.lastCommitVersionInSession"
"""Where Delta says which version the last commit of a session made."""


class Commands:
    """Carries out what Spark knows how to, and keeps the records in step."""

    def __init__(
        self,
        catalog: Catalog,
        locks: RelationLocks,
        tuning: Tuning,
        views: Views,
        clauses: CreateClauses,
        volumes: Volumes,
    ) -> None:
        self._catalog = catalog
        self._records = catalog.records
        self._locks = locks
        self._tuning = tuning
        self._views = views
        self._clauses = clauses
        self._volumes = volumes
        self._copies = Copies(catalog, volumes)

    def handlers(self) -> Handlers:
        """What carries out each of the statements."""
        return {
            statements.Command: self.run,
            statements.DropSchema: self._drop_schema,
            statements.InsertReplace: self._insert_replace,
            statements.CopyInto: self._copy_into,
        }

    def run(self, statement: statements.Command, session: Session) -> ResultSet:
        """Carry out a statement of Spark's.

        Raises:
            SqlError: it may not be done to a relation of this kind; errors of Spark come as they are.
        """
        self._tuning.prepare(session)
        names = [*statement.defines, *([statement.renamed_to] if statement.renamed_to else [])]
        relations = [self._catalog.resolve(each, session) for each in names]
        with (
            self._locks.held(*relations),
            self._clauses.leaving_no_folder(relations if statement.replaces else []),
        ):
            return self._run_command(statement, session)

    def check(self, statement: statements.Command, session: Session) -> None:
        """Refuse what may not be done before any of it is.

        Raises:
            SqlError: a relation is of another kind, or a function of a clause does not exist.
        """
        for name in (*statement.defines, *([statement.writes] if statement.writes else [])):
            self._refuse_materialized(name, statement, session)
        if isinstance(statement, statements.DropSchema):
            self._check_volumes(statement)
        self._check_new_names(statement, session)
        self._clauses.check(statement.clauses, session)

    def _run_command(self, statement: statements.Command, session: Session) -> ResultSet:
        self.check(statement, session)
        written = self._catalog.find(statement.writes, session) if statement.writes else None
        is_there = [
            self._records.relations.get(*self._catalog.resolve(each, session)) for each in statement.defines
        ]
        if statement.is_view:
            result = self._views.create(statement, is_there[0], session)
        else:
            if statement.is_insert:
                session.spark.conf.unset(_LAST_COMMIT)
            run = partial(
                conflicts.carried_out, lambda: merge_errors.run(session.spark, statement.sql), written
            )
            if statement.is_clone:
                run = partial(shallow_clones.carried_out, run, is_there[0], session.spark)
            result = result_set.from_command(run())
        if statement.if_not_exists and self._was_there(statement, is_there, session):
            return result
        if statement.renamed_to:
            self._rename(statement.defines[0], statement.renamed_to, session)
            return result
        if written and statement.is_insert:
            result = self._inserted(written, session)
        if statement.is_unknown:
            self._catalog.sync.reconcile()
        if statement.schema:
            self._catalog.sync.schema(statement.schema[-1].lower())
        for name in statement.defines:
            schema, relation = self._catalog.resolve(name, session)
            if statement.renamed_column:
                self._records.columns.rename(schema, relation, *statement.renamed_column)
            if statement.is_new_query:
                self._records.columns.drop_comments(schema, relation)
            self._catalog.sync.relation(schema, relation, is_new=statement.replaces)
        if statement.defines:
            where = self._catalog.resolve(statement.defines[0], session)
            self._clauses.carry_out(where, statement.clauses, is_there[0] is None, session)
            if statement.is_clone:
                self._records.relations.put_type(
                    *where, f"{self._catalog.get(where, session).type}{shallow_clones.CLONE_TYPE}"
                )
        if statement.function:
            where = self._catalog.resolve(statement.function, session)
            if statement.is_drop:
                self._records.functions.drop(*where)
            else:
                self._records.functions.put(*where, statement.sql, session.schema)
        return result

    def _check_new_names(self, statement: statements.Command, session: Session) -> None:
        """Refuse names that the catalog of what is made does not allow."""
        if statement.is_drop:
            return
        names = [*(statement.defines if statement.replaces else ()), statement.renamed_to, statement.function]
        for each in filter(None, names):
            check_new_relation(*self._catalog.resolve(each, session))
        if statement.schema and statement.replaces:
            check_new_schema(statement.schema[-1])

    def _rename(self, name: Name, new_name: Name, session: Session) -> None:
        old, new = self._catalog.resolve(name, session), self._catalog.resolve(new_name, session)
        with self._records.transaction():
            known = self._records.relations.get(*old)
            self._records.relations.rename(*old, *new)
            self._catalog.sync.relation(*old, is_new=True)
            self._catalog.sync.relation(*new, is_new=False)
            if known and known.is_auto_clustered:
                self._records.relations.set_auto_clustered(*new, True)

    def _inserted(self, relation: Relation, session: Session) -> ResultSet:
        """The row counts that Databricks returns of an INSERT; Delta keeps them in its log alone."""
        folder = local_path(relation.location)
        version = session.spark.conf.get(_LAST_COMMIT, None)
        if folder is None or version is None:
            return result_set.empty()
        count = delta_log.inserted_rows(folder, int(version) - 1)
        if count is None:
            return result_set.empty()
        return _inserted_rows(count)

    def _was_there(
        self, statement: statements.Command, is_there: list[Relation | None], session: Session
    ) -> bool:
        if statement.function:
            return self._records.functions.has(*self._catalog.resolve(statement.function, session))
        return all(is_there)

    def _refuse_materialized(self, name: Name, statement: statements.Command, session: Session) -> None:
        """Refuse what may not be done to a materialized view or streaming table."""
        found = self._records.relations.get(*self._catalog.resolve(name, session))
        if found and found.type == MATERIALIZED_VIEW:
            raise SqlError(
                "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
                f"The statement expects a table or view but {quoted((found.schema, found.name))} is a "
                "materialized view.",
                "42809",
            )
        if found and found.type == STREAMING_TABLE and name in statement.defines and not statement.is_drop:
            raise not_allowed(
                "CREATE_OR_REPLACE" if statement.replaces else "INVALID_ALTER",
                f"use CREATE OR REFRESH STREAMING TABLE for {quoted((found.schema, found.name))}.",
            )

    def _drop_schema(self, statement: statements.DropSchema, session: Session) -> ResultSet:
        result = self.run(statement, session)
        self._volumes.drop_orphans()
        return result

    def _check_volumes(self, statement: statements.DropSchema) -> None:
        schema = statement.schema[-1].lower() if statement.schema else ""
        if self._records.volumes.all(schema) and not statement.is_cascade:
            raise SqlError(
                "SCHEMA_NOT_EMPTY",
                f"Cannot drop a schema {quoted(split(schema))} because it contains objects. Use DROP SCHEMA "
                "... CASCADE to drop the schema and all its objects.",
                "2BP01",
            )

    def run_script(self, sql: str, commands: Sequence[statements.Command], session: Session) -> ResultSet:
        """Carry out a compound statement.

        Args:
            sql: all of it, as Spark is to read it.
            commands: what is in it beside queries.
            session: whose it is.

        Raises:
            SqlError: as of `run`; what was done before an error stays done, and is recorded.
        """
        self._tuning.prepare(session)
        for each in commands:
            self.check(each, session)
        names = {name for each in commands for name in (*each.defines, each.renamed_to) if name}
        relations = [self._catalog.resolve(each, session) for each in names]
        alone = self._views.alone() if any(each.is_view for each in commands) else nullcontext()
        with self._locks.held(*relations), alone, self._clauses.leaving_no_folder(relations):
            try:
                return result_set.from_command(session.spark.sql(sql))
            finally:
                self._catalog.sync.reconcile()
                if any(isinstance(each, statements.DropSchema) for each in commands):
                    self._volumes.drop_orphans()

    def _copy_into(self, statement: statements.CopyInto, session: Session) -> ResultSet:
        self._refuse_materialized(statement.name, statements.Command(statement.sql), session)
        self._tuning.prepare(session)
        return self._copies.run(statement, session)

    def _insert_replace(self, statement: statements.InsertReplace, session: Session) -> ResultSet:
        self._refuse_materialized(statement.name, statements.Command(statement.sql), session)
        relation = self._catalog.get(statement.name, session)
        self._tuning.prepare(session)
        columns = [each.name for each in self._records.columns.of(relation.schema, relation.name)]
        source = session.spark.sql(f"{statement.head}{statement.query}").columns
        target = quoted((self._catalog.name, relation.schema, relation.name))
        merge = insert_replace.merge_of(statement, target, columns, source)
        changed = conflicts.carried_out(lambda: session.spark.sql(merge), relation)
        return _inserted_rows(changed.collect()[0]["num_inserted_rows"])


def _inserted_rows(count: int) -> ResultSet:
    columns = [Column(each, t.LongType()) for each in (result_set.AFFECTED_ROWS, "num_inserted_rows")]
    return result_set.from_rows(columns, [(count, count)])
