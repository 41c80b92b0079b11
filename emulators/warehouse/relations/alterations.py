"""Tags, comments, NOT NULL, automatic clustering and statistics of relations that are there."""

from __future__ import annotations

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.kinds import METRIC_VIEW
from emulators.warehouse.catalog.locks import RelationLocks
from emulators.warehouse.relations import delta_table
from emulators.warehouse.sessions.handlers import Handlers
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql import statements
from emulators.warehouse.sql.quoting import literal, quoted
from emulators.warehouse.sql.statements import SCHEMA_WORDS


class Alterations:
    """Carries out the forms of ALTER, COMMENT and ANALYZE that only Databricks has."""

    def __init__(self, catalog: Catalog, locks: RelationLocks) -> None:
        self._catalog = catalog
        self._records = catalog.records
        self._locks = locks

    def handlers(self) -> Handlers:
        """What carries out each of the statements."""
        return {
            statements.SetTags: self._set_tags,
            statements.Analyze: self._analyze,
            statements.CommentOn: self._comment_on,
            statements.SetNotNull: self._set_not_null,
            statements.ClusterByAuto: self._cluster_by_auto,
        }

    def _set_tags(self, statement: statements.SetTags, session: Session) -> None:
        relation = self._catalog.get(statement.name, session)
        if statement.column:
            self._catalog.check_column(relation.schema, relation.name, statement.column)
        self._records.tags.put(relation.schema, relation.name, statement.column, statement.tags)

    def _analyze(self, statement: statements.Analyze, session: Session) -> None:
        """Check what is named: Delta keeps statistics as it writes, and there are no others."""
        if statement.is_schema:
            self._catalog.resolve_schema(statement.name, session)
            return
        relation = self._catalog.get(statement.name, session)
        for column in statement.columns:
            self._catalog.check_column(relation.schema, relation.name, column)

    def _comment_on(self, statement: statements.CommentOn, session: Session) -> None:
        if statement.kind == "COLUMN":
            relation = self._catalog.get(statement.name[:-1], session)
            self._catalog.check_column(relation.schema, relation.name, statement.name[-1])
            self._records.columns.put_comment(
                relation.schema, relation.name, statement.name[-1], statement.comment
            )
            return
        if statement.kind in SCHEMA_WORDS:
            session.spark.sql(statement.sql)
            self._catalog.sync.schema(statement.name[-1].lower())
            return
        relation = self._catalog.get(statement.name, session)
        if (relation.comment or None) == (statement.comment or None):
            return  # a table gets no new version for a comment that it has
        where = (relation.schema, relation.name)
        target = quoted((self._catalog.name, *where))
        text = literal(statement.comment) if statement.comment is not None else "null"
        with self._locks.held(where):
            if relation.type in ("VIEW", METRIC_VIEW):
                session.spark.sql(f"alter view {target} set tblproperties ('comment' = {text})")
            else:
                session.spark.sql(f"comment on table {target} is {text}")
            self._catalog.sync.relation(*where, is_new=False)

    def _set_not_null(self, statement: statements.SetNotNull, session: Session) -> None:
        relation = self._catalog.get(statement.name, session)
        self._catalog.check_column(relation.schema, relation.name, statement.column)
        if statement.is_set:
            delta_table.set_not_null(session.spark, (relation.schema, relation.name), statement.column)
        else:
            target = quoted((self._catalog.name, relation.schema, relation.name))
            session.spark.sql(
                f"alter table {target} alter column {quoted((statement.column,))} drop not null"
            )
        self._catalog.sync.relation(relation.schema, relation.name, is_new=False)

    def _cluster_by_auto(self, statement: statements.ClusterByAuto, session: Session) -> None:
        relation = self._catalog.get(statement.name, session)
        self._records.relations.set_auto_clustered(relation.schema, relation.name, True)
