"""Answers queries of the information schema from the records, without Spark: translated to SQLite."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import types as t
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from emulators.warehouse import results
from emulators.warehouse.catalog import Catalog, quoted
from emulators.warehouse.errors import table_not_found
from emulators.warehouse.results import ResultSet
from emulators.warehouse.sessions import Session

log = logging.getLogger(__name__)

INFORMATION_SCHEMA = "information_schema"

_TIMESTAMPS = {"created", "last_altered"}
_INTEGERS = {
    "ordinal_position",
    "character_maximum_length",
    "character_octet_length",
    "numeric_precision",
    "numeric_precision_radix",
    "numeric_scale",
    "datetime_precision",
    "interval_precision",
    "maximum_cardinality",
    "partition_ordinal_position",
    "position_in_unique_constraint",
}

_SPARK_TYPES: dict[exp.DType, t.DataType] = {
    exp.DType.BOOLEAN: t.BooleanType(),
    exp.DType.TINYINT: t.IntegerType(),
    exp.DType.SMALLINT: t.IntegerType(),
    exp.DType.INT: t.IntegerType(),
    exp.DType.BIGINT: t.LongType(),
    exp.DType.DOUBLE: t.DoubleType(),
    exp.DType.DATE: t.DateType(),
    exp.DType.TIMESTAMP: t.TimestampType(),
    exp.DType.TIMESTAMPTZ: t.TimestampType(),
    exp.DType.TIMESTAMPLTZ: t.TimestampType(),
}


class InformationSchema:
    """Runs queries of `<catalog>.information_schema` and `system.information_schema`."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        columns = catalog.records.information_schema()
        self._columns = columns
        self._types: dict[str, object] = {
            INFORMATION_SCHEMA: {
                name: {column: _declared_type(column) for column in names} for name, names in columns.items()
            }
        }

    def query(self, sql: str, session: Session) -> ResultSet:
        """Rows of a query over the information schema alone; any other is handed to Spark with its tables.

        Raises:
            SqlError: it names a relation or catalog that does not exist.
        """
        self._catalog.follow()
        try:
            tree = parse_one(sql, read="databricks")
            used = self._use(tree)
        except SqlglotError as error:
            log.info("Not read by sqlglot: %s", error)
            return results.from_dataframe(session.spark.sql(sql))
        if all(used.values()):
            try:
                return self._from_records(tree)
            except (SqlglotError, sqlite3.Error, ValueError) as error:
                log.info("Not a query for SQLite (%s): %s", error, sql)
        return self._from_spark(tree, used, session)

    def _use(self, tree: exp.Expr) -> dict[int, bool]:
        """Which tables are the information schema's; their catalog is checked and taken off."""
        defined = {each.alias_or_name.lower() for each in tree.find_all(exp.CTE)}
        used = {}
        for table in tree.find_all(exp.Table):
            if not table.db and table.name.lower() in defined:
                continue
            is_ours = table.db.lower() == INFORMATION_SCHEMA
            used[id(table)] = is_ours
            if is_ours:
                if table.catalog:
                    self._catalog.check_catalog(table.catalog)
                if table.name.lower() not in self._columns:
                    raise table_not_found(quoted((INFORMATION_SCHEMA, table.name)))
                table.set("catalog", None)
        return used

    def _from_records(self, tree: exp.Expr) -> ResultSet:
        tree = qualify(tree.copy(), dialect="databricks", schema=self._types, quote_identifiers=True)
        tree = annotate_types(tree, schema=self._types, dialect="databricks")
        if not isinstance(tree, exp.Query):
            raise ValueError(f"not a query: {type(tree).__name__}")
        names, rows = self._catalog.records.query(tree.sql("sqlite"))
        kinds = [each.type.this if each.type else None for each in tree.selects]
        columns = []
        converted: list[Sequence[Any]] = []
        for index, name in enumerate(names):
            values = [row[index] for row in rows]
            kind = _SPARK_TYPES.get(kinds[index]) or _type_of(values)  # type: ignore[arg-type]
            columns.append(results.Column(name, kind))
            converted.append([_convert(value, kind) for value in values])
        return results.from_rows(columns, list(zip(*converted, strict=True)))

    def _from_spark(self, tree: exp.Expr, used: dict[int, bool], session: Session) -> ResultSet:
        """Give the session the information schema's tables as temporary views and let Spark run the query."""
        for table in list(tree.find_all(exp.Table)):
            if not used.get(id(table)):
                continue
            name = table.name.lower()
            view = f"__{INFORMATION_SCHEMA}_{name}"
            _, rows = self._catalog.records.query(f"select * from {INFORMATION_SCHEMA}.{name}")  # noqa: S608
            fields = [t.StructField(each, _spark_type(each)) for each in self._columns[name]]
            values = [
                tuple(_convert(value, field.dataType) for value, field in zip(row, fields, strict=True))
                for row in rows
            ]
            frame = session.spark.createDataFrame(values, t.StructType(fields))
            frame.createOrReplaceTempView(view)
            if not table.alias:
                table.set("alias", exp.TableAlias(this=exp.to_identifier(name)))
            table.set("db", None)
            table.set("this", exp.to_identifier(view, quoted=True))
        return results.from_dataframe(session.spark.sql(tree.sql("databricks")))


def _declared_type(column: str) -> str:
    return "timestamp" if column in _TIMESTAMPS else "int" if column in _INTEGERS else "string"


def _spark_type(column: str) -> t.DataType:
    if column in _TIMESTAMPS:
        return t.TimestampType()
    return t.IntegerType() if column in _INTEGERS else t.StringType()


def _type_of(values: Sequence[Any]) -> t.DataType:
    found = {type(each) for each in values if each is not None}
    if found and found <= {int}:
        return t.LongType()
    return t.DoubleType() if found and found <= {int, float} else t.StringType()


def _convert(value: Any, kind: t.DataType) -> Any:
    if value is None:
        return None
    if isinstance(kind, t.TimestampType):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if isinstance(kind, t.DateType):
        return date.fromisoformat(value)
    if isinstance(kind, t.BooleanType):
        return bool(value)
    return str(value) if isinstance(kind, t.StringType) else value
