"""Carries out statements: Databricks' own forms here, everything else in Spark."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as t

from emulators.warehouse.catalog import delta_log
from emulators.warehouse.catalog.catalog import Catalog, local_path
from emulators.warehouse.catalog.kinds import MATERIALIZED_VIEW, METRIC_VIEW, STREAMING_TABLE
from emulators.warehouse.catalog.object_names import check_new_relation, check_new_schema
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.describing import event_log
from emulators.warehouse.describing.information_schema import InformationSchema
from emulators.warehouse.describing.listings import Listings
from emulators.warehouse.errors import SqlError, sql_error_from, unsupported
from emulators.warehouse.files.copy_into import Copies
from emulators.warehouse.files.read_files import FileRelations
from emulators.warehouse.files.volumes import Volumes
from emulators.warehouse.names import short_hash, shown, split
from emulators.warehouse.relations import conflicts, delta_table, insert_replace, merge_errors, shallow_clones
from emulators.warehouse.relations.grants import Grants
from emulators.warehouse.relations.keys import Keys
from emulators.warehouse.relations.materialized_views import MaterializedViews
from emulators.warehouse.relations.namespaces import Namespaces
from emulators.warehouse.relations.policies import Policies
from emulators.warehouse.relations.streaming_tables import StreamingTables, not_allowed
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import Column, ResultSet
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.spark.tuning import Tuning
from emulators.warehouse.sql import statements
from emulators.warehouse.sql.quoting import assigned, literal, quoted
from emulators.warehouse.sql.statements import Clauses, Name

_LAST_COMMIT = "spark.databricks.delta.lastCommitVersionInSession"
"""Where Delta says which version the last commit of a session made."""

ATTEMPTS = 10
"""How often a statement is tried while others replace a view it reads."""


class Engine:
    """Runs one statement at a time for a session; safe to use from any thread."""

    def __init__(self, spark: SparkSession, catalog: Catalog, volumes: Volumes) -> None:
        self._spark = spark
        self.catalog = catalog
        self._records = catalog.records
        self._information_schema = InformationSchema(catalog)
        self._tuning = Tuning(catalog)
        self._volumes = volumes
        self._files = FileRelations(catalog, volumes, spark)
        self._copies = Copies(catalog, volumes)
        self._views = MaterializedViews(catalog, self._tuning, self._files)
        self._streams = StreamingTables(catalog, self._tuning, self._files)
        self._policies = Policies(catalog)
        self._keys = Keys(catalog)
        self._namespaces = Namespaces(catalog)
        self._grants = Grants(catalog, volumes)
        self._locks = catalog.locks
        self._view_lock = threading.Lock()
        self._views_replaced = 0
        self._handlers: dict[type[statements.Statement], Callable[[Any, Session], ResultSet | None]] = {
            statements.MetadataQuery: lambda each, session: self._information_schema.query(each.sql, session),
            statements.EventLogQuery: lambda each, session: event_log.query(each, catalog, session),
            statements.DescribedQuery: self._query_described,
            statements.InsertReplace: self._insert_replace,
            statements.UseSchema: self._namespaces.use,
            statements.CreateCatalog: self._namespaces.create_catalog,
            statements.DropCatalog: self._drop_catalog,
            statements.DropSchema: self._drop_schema,
            statements.CommentOnCatalog: self._namespaces.comment_on_catalog,
            statements.SetNamespaceTags: self._namespaces.set_tags,
            statements.CreateMaterializedView: self._alone(partial(self._create_kept, self._views.create)),
            statements.CreateStreamingTable: self._alone(partial(self._create_kept, self._streams.create)),
            statements.RefreshMaterializedView: self._alone(
                lambda each, session: self._views.refresh(each.name, session)
            ),
            statements.RefreshStreamingTable: self._alone(self._streams.refresh),
            statements.DropMaterializedView: self._alone(self._views.drop),
            statements.DropView: self._alone(self._drop_view),
            statements.AlterSchedule: self._views.alter_schedule,
            statements.SetTags: self._set_tags,
            statements.Analyze: self._analyze,
            statements.CommentOn: self._comment_on,
            statements.AddKey: self._keys.add,
            statements.DropConstraint: self._keys.drop,
            statements.SetNotNull: self._set_not_null,
            statements.SetRowFilter: self._policies.set_row_filter,
            statements.SetMask: self._policies.set_mask,
            statements.ClusterByAuto: self._cluster_by_auto,
            statements.Grant: self._grants.change,
            statements.ShowGrants: self._grants.show,
            statements.SetOwner: self._grants.set_owner,
            statements.CreateVolume: volumes.create,
            statements.DropVolume: volumes.drop,
            statements.RenameVolume: volumes.rename,
            statements.CommentOnVolume: volumes.comment,
            statements.ShowVolumes: volumes.show,
            statements.DescribeVolume: volumes.describe,
            statements.TransferFile: volumes.transfer,
            statements.ListFiles: volumes.list_files,
            statements.CopyInto: self._copy_into,
            **Listings(catalog).handlers(),
        }

    def _alone(self, carry_out: Callable[[Any, Session], None]) -> Callable[[Any, Session], None]:
        """What carries out a statement about one relation, while nobody else makes, refreshes or drops it."""

        def run(statement: Any, session: Session) -> None:
            with self._locks.held(self.catalog.resolve(statement.name, session)):
                carry_out(statement, session)

        return run

    def execute(self, sql: str, session: Session, row_limit: int | None = None) -> ResultSet:
        """Run a statement to its end and take its rows.

        Args:
            sql: one statement.
            session: whose it is.
            row_limit: at most so many rows of a query.

        Raises:
            SqlError: a Databricks-only form fails; Spark's own errors come as Spark raises them.
        """
        for _ in range(ATTEMPTS - 1):
            replaced = self._views_replaced
            try:
                return self._execute(sql, session, row_limit)
            except Exception as error:
                if sql_error_from(error).error_class != "TABLE_OR_VIEW_NOT_FOUND":
                    raise
                with self._view_lock:  # a view that is being replaced is there again
                    if self._views_replaced == replaced:
                        raise
        return self._execute(sql, session, row_limit)

    def _execute(self, sql: str, session: Session, row_limit: int | None) -> ResultSet:
        self._enter_schema(session)
        sql = self.catalog.translation.translate(sql, session.catalog, split(session.schema)[1])
        statement = statements.recognise(sql)
        if isinstance(statement, statements.CreateMaterialized):
            return self._carry_out(statement, session, row_limit)  # its query is read at every refresh
        command = statement if isinstance(statement, statements.Command) else statements.Command(sql)
        with self._files.named(sql, session.spark, command.keeps_query) as named:
            if named != sql:
                if command.function:
                    raise unsupported("A function that reads files")
                statement = statements.recognise(named)
            return self._carry_out(statement, session, row_limit)

    def _carry_out(
        self, statement: statements.Statement, session: Session, row_limit: int | None
    ) -> ResultSet:
        handler = self._handlers.get(type(statement))
        if handler:
            return handler(statement, session) or result_set.empty()
        self._tuning.prepare(session)
        if isinstance(statement, statements.Query):
            frame = session.spark.sql(statement.sql)
            return result_set.from_dataframe(_named_as_written(frame, statement.sql), row_limit)
        return self._command(statement, session)

    def _command(self, statement: statements.Statement, session: Session) -> ResultSet:
        if not isinstance(statement, statements.Command):
            raise TypeError(f"{type(statement).__name__} has no handler")
        names = [*statement.defines, *([statement.renamed_to] if statement.renamed_to else [])]
        relations = [self.catalog.resolve(each, session) for each in names]
        with self._locks.held(*relations), self._leaving_no_folder(relations if statement.replaces else []):
            return self._run_command(statement, session)

    @contextmanager
    def _leaving_no_folder(self, relations: Sequence[tuple[str, str]]) -> Iterator[None]:
        """Take away what a CREATE that fails has written: Delta would refuse the next one of the name."""
        try:
            yield
        except BaseException:
            for each in relations:
                self.catalog.clear(*each)
            raise

    def _run_command(self, statement: statements.Command, session: Session) -> ResultSet:
        touched = (*statement.defines, *([statement.writes] if statement.writes else []))
        for name in touched:
            self._refuse_materialized(name, statement, session)
        self._check_new_names(statement, session)
        self._policies.check(statement.clauses, session)
        written = self.catalog.find(statement.writes, session) if statement.writes else None
        is_there = [
            self._records.relation(*self.catalog.resolve(each, session)) for each in statement.defines
        ]
        if statement.is_view:
            result = self._create_view(statement, is_there[0], session)
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
        if statement.schema:
            self.catalog.sync_schema(statement.schema[-1].lower())
        for name in statement.defines:
            schema, relation = self.catalog.resolve(name, session)
            if statement.renamed_column:
                self._records.rename_column(schema, relation, *statement.renamed_column)
            if statement.is_new_query:
                self._records.drop_comments(schema, relation)
            self.catalog.sync_relation(schema, relation, is_new=statement.replaces)
        if statement.defines:
            where = self.catalog.resolve(statement.defines[0], session)
            self._carry_out_clauses(where, statement.clauses, is_there[0] is None, session)
            if statement.is_clone:
                self._records.put_type(
                    *where, f"{self.catalog.get(where, session).type}{shallow_clones.CLONE_TYPE}"
                )
        if statement.function:
            where = self.catalog.resolve(statement.function, session)
            if statement.is_drop:
                self._records.drop_function(*where)
            else:
                self._records.put_function(*where, statement.sql, session.schema)
        return result

    def _check_new_names(self, statement: statements.Command, session: Session) -> None:
        """Refuse names that the catalog of what is made does not allow."""
        if statement.is_drop:
            return
        names = [*(statement.defines if statement.replaces else ()), statement.renamed_to, statement.function]
        for each in filter(None, names):
            check_new_relation(*self.catalog.resolve(each, session))
        if statement.schema and statement.replaces:
            check_new_schema(statement.schema[-1])

    def _create_view(
        self, statement: statements.Command, old: Relation | None, session: Session
    ) -> ResultSet:
        """Create or replace a view, one at a time: Spark drops the old one before it creates the new one."""
        with self._view_lock:
            try:
                if not statement.replaces and (old is None or old.type != METRIC_VIEW):
                    raise _not_a_metric_view(statement.defines[0])
                if old and old.type == METRIC_VIEW:
                    return self._replace_metric_view(statement, old, session)
                return result_set.from_command(session.spark.sql(statement.sql))
            finally:
                self._views_replaced += 1

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

    def _rename(self, name: Name, new_name: Name, session: Session) -> None:
        old, new = self.catalog.resolve(name, session), self.catalog.resolve(new_name, session)
        with self._records.transaction():
            known = self._records.relation(*old)
            self._records.rename_relation(*old, *new)
            self.catalog.sync_relation(*old, is_new=True)
            self.catalog.sync_relation(*new, is_new=False)
            if known and known.is_auto_clustered:
                self._records.set_auto_clustered(*new, True)

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
            return self._records.has_function(*self.catalog.resolve(statement.function, session))
        return all(is_there)

    def _carry_out_clauses(
        self, where: tuple[str, str], clauses: Clauses, is_new: bool, session: Session
    ) -> None:
        """Do what a CREATE says beyond Delta's; a relation that was not there before goes if it fails."""
        target = quoted((self.catalog.name, *where))
        try:
            for check in clauses.checks:
                name = quoted((check.name or f"chk_{short_hash(check)}",))
                session.spark.sql(f"alter table {target} add constraint {name} check ({check.condition})")
            # A foreign key may lead to a key of its own table.
            for key in sorted(clauses.keys, key=lambda each: each.kind == "FOREIGN KEY"):
                self._keys.put(*where, key, session)
            self._policies.record(*where, clauses, session)
        except Exception:
            if is_new:
                session.spark.sql(f"drop table if exists {target}")
                self.catalog.sync_relation(*where, is_new=True)
            raise
        if clauses.checks:
            self.catalog.sync_relation(*where, is_new=False)
        if clauses.is_auto_clustered is not None:
            self._records.set_auto_clustered(*where, clauses.is_auto_clustered)

    def _refuse_materialized(self, name: Name, statement: statements.Command, session: Session) -> None:
        """Refuse what may not be done to a materialized view or streaming table."""
        found = self._records.relation(*self.catalog.resolve(name, session))
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
        schema = statement.schema[-1].lower() if statement.schema else ""
        if self._records.volumes(schema) and not statement.is_cascade:
            raise SqlError(
                "SCHEMA_NOT_EMPTY",
                f"Cannot drop a schema {quoted(split(schema))} because it contains objects. Use DROP SCHEMA "
                "... CASCADE to drop the schema and all its objects.",
                "2BP01",
            )
        result = self._command(statement, session)
        self._volumes.drop_orphans()
        return result

    def _drop_catalog(self, statement: statements.DropCatalog, session: Session) -> None:
        self._namespaces.drop_catalog(statement, session)
        self._volumes.drop_orphans()

    def _copy_into(self, statement: statements.CopyInto, session: Session) -> ResultSet:
        self._refuse_materialized(statement.name, statements.Command(statement.sql), session)
        self._tuning.prepare(session)
        return self._copies.run(statement, session)

    def _insert_replace(self, statement: statements.InsertReplace, session: Session) -> ResultSet:
        self._refuse_materialized(statement.name, statements.Command(statement.sql), session)
        relation = self.catalog.get(statement.name, session)
        self._tuning.prepare(session)
        columns = [each.name for each in self._records.columns(relation.schema, relation.name)]
        source = session.spark.sql(f"{statement.head}{statement.query}").columns
        target = quoted((self.catalog.name, relation.schema, relation.name))
        merge = insert_replace.merge_of(statement, target, columns, source)
        changed = conflicts.carried_out(lambda: session.spark.sql(merge), relation)
        return _inserted_rows(changed.collect()[0]["num_inserted_rows"])

    def _query_described(self, statement: statements.DescribedQuery, session: Session) -> ResultSet:
        """Put the rows of each description in its place, as a temporary view."""
        sql, views = statement.sql, []
        for start, end in reversed(statement.described):
            views.append(f"__described_{uuid.uuid4().hex}")
            text = self.catalog.translation.translate(
                sql[start:end], session.catalog, split(session.schema)[1]
            )
            session.spark.sql(text).createOrReplaceTempView(views[-1])
            sql = f"{sql[:start]}table {views[-1]}{sql[end:]}"
        try:
            return result_set.from_dataframe(session.spark.sql(sql))
        finally:
            for each in views:
                session.spark.catalog.dropTempView(each)

    def _enter_schema(self, session: Session) -> None:
        """Go to the session's first schema as soon as it exists."""
        if not session.has_entered and self._records.has_schema(session.schema):
            session.spark.sql(f"use {quoted((session.schema,))}")
            session.has_entered = True

    def _drop_view(self, statement: statements.DropView, session: Session) -> None:
        schema, name = self.catalog.resolve(statement.name, session)
        found = self._records.relation(schema, name)
        if found and found.type == MATERIALIZED_VIEW:
            self._views.drop(statement, session)
        else:
            session.spark.sql(statement.sql)
            self.catalog.sync_relation(schema, name, is_new=True)

    def _create_kept(
        self,
        create: Callable[[Any, Session], bool],
        statement: statements.CreateMaterialized,
        session: Session,
    ) -> None:
        """Create a materialized view or streaming table."""
        self._policies.check(statement.clauses, session)
        where = self.catalog.resolve(statement.name, session)
        check_new_relation(*where)
        is_new = self._records.relation(*where) is None
        with self._leaving_no_folder([where]):
            if create(statement, session):
                self._carry_out_clauses(where, statement.clauses, is_new, session)

    def _set_tags(self, statement: statements.SetTags, session: Session) -> None:
        relation = self.catalog.get(statement.name, session)
        if statement.column:
            self.catalog.check_column(relation.schema, relation.name, statement.column)
        self._records.put_tags(relation.schema, relation.name, statement.column, statement.tags)

    def _analyze(self, statement: statements.Analyze, session: Session) -> None:
        """Check what is named: Delta keeps statistics as it writes, and there are no others."""
        if statement.is_schema:
            self.catalog.resolve_schema(statement.name, session)
            return
        relation = self.catalog.get(statement.name, session)
        for column in statement.columns:
            self.catalog.check_column(relation.schema, relation.name, column)

    def _comment_on(self, statement: statements.CommentOn, session: Session) -> None:
        if statement.kind == "COLUMN":
            relation = self.catalog.get(statement.name[:-1], session)
            self.catalog.check_column(relation.schema, relation.name, statement.name[-1])
            self._records.put_comment(relation.schema, relation.name, statement.name[-1], statement.comment)
            return
        if statement.kind in ("SCHEMA", "DATABASE"):
            session.spark.sql(statement.sql)
            self.catalog.sync_schema(statement.name[-1].lower())
            return
        relation = self.catalog.get(statement.name, session)
        if (relation.comment or None) == (statement.comment or None):
            return  # a table gets no new version for a comment that it has
        where = (relation.schema, relation.name)
        target = quoted((self.catalog.name, *where))
        text = literal(statement.comment) if statement.comment is not None else "null"
        with self._locks.held(where):
            if relation.type in ("VIEW", METRIC_VIEW):
                session.spark.sql(f"alter view {target} set tblproperties ('comment' = {text})")
            else:
                session.spark.sql(f"comment on table {target} is {text}")
            self.catalog.sync_relation(*where, is_new=False)

    def _set_not_null(self, statement: statements.SetNotNull, session: Session) -> None:
        relation = self.catalog.get(statement.name, session)
        self.catalog.check_column(relation.schema, relation.name, statement.column)
        if statement.is_set:
            delta_table.set_not_null(session.spark, (relation.schema, relation.name), statement.column)
        else:
            target = quoted((self.catalog.name, relation.schema, relation.name))
            session.spark.sql(
                f"alter table {target} alter column {quoted((statement.column,))} drop not null"
            )
        self.catalog.sync_relation(relation.schema, relation.name, is_new=False)

    def _cluster_by_auto(self, statement: statements.ClusterByAuto, session: Session) -> None:
        relation = self.catalog.get(statement.name, session)
        self._records.set_auto_clustered(relation.schema, relation.name, True)


def _named_as_written(frame: DataFrame, sql: str) -> DataFrame:
    """Rows whose columns Spark has named after expressions, with the client's names in these."""
    if shown(sql) == sql:
        return frame
    names = [shown(each) for each in frame.columns]
    return frame.toDF(*names) if names != frame.columns else frame


def _inserted_rows(count: int) -> ResultSet:
    columns = [Column(each, t.LongType()) for each in (result_set.AFFECTED_ROWS, "num_inserted_rows")]
    return result_set.from_rows(columns, [(count, count)])


def _not_a_metric_view(name: Name) -> SqlError:
    return SqlError("EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE", f"{quoted(name)} is not a metric view.", "42809")
