"""Queries of Databricks' dialect for SQLite: which relations they read, and the values that come back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import types as t
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify


@dataclass(frozen=True)
class Rows:
    """What Spark is given of a relation that no table holds."""

    schema: t.StructType
    values: list[tuple[Any, ...]]


NESTED = (t.StructType, t.MapType)
"""Types whose values SQLite holds as JSON."""


def used_tables(tree: exp.Expr) -> list[exp.Table]:
    """The tables a query reads, common table expressions left out."""
    defined = {each.alias_or_name.lower() for each in tree.find_all(exp.CTE)}
    return [each for each in tree.find_all(exp.Table) if each.db or each.name.lower() not in defined]


def annotated(tree: exp.Expr, schema: dict[str, object]) -> exp.Query:
    """A query with its columns' tables and its expressions' types filled in; the tree itself stays.

    Args:
        tree: the query as sqlglot reads Databricks' dialect.
        schema: SQL types by column, by relation, by schema.

    Raises:
        SqlglotError: a column does not exist.
        ValueError: it is not a query.
    """
    tree = qualify(tree.copy(), dialect="databricks", schema=schema, quote_identifiers=True)
    tree = annotate_types(tree, schema=schema, dialect="databricks")
    if not isinstance(tree, exp.Query):
        raise ValueError(f"not a query: {type(tree).__name__}")
    return tree


def converted(value: Any, kind: t.DataType) -> Any:
    """A value of SQLite as the one Spark takes."""
    if value is None:
        return None
    if isinstance(kind, t.TimestampType):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if isinstance(kind, t.DateType):
        return date.fromisoformat(value)
    if isinstance(kind, t.BooleanType):
        return bool(value)
    if isinstance(kind, NESTED):
        return json.loads(value)
    return str(value) if isinstance(kind, t.StringType) else value
