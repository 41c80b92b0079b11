"""Answers queries of `system.query.history`: translated to SQLite where that knows how, else by Spark."""

from __future__ import annotations

import logging
import sqlite3
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import types as t
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from emulators.warehouse.describing.sqlite_queries import NESTED, annotated, converted, used_tables
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import Column, ResultSet
from emulators.warehouse.sessions.history import COLUMNS, History
from emulators.warehouse.spark.helper_views import HelperViews

log = logging.getLogger(__name__)

NAME = ("system", "query", "history")

_KINDS: dict[type[t.DataType], str] = {
    t.LongType: "BIGINT",
    t.IntegerType: "INT",
    t.BooleanType: "BOOLEAN",
    t.TimestampType: "TIMESTAMP",
}
_SPARK_TYPES: dict[exp.DType, t.DataType] = {
    exp.DType.BOOLEAN: t.BooleanType(),
    exp.DType.INT: t.IntegerType(),
    exp.DType.BIGINT: t.LongType(),
    exp.DType.DOUBLE: t.DoubleType(),
    exp.DType.VARCHAR: t.StringType(),
    exp.DType.TEXT: t.StringType(),
    exp.DType.TIMESTAMP: t.TimestampType(),
}
_SCHEMA: dict[str, object] = {
    NAME[1]: {NAME[2]: {name: _KINDS.get(type(kind), "VARCHAR") for name, kind in COLUMNS.items()}}
}


def answer(sql: str, history: History, views: HelperViews, spark: SparkSession) -> ResultSet | str:
    """The rows of a query of the history alone; of any other statement, what Spark is to run.

    Args:
        sql: any statement.
        history: the history.
        views: where a statement finds the history that reads it and more.
        spark: its session.
    """
    lowered = sql.lower()
    if not all(each in lowered for each in NAME):
        return sql
    try:
        tree = parse_one(sql, read="databricks")
    except SqlglotError:
        return sql
    tables = used_tables(tree)
    ours = [each for each in tables if (each.catalog.lower(), each.db.lower(), each.name.lower()) == NAME]
    if ours and len(ours) == len(tables) and isinstance(tree, exp.Query):
        try:
            return _from_sqlite(tree.copy(), history)
        except (SqlglotError, sqlite3.Error, ValueError, KeyError) as error:
            log.info("Not a query for SQLite (%s): %s", error, sql)
    if not ours:
        return sql
    rows = history.query(f"select * from query.{NAME[2]}")  # noqa: S608
    values = [tuple(map(converted, row, COLUMNS.values())) for row in rows]
    schema = t.StructType([t.StructField(*each) for each in COLUMNS.items()])
    view = views.put(spark.createDataFrame(values, schema))
    for table in ours:
        if not table.alias and not isinstance(tree, exp.Describe):
            table.set("alias", exp.TableAlias(this=exp.to_identifier(NAME[2])))
        table.set("catalog", None)
        table.set("db", None)
        table.set("this", exp.to_identifier(view, quoted=True))
    return tree.sql("databricks")


def _from_sqlite(tree: exp.Expr, history: History) -> ResultSet:
    for table in tree.find_all(exp.Table):
        table.set("catalog", None)
    query = annotated(tree, _SCHEMA)
    columns = [Column(each.alias_or_name, _type_of(each)) for each in query.selects]
    rows = history.query(query.sql("sqlite"))
    return result_set.from_rows(columns, [tuple(map(_for_arrow, row, columns)) for row in rows])


def _type_of(selected: exp.Expr) -> t.DataType:
    """The type of a selected column.

    Raises:
        KeyError: it is not known well enough to hand it out.
    """
    inner = selected.unalias()
    if isinstance(inner, exp.Column) and isinstance(kind := COLUMNS.get(inner.name), NESTED):
        return kind
    if any(isinstance(COLUMNS.get(each.name), NESTED) for each in inner.find_all(exp.Column)):
        raise KeyError(inner.sql())  # a function of a nested value: Spark's JSON differs from SQLite's
    return _SPARK_TYPES[inner.type.this] if inner.type else t.StringType()


def _for_arrow(value: Any, column: Column) -> Any:
    return _pairs(converted(value, column.type), column.type)


def _pairs(value: Any, kind: t.DataType) -> Any:
    """The same value as the one Arrow takes: a map is a list of pairs."""
    if value is None:
        return None
    if isinstance(kind, t.MapType):
        return list(value.items())
    if isinstance(kind, t.StructType):
        return {each.name: _pairs(value.get(each.name), each.dataType) for each in kind}
    return value
