"""Answers queries of the information schema from the records, without Spark: translated to SQLite."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import types as t
from sqlglot import exp
from sqlglot.errors import SqlglotError

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.describing.sqlite_queries import Rows, annotated, converted, used_tables
from emulators.warehouse.errors import table_not_found
from emulators.warehouse.names import INFORMATION_SCHEMA, SYSTEM
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import ResultSet
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql.quoting import quoted

log = logging.getLogger(__name__)

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

_CATALOG_COLUMNS = {
    "catalog_name",
    "table_catalog",
    "constraint_catalog",
    "specific_catalog",
    "volume_catalog",
}
"""Columns that say of which catalog a row speaks."""

_SPARK_TYPES: dict[exp.DType, t.DataType] = {
    exp.DType.BOOLEAN: t.BooleanType(),
    exp.DType.TINYINT: t.IntegerType(),
    exp.DType.SMALLINT: t.IntegerType(),
    exp.DType.INT: t.IntegerType(),
    exp.DType.BIGINT: t.LongType(),
    exp.DType.DOUBLE: t.DoubleType(),
    exp.DType.DATE: t.DateType(),
    exp.DType.VARCHAR: t.StringType(),
    exp.DType.TEXT: t.StringType(),
    exp.DType.TIMESTAMP: t.TimestampType(),
    exp.DType.TIMESTAMPTZ: t.TimestampType(),
    exp.DType.TIMESTAMPLTZ: t.TimestampType(),
}


class InformationSchema:
    """`<catalog>.information_schema` and `system.information_schema`."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._columns = catalog.records.information_schema()

    def answer(self, tree: exp.Expr, session: Session) -> ResultSet | None:
        """Rows of a query over the information schema alone; None where SQLite does not know how.

        Raises:
            SqlError: it names a relation or catalog that does not exist.
        """
        self._catalog.sync.follow()
        for table in used_tables(tree):
            self._limit(table, session)
        try:
            translated = translate(tree, self._columns)
            _, rows = self._catalog.records.query(translated.sql)
        except (SqlglotError, sqlite3.Error, ValueError) as error:
            log.info("Not a query for SQLite (%s): %s", error, tree.sql("databricks"))
            return None
        return translated.result(rows)

    def rows(self, name: tuple[str, ...], session: Session) -> Rows:
        """All rows of one of its relations.

        Args:
            name: of two or three parts, in lower case.
            session: whose catalog one of two parts is in.

        Raises:
            SqlError: there is no such relation or catalog.
        """
        self._catalog.sync.follow()
        relation = name[-1]
        limited, _ = self._limited(name[0] if len(name) == 3 else "", relation, session)
        _, rows = self._catalog.records.query(limited.sql("sqlite"))
        kinds = [type_of_column(each) for each in self._columns[relation]]
        fields = [t.StructField(*each) for each in zip(self._columns[relation], kinds, strict=True)]
        return Rows(t.StructType(fields), [tuple(map(converted, row, kinds)) for row in rows])

    def _limit(self, table: exp.Table, session: Session) -> None:
        """Let a relation of a catalog's information schema show that catalog alone."""
        limited, catalog = self._limited(table.catalog, table.name.lower(), session)
        table.set("catalog", None)
        if catalog != SYSTEM:
            alias = exp.TableAlias(this=exp.to_identifier(table.alias_or_name, quoted=True))
            table.replace(exp.Subquery(this=limited, alias=alias))

    def _limited(self, catalog: str, relation: str, session: Session) -> tuple[exp.Select, str]:
        """The rows of a relation that its catalog shows, and the catalog."""
        said = (catalog or session.catalog).lower()
        catalog = self._catalog.check_catalog(said)
        if relation not in self._columns:
            raise table_not_found(quoted((catalog, INFORMATION_SCHEMA, relation)))
        columns = self._columns[relation]
        # Whoever asks for the default catalog by its other name finds that one in the rows.
        shown = [
            exp.case().when(exp.column(each).eq(catalog), exp.Literal.string(said)).else_(each).as_(each)
            if each.endswith(("_catalog", "catalog_name"))
            else exp.column(each)
            for each in columns
        ]
        found = exp.select(*(shown if said != catalog else "*")).from_(
            exp.table_(relation, db=INFORMATION_SCHEMA)
        )
        if catalog != SYSTEM:
            column = next(each for each in columns if each in _CATALOG_COLUMNS)
            found = found.where(exp.column(column).eq(catalog))
        return found, catalog


@dataclass(frozen=True)
class Translated:
    """A query in SQLite's dialect, with what is known of its columns.

    Attributes:
        sql: the query.
        names: its columns, as the client named them.
        types: their types; None where only the values tell.
    """

    sql: str
    names: list[str]
    types: list[t.DataType | None]

    def result(self, rows: Sequence[Sequence[Any]]) -> ResultSet:
        """The rows that SQLite found, as the values the client expects."""
        kinds = [
            kind or _type_of_values([row[index] for row in rows]) for index, kind in enumerate(self.types)
        ]
        columns = list(map(result_set.Column, self.names, kinds))
        return result_set.from_rows(columns, [tuple(map(converted, row, kinds)) for row in rows])


def translate(tree: exp.Expr, columns: Mapping[str, Sequence[str]]) -> Translated:
    """Translate a query of the information schema.

    Args:
        tree: the query as sqlglot reads Databricks' dialect; its tables are `information_schema.<name>`.
        columns: the relations there are, with their columns in order.

    Raises:
        SqlglotError: a column does not exist, or the query has no translation.
        ValueError: it is not a query.
    """
    schema: dict[str, object] = {
        INFORMATION_SCHEMA: {
            name: {each: _type_of_column(each).value for each in names} for name, names in columns.items()
        }
    }
    query = annotated(tree, schema)
    types = [_SPARK_TYPES.get(each.type.this) if each.type else None for each in query.selects]
    return Translated(query.sql("sqlite"), [each.alias_or_name for each in query.selects], types)


def type_of_column(column: str) -> t.DataType:
    """The type of a column of the information schema: it goes by its name."""
    return _SPARK_TYPES[_type_of_column(column)]


def _type_of_column(column: str) -> exp.DType:
    if column in _TIMESTAMPS:
        return exp.DType.TIMESTAMP
    return exp.DType.INT if column in _INTEGERS else exp.DType.VARCHAR


def _type_of_values(values: Sequence[Any]) -> t.DataType:
    found = {type(each) for each in values if each is not None}
    if found and found <= {int}:
        return t.LongType()
    return t.DoubleType() if found and found <= {int, float} else t.StringType()
