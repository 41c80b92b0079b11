"""Streaming tables: a Delta table, its query, and a checkpoint of what of each source it has read.

A refresh is one run of Structured Streaming over all that is new (trigger `availableNow`). The checkpoint
lies in the table's own folder, where Delta leaves it alone, so that both live and go together. A table
without a checkpoint knows nothing of what it has read: its next refresh is a full one.
"""

from __future__ import annotations

import logging
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as t

from emulators.warehouse import cancellation
from emulators.warehouse.catalog import delta_log
from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.kinds import STREAMING_TABLE
from emulators.warehouse.catalog.locations import local_path
from emulators.warehouse.catalog.records.derived import MaterializedView
from emulators.warehouse.catalog.records.records import Records
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.errors import SqlError, canceled, table_not_found
from emulators.warehouse.files.read_files import FileRelations
from emulators.warehouse.relations import delta_table
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
from emulators.warehouse.sql import type_names
from emulators.warehouse.sql.quoting import assigned, literal, quoted
from emulators.warehouse.sql.statements import (
    ColumnSpec,
    CreateStreamingTable,
    Name,
    RefreshStreamingTable,
)

log = logging.getLogger(__name__)

CHECKPOINT = "_checkpoint"
SCHEMAS = "_schemas"
"""Beside the checkpoint: the columns of the files that a query reads."""

_REFRESH = "_refresh_"
"""How the folders begin that full refreshes write into: VACUUM leaves what begins so alone."""

LOOK_SECONDS = 1
"""How often a refresh looks whether its statement was stopped."""


class StreamingTables:
    """Creates and refreshes streaming tables."""

    def __init__(self, catalog: Catalog, tuning: Tuning, files: FileRelations) -> None:
        self._catalog = catalog
        self._files = files
        self._tuning = tuning
        self._records = catalog.records

    def create(self, statement: CreateStreamingTable, session: Session) -> bool:
        """Carry out `CREATE [OR REFRESH] STREAMING TABLE`, the first refresh included.

        OR REFRESH of a table that is there gives it the new query, which only rows that come from then on go
        through; its columns may become more.

        Returns:
            Whether it was made; False when one is there and that is to be so.

        Raises:
            SqlError: the name is taken, the query reads no stream, or it fails.
        """
        schema, name = self._catalog.resolve(statement.name, session)
        existing = self._records.relations.get(schema, name)
        if not is_to_be_made(statement, STREAMING_TABLE, existing, quoted((schema, name))):
            return False
        definition = definition_of(statement, schema, name, session)
        with self._frame(definition, session.spark) as frame:
            columns = _column_list(frame.schema, statement.columns)
        target = quoted((self._catalog.name, schema, name))
        if existing is None:
            session.spark.sql(f"create table {target} ({columns}) using delta {table_clauses(statement)}")
        try:
            with self._records.transaction():
                self._catalog.sync.relation(schema, name, is_new=existing is None)
                self._records.relations.put_definition(schema, name, STREAMING_TABLE, statement.query)
                self._records.derived.put(definition)
            if existing:
                self._alter(existing, statement, session)
            self._run(definition, session.spark, is_full=False)
        except Exception:
            if existing is None:
                session.spark.sql(f"drop table if exists {target}")
                self._catalog.sync.relation(schema, name, is_new=True)
            raise
        return True

    def refresh(self, statement: RefreshStreamingTable, session: Session) -> None:
        """Carry out `REFRESH STREAMING TABLE [FULL]`.

        Raises:
            SqlError: there is no such table, or its query fails; rows that were read stay, and a full refresh
                that fails changes nothing.
        """
        relation = self._get(statement.name, session)
        definition = self._records.derived.get(relation.schema, relation.name)
        if definition is None:
            raise table_not_found(quoted(statement.name))
        self._run(definition, session_of(definition, session, self._records, self._tuning), statement.is_full)

    def _get(self, name: Name, session: Session) -> Relation:
        relation = self._catalog.get(name, session)
        if relation.type != STREAMING_TABLE:
            shown = quoted((relation.schema, relation.name))
            raise not_allowed("NON_STREAMING_TABLE", f"{shown} is not a streaming table.")
        return relation

    def _alter(self, existing: Relation, statement: CreateStreamingTable, session: Session) -> None:
        """Give a table that is there the comment and properties of a new CREATE OR REFRESH, Delta's aside."""
        target = quoted((self._catalog.name, existing.schema, existing.name))
        if statement.comment is not None and statement.comment != existing.comment:
            session.spark.sql(f"comment on table {target} is {literal(statement.comment)}")
        changed = {k: v for k, v in statement.properties.items() if existing.properties.get(k) != v}
        if changed:
            session.spark.sql(f"alter table {target} set tblproperties ({assigned(changed)})")
        own = (key for key in existing.properties if not key.startswith("delta."))
        gone = [key for key in own if key not in statement.properties]
        if gone:
            names = ", ".join(map(literal, gone))
            session.spark.sql(f"alter table {target} unset tblproperties ({names})")

    @contextmanager
    def _frame(
        self, definition: MaterializedView, spark: SparkSession, schemas: Path | None = None
    ) -> Iterator[DataFrame]:
        with self._files.named(select_of(definition), spark, schemas=schemas) as query:
            frame = spark.sql(query)
            if not frame.isStreaming:
                raise SqlError(
                    "STREAMING_TABLE_QUERY_INVALID",
                    f"Streaming table {quoted((definition.schema, definition.name))} can only be created "
                    "from a streaming query. Please add the STREAM keyword to your FROM clause to turn this "
                    "relation into a streaming query.",
                    "42000",
                )
            yield frame

    def _run(self, definition: MaterializedView, spark: SparkSession, is_full: bool) -> None:
        """Read what is new, and record how that went."""
        where = (definition.schema, definition.name)
        folder = self._folder(*where)
        target = quoted((self._catalog.name, *where))
        with attempt(self._records, *where) as started:
            if is_full or (not (folder / CHECKPOINT).exists() and self._has_rows(target, spark)):
                rows = self._replace(definition, folder, spark)
            else:
                with self._frame(definition, spark, folder / SCHEMAS) as frame:
                    rows = _append(frame, folder / CHECKPOINT, folder)
        with self._records.transaction():
            self._catalog.sync.relation(*where, is_new=False)
            self._records.derived.put_refresh(*where, started, rows, None)

    def _replace(self, definition: MaterializedView, folder: Path, spark: SparkSession) -> int:
        """Read all of the sources, and put what that gives in place of the old rows in one commit.

        The old checkpoint goes first: a process killed in between leaves a table without one.
        """
        columns = self._records.columns.of(definition.schema, definition.name)
        aside = folder / f"{_REFRESH}{uuid.uuid4().hex}"
        old = aside / "_old"
        try:
            with self._frame(definition, spark, aside / SCHEMAS) as frame:
                rows, schema = _append(frame, aside / CHECKPOINT, aside), frame.schema
            is_empty = delta_log.state(aside) is None
            new = (
                spark.createDataFrame([], schema) if is_empty else spark.read.format("delta").load(str(aside))
            )
            _move((CHECKPOINT, SCHEMAS), folder, old)
            try:
                delta_table.overwrite(new, folder, [each.name for each in columns if each.is_partition])
            except Exception:
                _move((SCHEMAS, CHECKPOINT), old, folder)
                raise
            _move((SCHEMAS, CHECKPOINT), aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return rows

    def _has_rows(self, target: str, spark: SparkSession) -> bool:
        return bool(spark.table(target).head(1))

    def _folder(self, schema: str, name: str) -> Path:
        relation = self._records.relations.get(schema, name)
        folder = local_path(relation.location) if relation else None
        if folder is None:
            raise table_not_found(quoted((schema, name)))
        return folder


def sweep(records: Records) -> None:
    """Remove what full refreshes of a killed process left beside their tables: copies of all rows."""
    for relation in records.relations.all():
        folder = local_path(relation.location)
        if relation.type == STREAMING_TABLE and folder:
            for each in folder.glob(f"{_REFRESH}*"):
                log.warning("A full refresh of %s.%s had not ended", relation.schema, relation.name)
                shutil.rmtree(each, ignore_errors=True)


def not_allowed(reason: str, message: str) -> SqlError:
    """The refusal of something that cannot be done to a streaming table."""
    return SqlError(
        f"STREAMING_TABLE_OPERATION_NOT_ALLOWED.{reason}", f"The operation is not allowed: {message}", "42601"
    )


def _move(names: Sequence[str], source: Path, target: Path) -> None:
    """Move what is there from one folder to another, in this order."""
    target.mkdir(exist_ok=True)
    for name in names:
        if (source / name).exists():
            (source / name).rename(target / name)


def _append(frame: DataFrame, checkpoint: Path, table: Path) -> int:
    """Append what a checkpoint has not seen of a stream to a Delta table, and count it.

    Raises:
        SqlError: the statement was stopped; what was committed until then stays, and the checkpoint knows it.
    """
    before = delta_log.state(table)
    query = (
        frame.writeStream.format("delta")
        .outputMode("append")
        .option("checkpointLocation", str(checkpoint))
        .option("mergeSchema", "true")
        .trigger(availableNow=True)
        .start(str(table))
    )
    while not query.awaitTermination(LOOK_SECONDS):
        if cancellation.is_stopped():  # the stream's jobs are a group of their own
            query.stop()
            raise canceled()
    after = delta_log.state(table, before.version if before else None)
    first = before.version + 1 if before else 0
    versions = range(first, after.version + 1) if after else ()
    return sum(delta_log.inserted_rows(table, each - 1) or 0 for each in versions)


def _column_list(schema: t.StructType, declared: Sequence[ColumnSpec]) -> str:
    """The columns of a query as CREATE TABLE takes them."""
    specs = {each.name.lower(): each for each in declared}
    parts = []
    for each in schema:
        spec = specs.get(each.name.lower())
        kind = (
            spec.type
            if spec and spec.type
            else type_names.sql_name(type_names.declared(each.dataType, each.metadata))
        )
        text = f"{quoted((each.name,))} {kind}"
        if spec and not spec.is_nullable:
            text += " not null"
        if spec and spec.comment is not None:
            text += f" comment {literal(spec.comment)}"
        parts.append(text)
    return ", ".join(parts)
