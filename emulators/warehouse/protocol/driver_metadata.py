"""What the metadata calls of drivers (GetTables, GetColumns, …) list: JDBC's columns, from the records."""

from __future__ import annotations

from typing import Any

from pyspark.sql import types as t

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.records.columns import ColumnRecord
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.names import INFORMATION_SCHEMA, own_catalog, spark_schema, split
from emulators.warehouse.protocol import metadata_columns
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import ResultSet
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql import patterns
from emulators.warehouse.sql.type_names import sql_name
from emulators.warehouse.thrift_types import ttypes

_TABLE_TYPES = dict.fromkeys(
    ("MANAGED", "EXTERNAL", "MANAGED_SHALLOW_CLONE", "EXTERNAL_SHALLOW_CLONE"), "TABLE"
)

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
    ("VARCHAR", 12, None),
    ("CHAR", 1, None),
    ("BINARY", -2, None),
    ("DATE", 91, None),
    ("TIMESTAMP", 93, None),
    ("TIMESTAMP_NTZ", 93, None),
    ("INTERVAL", 1111, None),
    ("ARRAY", 2003, None),
    ("MAP", 2000, None),
    ("STRUCT", 2002, None),
    ("VARIANT", 1111, None),
)
"""Type name, JDBC type code, precision: numbers have one."""

_NO_ACTION, _NOT_DEFERRABLE = 3, 7
_RETURNS_NO_TABLE, _RETURNS_TABLE = 1, 2

_INFO = {
    ttypes.TGetInfoType.CLI_SERVER_NAME: "Spark SQL",
    ttypes.TGetInfoType.CLI_DBMS_NAME: "Spark SQL",
    ttypes.TGetInfoType.CLI_DBMS_VER: "4.2.0",
    ttypes.TGetInfoType.CLI_DATA_SOURCE_READ_ONLY: "N",
    ttypes.TGetInfoType.CLI_SEARCH_PATTERN_ESCAPE: "\\",
    ttypes.TGetInfoType.CLI_IDENTIFIER_QUOTE_CHAR: "`",
    ttypes.TGetInfoType.CLI_CATALOG_NAME: "Y",
    ttypes.TGetInfoType.CLI_USER_NAME: "root",
    ttypes.TGetInfoType.CLI_MAX_COLUMN_NAME_LEN: "255",
    ttypes.TGetInfoType.CLI_MAX_CATALOG_NAME_LEN: "255",
    ttypes.TGetInfoType.CLI_MAX_SCHEMA_NAME_LEN: "255",
    ttypes.TGetInfoType.CLI_MAX_TABLE_NAME_LEN: "255",
    ttypes.TGetInfoType.CLI_MAX_IDENTIFIER_LEN: "255",
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
        names = self._catalog.catalog_names()
        return result_set.from_rows(metadata_columns.CATALOGS, [(each,) for each in names])

    def schemas(self, request: Any, session: Session) -> ResultSet:
        """Schemas whose name is like a pattern (`%` and `_`)."""
        found = [(INFORMATION_SCHEMA, each) for each in self._catalog.catalog_names()]
        found += [
            (each.schema, _shown_catalog(each.catalog, request.catalogName))
            for each in self._records.schemas.all()
        ]
        rows = sorted(
            (schema, catalog)
            for schema, catalog in found
            if _is_like(catalog, request.catalogName) and _is_like(schema, request.schemaName)
        )
        return result_set.from_rows(metadata_columns.SCHEMAS, rows)

    def tables(self, request: Any, session: Session) -> ResultSet:
        """Tables and views whose schema and name are like a pattern."""
        wanted = {each.upper() for each in request.tableTypes or ()}
        rows = [
            (*_shown(each, request), each.name, kind, each.comment or "", None, None, None, None, None)
            for each in self._relations(request)
            if (kind := _TABLE_TYPES.get(each.type, each.type)) and (not wanted or kind in wanted)
        ]
        return result_set.from_rows(metadata_columns.TABLES, rows)

    def table_types(self, request: Any, session: Session) -> ResultSet:
        """The kinds of relation there can be."""
        kinds = ("TABLE", "VIEW", "MATERIALIZED_VIEW", "STREAMING_TABLE", "METRIC_VIEW")
        return result_set.from_rows(metadata_columns.TABLE_TYPES, [(each,) for each in kinds])

    def columns(self, request: Any, session: Session) -> ResultSet:
        """Columns whose schema, relation and name are like a pattern."""
        self._catalog.sync.follow()
        rows = [
            (*_shown(relation, request), *_column_row(relation, position, column))
            for relation in self._relations(request)
            for position, column in enumerate(self._records.columns.of(relation.schema, relation.name))
            if _is_like(column.name, request.columnName)
        ]
        return result_set.from_rows(metadata_columns.COLUMNS, rows)

    def type_info(self, request: Any, session: Session) -> ResultSet:
        """The types a column can have."""
        rows = []
        for name, code, precision in _TYPES:
            is_number = precision is not None
            scale = 38 if name == "DECIMAL" else 0
            rows.append(
                (
                    *(name, code, precision, None, None, None, 1, name in ("STRING", "VARCHAR", "CHAR"), 3),
                    *(not is_number, False, False, None, 0, scale, None, None, 10 if is_number else None),
                )
            )
        return result_set.from_rows(metadata_columns.TYPES, rows)

    def functions(self, request: Any, session: Session) -> ResultSet:
        """Functions whose schema and name are like a pattern: people's own, not those of SQL."""
        rows = []
        for each in self._records.functions.all():
            catalog, schema = split(each.schema)
            catalog = _shown_catalog(catalog, request.catalogName)
            if (
                _is_like(catalog, request.catalogName)
                and _is_like(schema, request.schemaName)
                and _is_like(each.name, request.functionName)
            ):
                is_table = each.details.get("data_type") == "TABLE"
                kind = _RETURNS_TABLE if is_table else _RETURNS_NO_TABLE
                remarks = each.details.get("comment", "")
                rows.append((catalog, schema, each.name, remarks, kind, each.name))
        return result_set.from_rows(metadata_columns.FUNCTIONS, rows)

    def primary_keys(self, request: Any, session: Session) -> ResultSet:
        """The primary key of a table."""
        catalog, schema, table = _named(session, request.catalogName, request.schemaName, request.tableName)
        rows = [
            (catalog, schema, table, column, position + 1, name)
            for name, key, _ in self._records.keys.of(spark_schema(catalog, schema), table)
            if key.kind == "PRIMARY KEY"
            for position, column in enumerate(key.columns)
        ]
        return result_set.from_rows(metadata_columns.PRIMARY_KEYS, rows)

    def cross_reference(self, request: Any, session: Session) -> ResultSet:
        """The foreign keys of one table, of one that others refer to, or between two."""
        child = _recorded(
            session, request.foreignCatalogName, request.foreignSchemaName, request.foreignTableName
        )
        parent = _recorded(
            session, request.parentCatalogName, request.parentSchemaName, request.parentTableName
        )
        rows = []
        for relation in self._records.relations.all():
            where = (*split(relation.schema), relation.name)
            if request.foreignTableName and where != child:
                continue
            for name, key, to in self._records.keys.of(relation.schema, relation.name):
                if to is None or (request.parentTableName and (*split(to[0]), to[1]) != parent):
                    continue
                primary = [
                    (known, each)
                    for known, each, _ in self._records.keys.of(*to)
                    if each.kind == "PRIMARY KEY"
                ]
                referred = key.parent_columns or (primary[0][1].columns if primary else ())
                rows += [
                    (
                        *(*split(to[0]), to[1], referred_column, *where, column, position + 1),
                        *(_NO_ACTION, _NO_ACTION, name, primary[0][0] if primary else None, _NOT_DEFERRABLE),
                    )
                    for position, (column, referred_column) in enumerate(
                        zip(key.columns, referred, strict=False)
                    )
                ]
        return result_set.from_rows(metadata_columns.CROSS_REFERENCE, rows)

    def _relations(self, request: Any) -> list[Relation]:
        schemas = {
            each.name
            for each in self._records.schemas.all()
            if _is_like(_shown_catalog(each.catalog, request.catalogName), request.catalogName)
            and _is_like(each.schema, request.schemaName)
        }
        return [
            each
            for each in self._records.relations.all()
            if each.schema in schemas and _is_like(each.name, request.tableName)
        ]


def _column_row(relation: Relation, position: int, column: ColumnRecord) -> tuple[Any, ...]:
    name = sql_name(column.type)
    base = name.partition("(")[0].partition("<")[0].partition(" ")[0]
    code, precision = next(((code, digits) for known, code, digits in _TYPES if known == base), (1111, None))
    is_number = precision is not None
    decimal = column.type if isinstance(column.type, t.DecimalType) else None
    length = column.type.length if isinstance(column.type, t.CharType | t.VarcharType) else None
    return (
        relation.name,
        column.name,
        code,
        name,
        decimal.precision if decimal else length or precision,
        None,
        decimal.scale if decimal else 0 if isinstance(column.type, t.IntegralType) else None,
        10 if is_number else None,
        1 if column.is_nullable else 0,
        column.comment or "",
        column.default,
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


def _shown_catalog(catalog: str, asked: str | None) -> str:
    """A catalog by the name it was asked for: the default one has two."""
    return asked.lower() if asked and own_catalog(asked) == catalog else catalog


def _shown(relation: Relation, request: Any) -> tuple[str, str]:
    catalog, schema = split(relation.schema)
    return _shown_catalog(catalog, request.catalogName), schema


def _is_like(name: str, pattern: str | None) -> bool:
    """Whether a metadata pattern takes a name: `%` any text, `_` any character, `*` as `%`."""
    return not pattern or bool(patterns.like([name], pattern))


def _named(
    session: Session, catalog: str | None, schema: str | None, table: str | None
) -> tuple[str, str, str]:
    """The catalog, schema and table that a call names; what it leaves out is the session's."""
    current = split(session.schema)
    return (catalog or current[0]).lower(), (schema or current[1]).lower(), (table or "").lower()


def _recorded(
    session: Session, catalog: str | None, schema: str | None, table: str | None
) -> tuple[str, str, str]:
    """The same, with the catalog as the records call it."""
    named, *rest = _named(session, catalog, schema, table)
    return own_catalog(named), rest[0], rest[1]
