"""What the metadata calls of drivers (GetTables, GetColumns, …) list: JDBC's columns, from the records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pyspark.sql import types as t

from emulators.warehouse import describe, results
from emulators.warehouse.catalog import Catalog
from emulators.warehouse.records import ColumnRecord, Relation
from emulators.warehouse.results import Column, ResultSet
from emulators.warehouse.sessions import Session
from emulators.warehouse.thrift import ttypes

_STRING = t.StringType()
_INT = t.IntegerType()
_SHORT = t.ShortType()

_TABLE_TYPES = {"MANAGED": "TABLE", "EXTERNAL": "TABLE"}

_TYPES: tuple[tuple[str, int, int | None], ...] = (
    ("BOOLEAN", 16, None),
    ("TINYINT", -6, 3),
    ("SMALLINT", 5, 5),
    ("INT", 4, 10),
    ("BIGINT", -5, 19),
    ("FLOAT", 6, 7),
    ("DOUBLE", 8, 15),
    ("DECIMAL", 3, 38),
    ("STRING", 12, None),
    ("BINARY", -2, None),
    ("DATE", 91, None),
    ("TIMESTAMP", 93, None),
    ("TIMESTAMP_NTZ", 93, None),
    ("ARRAY", 2003, None),
    ("MAP", 2000, None),
    ("STRUCT", 2002, None),
    ("VARIANT", 1111, None),
)
"""Type name, JDBC type code, precision."""

_INFO = {
    ttypes.TGetInfoType.CLI_SERVER_NAME: "Spark SQL",
    ttypes.TGetInfoType.CLI_DBMS_NAME: "Spark SQL",
    ttypes.TGetInfoType.CLI_DBMS_VER: "4.2.0",
    ttypes.TGetInfoType.CLI_MAX_COLUMN_NAME_LEN: "128",
    ttypes.TGetInfoType.CLI_MAX_SCHEMA_NAME_LEN: "128",
    ttypes.TGetInfoType.CLI_MAX_TABLE_NAME_LEN: "128",
}


def info(kind: int) -> Any:
    """The answer of GetInfo: name and version of the server, and its limits."""
    return ttypes.TGetInfoValue(stringValue=_INFO.get(kind, ""))


class Metadata:
    """Answers the metadata calls; every method takes the call's request and its session."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._records = catalog.records

    def catalogs(self, request: Any, session: Session) -> ResultSet:
        """Every catalog."""
        return results.from_rows(_strings("TABLE_CAT"), [(self._catalog.name,)])

    def schemas(self, request: Any, session: Session) -> ResultSet:
        """Schemas whose name is like a pattern (`%` and `_`)."""
        names = _like(self._records.schema_names(), request.schemaName)
        rows = [(each, self._catalog.name) for each in names if self._is_here(request.catalogName)]
        return results.from_rows(_strings("TABLE_SCHEM", "TABLE_CATALOG"), rows)

    def tables(self, request: Any, session: Session) -> ResultSet:
        """Tables and views whose schema and name are like a pattern."""
        wanted = {each.upper() for each in request.tableTypes or ()}
        rows = [
            (
                self._catalog.name,
                each.schema,
                each.name,
                kind,
                each.comment or "",
                None,
                None,
                None,
                None,
                None,
            )
            for each in self._relations(request)
            if (kind := _TABLE_TYPES.get(each.type, each.type)) and (not wanted or kind in wanted)
        ]
        columns = _strings(
            "TABLE_CAT",
            "TABLE_SCHEM",
            "TABLE_NAME",
            "TABLE_TYPE",
            "REMARKS",
            "TYPE_CAT",
            "TYPE_SCHEM",
            "TYPE_NAME",
            "SELF_REFERENCING_COL_NAME",
            "REF_GENERATION",
        )
        return results.from_rows(columns, rows)

    def table_types(self, request: Any, session: Session) -> ResultSet:
        """The kinds of relation there can be."""
        kinds = [("TABLE",), ("VIEW",), ("MATERIALIZED_VIEW",), ("METRIC_VIEW",)]
        return results.from_rows(_strings("TABLE_TYPE"), kinds)

    def columns(self, request: Any, session: Session) -> ResultSet:
        """Columns whose schema, relation and name are like a pattern."""
        self._catalog.follow()
        rows = []
        for relation in self._relations(request):
            columns = self._records.columns(relation.schema, relation.name)
            kept = set(_like({each.name for each in columns}, request.columnName))
            for position, column in enumerate(columns):
                if column.name in kept:
                    rows.append(
                        _column_row(self._catalog.name, relation.schema, relation.name, position, column)
                    )
        return results.from_rows(_COLUMN_COLUMNS, rows)

    def type_info(self, request: Any, session: Session) -> ResultSet:
        """The types a column can have."""
        columns = [Column("TYPE_NAME", _STRING), Column("DATA_TYPE", _INT), Column("PRECISION", _INT)]
        return results.from_rows(columns, _TYPES)

    def functions(self, request: Any, session: Session) -> ResultSet:
        """No function is listed."""
        names = ["FUNCTION_CAT", "FUNCTION_SCHEM", "FUNCTION_NAME", "REMARKS", "SPECIFIC_NAME"]
        return results.from_rows([*_strings(*names), Column("FUNCTION_TYPE", _INT)], [])

    def primary_keys(self, request: Any, session: Session) -> ResultSet:
        """The primary key of a table."""
        schema, table = (request.schemaName or "").lower(), (request.tableName or "").lower()
        rows = [
            (self._catalog.name, schema, table, column, position + 1, name)
            for name, key, _ in self._records.keys(schema, table)
            if key.kind == "PRIMARY KEY"
            for position, column in enumerate(key.columns)
        ]
        names = ["TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "COLUMN_NAME", "KEY_SEQ", "PK_NAME"]
        columns = [Column(each, _INT if each == "KEY_SEQ" else _STRING) for each in names]
        return results.from_rows(columns, rows)

    def cross_reference(self, request: Any, session: Session) -> ResultSet:
        """No cross reference is listed."""
        columns = _strings(
            "PKTABLE_CAT",
            "PKTABLE_SCHEM",
            "PKTABLE_NAME",
            "PKCOLUMN_NAME",
            "FKTABLE_CAT",
            "FKTABLE_SCHEM",
            "FKTABLE_NAME",
            "FKCOLUMN_NAME",
            "FK_NAME",
            "PK_NAME",
        )
        return results.from_rows(columns, [])

    def _relations(self, request: Any) -> list[Relation]:
        found = self._records.relations() if self._is_here(request.catalogName) else []
        schemas = set(_like({each.schema for each in found}, request.schemaName))
        names = set(_like({each.name for each in found}, request.tableName))
        return [each for each in found if each.schema in schemas and each.name in names]

    def _is_here(self, wanted: str | None) -> bool:
        return not wanted or bool(describe.like([self._catalog.name], wanted))


_COLUMN_COLUMNS = [
    Column("TABLE_CAT", _STRING),
    Column("TABLE_SCHEM", _STRING),
    Column("TABLE_NAME", _STRING),
    Column("COLUMN_NAME", _STRING),
    Column("DATA_TYPE", _INT),
    Column("TYPE_NAME", _STRING),
    Column("COLUMN_SIZE", _INT),
    Column("BUFFER_LENGTH", t.ByteType()),
    Column("DECIMAL_DIGITS", _INT),
    Column("NUM_PREC_RADIX", _INT),
    Column("NULLABLE", _INT),
    Column("REMARKS", _STRING),
    Column("COLUMN_DEF", _STRING),
    Column("SQL_DATA_TYPE", _INT),
    Column("SQL_DATETIME_SUB", _INT),
    Column("CHAR_OCTET_LENGTH", _INT),
    Column("ORDINAL_POSITION", _INT),
    Column("IS_NULLABLE", _STRING),
    Column("SCOPE_CATALOG", _STRING),
    Column("SCOPE_SCHEMA", _STRING),
    Column("SCOPE_TABLE", _STRING),
    Column("SOURCE_DATA_TYPE", _SHORT),
    Column("IS_AUTO_INCREMENT", _STRING),
]


def _column_row(
    catalog: str, schema: str, table: str, position: int, column: ColumnRecord
) -> tuple[Any, ...]:
    name = column.type.simpleString().upper()
    base = name.partition("(")[0].partition("<")[0]
    code = next((code for known, code, _ in _TYPES if known == base), 1111)
    decimal = column.type if isinstance(column.type, t.DecimalType) else None
    return (
        catalog,
        schema,
        table,
        column.name,
        code,
        name,
        decimal.precision if decimal else None,
        None,
        decimal.scale if decimal else None,
        10 if decimal else None,
        1 if column.is_nullable else 0,
        column.comment or "",
        None,
        None,
        None,
        None,
        position,
        "YES" if column.is_nullable else "NO",
        None,
        None,
        None,
        None,
        "NO",
    )


def _strings(*names: str) -> list[Column]:
    return [Column(each, _STRING) for each in names]


def _like(names: Iterable[str], pattern: str | None) -> Sequence[str]:
    """The names that a metadata pattern takes: `%` any text, `_` any character, `*` as `%`."""
    return describe.like(sorted(names), pattern) if pattern else sorted(names)
