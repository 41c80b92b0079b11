"""Answers SHOW and DESCRIBE from the records, without Spark's jobs, in the words of Databricks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pyspark.sql import types as t

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.kinds import MATERIALIZED_VIEW
from emulators.warehouse.catalog.records.functions import FunctionRecord
from emulators.warehouse.describing import describe
from emulators.warehouse.describing.information_schema import type_of_column
from emulators.warehouse.describing.show_create import definition
from emulators.warehouse.errors import table_not_found
from emulators.warehouse.names import INFORMATION_SCHEMA, shown, split
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import Column, ResultSet
from emulators.warehouse.sessions.handlers import Handlers
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.spark.own_views import is_own_view
from emulators.warehouse.sql import patterns, statements, table_properties
from emulators.warehouse.sql.quoting import quoted
from emulators.warehouse.sql.statements import Name

_STRING = t.StringType()


class Listings:
    """Carries out the statements that list or describe what there is."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._records = catalog.records

    def handlers(self) -> Handlers:
        """What carries out each of the statements."""
        return {
            statements.ShowCatalogs: self._show_catalogs,
            statements.ShowSchemas: self._show_schemas,
            statements.ShowTables: self._show_tables,
            statements.ShowTableExtended: self._show_table_extended,
            statements.ShowColumns: self._show_columns,
            statements.ShowProperties: self._show_properties,
            statements.ShowCreateTable: self._show_create_table,
            statements.ShowUserFunctions: self._show_functions,
            statements.Describe: self._describe,
            statements.DescribeCatalog: self._describe_catalog,
            statements.DescribeSchema: self._describe_schema,
            statements.DescribeFunction: self._describe_function,
            statements.Worded: self._worded,
        }

    def _show_catalogs(self, statement: statements.ShowCatalogs, session: Session) -> ResultSet:
        names = patterns.matching(self._catalog.catalog_names(), statement.pattern)
        return _table(("catalog",), [(each,) for each in names])

    def _show_schemas(self, statement: statements.ShowSchemas, session: Session) -> ResultSet:
        catalog = self._catalog.check_catalog(statement.catalog or session.catalog)
        names = sorted([INFORMATION_SCHEMA, *(each.schema for each in self._records.schemas.all(catalog))])
        return _table(("databaseName",), [(each,) for each in patterns.matching(names, statement.pattern)])

    def _show_tables(self, statement: statements.ShowTables, session: Session) -> ResultSet:
        if statement.schema and statement.schema[-1].lower() == INFORMATION_SCHEMA:
            schema, found = INFORMATION_SCHEMA, dict.fromkeys(self._records.information_schema(), "VIEW")
        else:
            where = self._catalog.resolve_schema(statement.schema, session)
            schema = where.schema
            found = {each.name: each.type for each in self._records.relations.all(where.name)}
        if statement.is_views:
            found = {name: kind for name, kind in found.items() if "VIEW" in kind}
        names = patterns.matching(found, statement.pattern)
        rows: list[tuple[Any, ...]] = [(schema, each, False) for each in names]
        temporary = patterns.matching(_temporary_views(session), statement.pattern)
        rows += [("", each, True) for each in temporary]
        if not statement.is_views:
            return _table(("database", "tableName", "isTemporary"), rows)
        return _table(
            ("namespace", "viewName", "isTemporary", "isMaterialized"),
            [(*row, not row[2] and found[row[1]] == MATERIALIZED_VIEW) for row in rows],
        )

    def _show_table_extended(self, statement: statements.ShowTableExtended, session: Session) -> ResultSet:
        self._catalog.sync.follow()
        where = self._catalog.resolve_schema(statement.schema, session)
        relations = {each.name: each for each in self._records.relations.all(where.name)}
        rows = [
            (
                where.schema,
                name,
                False,
                describe.information(relations[name], self._records.columns.of(where.name, name)),
            )
            for name in patterns.matching(relations, statement.pattern)
        ]
        return _table(("database", "tableName", "isTemporary", "information"), rows)

    def _show_columns(self, statement: statements.ShowColumns, session: Session) -> ResultSet:
        columns = _temporary_view(statement.name, session)
        if columns is not None:
            return _table(("col_name",), [(each,) for each in columns.names])
        relation = self._catalog.get(statement.name, session)
        columns_there = self._records.columns.of(relation.schema, relation.name)
        return _table(("col_name",), [(each.name,) for each in columns_there])

    def _show_properties(self, statement: statements.ShowProperties, session: Session) -> ResultSet:
        relation = self._catalog.get(statement.name, session)
        rows = sorted(describe.properties(relation).items())
        if statement.key is not None:
            wanted = statement.key
            name = ".".join((*split(relation.schema), relation.name))
            rows = [each for each in rows if each[0] == wanted] or [
                (wanted, f"Table {name} does not have property: {wanted}")
            ]
        return _table(("key", "value"), rows)

    def _show_create_table(self, statement: statements.ShowCreateTable, session: Session) -> ResultSet:
        relation = self._catalog.find(statement.name, session)
        if relation is None:
            return self._worded(statement, session)
        where = (relation.schema, relation.name)
        text = definition(relation, self._records.columns.of(*where), self._records.keys.of(*where))
        return _table(("createtab_stmt",), [(text,)])

    def _show_functions(self, statement: statements.ShowUserFunctions, session: Session) -> ResultSet:
        where = self._catalog.resolve_schema(statement.schema, session).name
        found = {each.name for each in self._records.functions.all(where)}
        prefix = ".".join(split(where))
        rows = [(f"{prefix}.{each}",) for each in patterns.matching(sorted(found), statement.pattern)]
        return _table(("function",), rows)

    def _describe(self, statement: statements.Describe, session: Session) -> ResultSet:
        if len(statement.name) > 1 and statement.name[-2].lower() == INFORMATION_SCHEMA:
            return self._describe_information_schema(statement.name)
        temporary = _temporary_view(statement.name, session)
        relation = None if temporary else self._catalog.find(statement.name, session)
        if relation is None:
            return self._describe_unrecorded(statement, temporary, session)
        where = (relation.schema, relation.name)
        columns = self._records.columns.of(*where)
        view = self._records.derived.get(*where)
        if statement.as_json:
            text = describe.as_json(
                relation,
                columns,
                view,
                self._records.keys.of(*where),
                self._records.policies.row_filter(*where),
                self._records.policies.masks(*where),
            )
            return _table(("json_metadata",), [(text,)])
        rows = describe.rows(relation, columns, statement.is_extended)
        if statement.is_extended:
            rows += describe.refresh_rows(view, self._records.derived.refreshes(*where)) if view else []
            rows += describe.constraint_rows(self._records.keys.of(*where))
            rows += describe.policy_rows(
                self._records.policies.row_filter(*where), self._records.policies.masks(*where)
            )
        return _table(("col_name", "data_type", "comment"), rows)

    def _describe_information_schema(self, name: Name) -> ResultSet:
        columns = self._records.information_schema().get(name[-1].lower())
        if columns is None:
            raise table_not_found(quoted(name))
        rows = [(each, type_of_column(each).simpleString(), None) for each in columns]
        return _table(("col_name", "data_type", "comment"), rows)

    def _describe_unrecorded(
        self, statement: statements.Describe, temporary: t.StructType | None, session: Session
    ) -> ResultSet:
        """A temporary view, a path, or nothing at all."""
        if not statement.as_json:
            return result_set.from_command(session.spark.sql(statement.sql))
        schema = temporary or session.spark.table(quoted(statement.name)).schema
        text = json.dumps({"table_name": statement.name[-1], "columns": describe.json_columns(schema)})
        return _table(("json_metadata",), [(text,)])

    def _describe_catalog(self, statement: statements.DescribeCatalog, session: Session) -> ResultSet:
        name = self._catalog.check_catalog(statement.name)
        found = self._records.catalogs.get(name)
        kind = "Regular" if found else "System"
        rows = [
            ("Catalog Name", statement.name.lower()),
            ("Comment", (found and found.comment) or ""),
            ("Owner", self._records.privileges.owner("CATALOG", name)),
            ("Catalog Type", kind),
        ]
        if statement.is_extended:
            rows += [
                ("Created By", "root"),
                ("Created At", _moment(found.created) if found else ""),
                ("Updated By", "root"),
                ("Updated At", _moment(found.last_altered) if found else ""),
            ]
        return _table(("info_name", "info_value"), rows)

    def _describe_schema(self, statement: statements.DescribeSchema, session: Session) -> ResultSet:
        found = self._catalog.resolve_schema(statement.name, session)
        rows = [
            ("Catalog Name", found.catalog),
            ("Namespace Name", found.schema),
            ("Comment", found.comment),
            ("Location", found.location),
            ("Owner", self._records.privileges.owner("SCHEMA", found.name)),
        ]
        if statement.is_extended:
            pairs = ", ".join(
                f"({name},{value})" for name, value in sorted(found.properties.items()) if name != "owner"
            )
            rows.append(("Properties", f"({pairs})" if pairs else ""))
        return _table(("database_description_item", "database_description_value"), rows)

    def _describe_function(self, statement: statements.DescribeFunction, session: Session) -> ResultSet:
        schema, name = self._catalog.resolve(statement.name, session)
        found = self._records.functions.get(schema, name)
        if found is None:  # one of Spark's own, or nothing at all
            return self._worded(statement, session)
        lines = _function_lines(found, statement.is_extended)
        return _table(("function_desc",), [(each,) for each in lines])

    def _worded(self, statement: statements.Statement, session: Session) -> ResultSet:
        """Rows that Spark makes, with the client's names in place of Spark's."""
        frame = session.spark.sql(statement.sql)
        rows = [tuple(map(_own_words, row)) for row in frame.collect()]
        return result_set.from_rows([Column(each.name, each.dataType) for each in frame.schema], rows)


def _own_words(value: Any) -> Any:
    if isinstance(value, str):
        return shown(value)
    return table_properties.shown(value) if isinstance(value, dict) else value


def _table(names: Iterable[str], rows: list[tuple[Any, ...]]) -> ResultSet:
    columns = [Column(each, t.BooleanType() if each.startswith("is") else _STRING) for each in names]
    return result_set.from_rows(columns, rows)


def _temporary_views(session: Session) -> list[str]:
    inner: Any = session.spark._jsparkSession
    found = inner.sessionState().catalog().listLocalTempViews("*")
    names = [found.apply(index).table() for index in range(found.size())]
    return [each for each in names if not is_own_view(each)]


def _temporary_view(name: Name, session: Session) -> t.StructType | None:
    """The columns of a session's temporary view as they were found when it was made.

    Asking Spark to describe it would analyse its query once more, which dbt does several times a model.
    """
    if len(name) != 1:
        return None
    inner: Any = session.spark._jsparkSession
    found = inner.sessionState().catalog().getRawTempView(name[0])
    if not found.isDefined():
        return None
    return t.StructType.fromJson(json.loads(found.get().tableMeta().schema().json()))


def _function_lines(function: FunctionRecord, is_extended: bool) -> list[str]:
    details = function.details
    inputs = [f"{each['name']} {each['full_data_type'].upper()}" for each in details.get("parameters", ())]
    columns = [f"{each['name']} {each['full_data_type'].upper()}" for each in details.get("columns", ())]
    returns = columns or [details.get("full_data_type", "").upper()]
    labelled = [
        ("Function", [".".join((*split(function.schema), function.name))]),
        ("Type", ["TABLE" if details.get("data_type") == "TABLE" else "SCALAR"]),
        ("Input", inputs or ["()"]),
        ("Returns", returns),
    ]
    if is_extended:
        labelled += [
            ("Comment", [details["comment"]] if "comment" in details else []),
            ("Deterministic", ["false" if details.get("is_deterministic") == "NO" else "true"]),
            ("Data Access", [details.get("sql_data_access", "CONTAINS_SQL").replace("_", " ")]),
            ("Owner", ["root"]),
            ("Body", [details["definition"]] if "definition" in details else []),
        ]
    width = max(len(label) for label, _ in labelled) + 2
    return [
        f"{f'{label}:' if index == 0 else '':<{width}}{text}"
        for label, texts in labelled
        for index, text in enumerate(texts)
    ]


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%a %b %d %H:%M:%S UTC %Y")
