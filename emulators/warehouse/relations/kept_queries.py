"""What materialized views and streaming tables share: the query that is kept with their rows."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import SparkSession

from emulators.warehouse.catalog.records.derived import MaterializedView
from emulators.warehouse.catalog.records.records import Records
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.errors import already_exists
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.spark.tuning import Tuning
from emulators.warehouse.sql.quoting import assigned, listed, literal, quoted
from emulators.warehouse.sql.statements import ColumnSpec, CreateMaterialized


def is_to_be_made(statement: CreateMaterialized, kind: str, existing: Relation | None, name: str) -> bool:
    """Whether a CREATE makes, replaces or alters anything: not when one is there and IF NOT EXISTS is said.

    Args:
        statement: the CREATE.
        kind: of relation that it makes.
        existing: what has the name.
        name: that name, for the error.

    Raises:
        SqlError: the name is taken.
    """
    if existing is None:
        return True
    if existing.type == kind and statement.if_not_exists:
        return False
    if existing.type != kind or not statement.replace:
        raise already_exists("TABLE_OR_VIEW", name)
    return True


def session_of(
    definition: MaterializedView, session: Session, records: Records, tuning: Tuning
) -> SparkSession:
    """A Spark session for a refresh: in the schema where the query was written, with no client's settings."""
    spark = session.spark.newSession()
    if records.schemas.has(definition.current_schema):
        spark.sql(f"use {quoted((definition.current_schema,))}")
    tuning.apply(spark, is_set_for_large=False)
    return spark


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
