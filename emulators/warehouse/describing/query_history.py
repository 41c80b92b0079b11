"""`system.query.history`: its rows, and queries of it alone, translated to SQLite where that knows how."""

from __future__ import annotations

import logging
import sqlite3
from typing import Any

from pyspark.sql import types as t
from sqlglot import exp
from sqlglot.errors import SqlglotError

from emulators.warehouse.describing.sqlite_queries import NESTED, Rows, annotated, converted
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import Column, ResultSet
from emulators.warehouse.sessions.history import COLUMNS, History
from emulators.warehouse.sql.metadata_references import HISTORY as NAME

log = logging.getLogger(__name__)


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


def answer(tree: exp.Expr, history: History) -> ResultSet | None:
    """The rows of a query of the history alone; None where SQLite does not know how."""
    try:
        return _from_sqlite(tree, history)
    except (SqlglotError, sqlite3.Error, ValueError, KeyError) as error:
        log.info("Not a query for SQLite (%s): %s", error, tree.sql("databricks"))
        return None


def rows(history: History) -> Rows:
    """All rows of the history."""
    found = history.query(f"select * from query.{NAME[2]}")  # noqa: S608
    schema = t.StructType([t.StructField(*each) for each in COLUMNS.items()])
    return Rows(schema, [tuple(map(converted, row, COLUMNS.values())) for row in found])


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
