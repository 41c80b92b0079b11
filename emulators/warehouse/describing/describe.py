"""Descriptions of relations as Databricks words them: DESCRIBE, DESCRIBE EXTENDED, AS JSON, properties."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pyspark.sql import types as t

from emulators.warehouse.catalog.kinds import MANUAL, MATERIALIZED_VIEW, STREAMING_TABLE
from emulators.warehouse.catalog.records.columns import ColumnRecord
from emulators.warehouse.catalog.records.derived import MaterializedView, Refresh
from emulators.warehouse.catalog.records.keys import key_definition
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.clock import TIME
from emulators.warehouse.names import split
from emulators.warehouse.sql import type_names
from emulators.warehouse.sql.statements import Key, Mask, Name, RowFilter
from emulators.warehouse.sql.table_properties import shown

Row = tuple[str, str | None, str | None]


def rows(
    relation: Relation,
    columns: Sequence[ColumnRecord],
    is_extended: bool,
) -> list[Row]:
    """The rows of `DESCRIBE [EXTENDED]`: columns, partitions and, when extended, the details."""
    found: list[Row] = [(each.name, type_names.full_data_type(each.type), each.comment) for each in columns]
    partitions = [each for each in columns if each.is_partition]
    if partitions:
        found += [("# Partition Information", "", ""), ("# col_name", "data_type", "comment")]
        found += [(each.name, type_names.full_data_type(each.type), each.comment) for each in partitions]
    if not is_extended:
        return found
    details = _details(relation)
    found += [("", "", ""), ("# Detailed Table Information", "", "")]
    return found + [(name, value, "") for name, value in details if value is not None]


def refresh_rows(view: MaterializedView, refreshes: Sequence[Refresh]) -> list[Row]:
    """What `DESCRIBE EXTENDED` says of the refreshes of a materialized view or streaming table."""
    last = refreshes[-1] if refreshes else None
    found: list[Row] = []
    if view.last_refreshed:
        found.append(("Last Refreshed", _moment(view.last_refreshed), ""))
    if last:
        status = "Canceled" if last.is_canceled else "Failed" if last.error else "Succeeded"
        found.append(("Latest Refresh Status", status, ""))
        if last.error:
            found.append(("Latest Refresh Error", last.error, ""))
    return [*found, ("Refresh Schedule", view.schedule or MANUAL, "")]


def constraint_rows(keys: Sequence[tuple[str, Key, tuple[str, str] | None]]) -> list[Row]:
    """What `DESCRIBE EXTENDED` says of keys."""
    found = [(name, key_definition(key, parent), "") for name, key, parent in keys]
    return [("", "", ""), ("# Constraints", "", ""), *found] if found else []


def policy_rows(row_filter: RowFilter | None, masks: Sequence[Mask]) -> list[Row]:
    """What `DESCRIBE EXTENDED` says of a row filter and of column masks."""
    found: list[Row] = []
    if row_filter:
        found += [("", "", ""), ("# Row Filter", "", "")]
        found += [
            ("Function", ".".join(row_filter.function), ""),
            ("Column Names", ", ".join(row_filter.columns), ""),
        ]
    if masks:
        found += [("", "", ""), ("# Column Masks", "", "")]
        found += [
            (each.column, ".".join(each.function), f"using {each.using}" if each.using else "")
            for each in masks
        ]
    return found


def information(relation: Relation, columns: Sequence[ColumnRecord]) -> str:
    """The `information` of SHOW TABLE EXTENDED: details, then the columns as a tree."""
    lines = [f"{name}: {value}" for name, value in _details(relation) if value is not None]
    if relation.type in (MATERIALIZED_VIEW, STREAMING_TABLE):
        lines.append(f"TYPE: {relation.type}")  # so is the line worded from which dbt takes the kind
    lines.append("Schema: root")
    lines += [
        f" |-- {each.name}: {type_names.full_data_type(each.type)} "
        f"(nullable = {str(each.is_nullable).lower()})"
        for each in columns
    ]
    return "\n".join(lines) + "\n\n"


def _details(relation: Relation) -> list[tuple[str, str | None]]:
    catalog, schema = split(relation.schema)
    shown = ", ".join(f"{name}={value}" for name, value in sorted(properties(relation).items()))
    return [
        ("Catalog", catalog),
        ("Database", schema),
        ("Table", relation.name),
        ("Owner", relation.owner),
        ("Created Time", _moment(relation.created)),
        ("Last Access", "UNKNOWN"),
        ("Created By", "Spark 4.2.0"),
        ("Type", relation.type),
        ("Provider", relation.format),
        ("Comment", relation.comment),
        ("Location", relation.location),
        ("View Text", relation.definition),
        ("Table Properties", f"[{shown}]" if shown else None),
    ]


def properties(relation: Relation) -> dict[str, str]:
    """`SHOW TBLPROPERTIES`, with the rows from which clients read clustering."""
    found = shown(relation.properties)
    if relation.is_auto_clustered:
        found["clusterByAuto"] = "true"
    if relation.clustering_columns:
        found["clusteringColumns"] = json.dumps(
            [[each] for each in relation.clustering_columns], separators=(",", ":")
        )
    return found


def as_json(
    relation: Relation,
    columns: Sequence[ColumnRecord],
    view: MaterializedView | None,
    keys: Sequence[tuple[str, Key, tuple[str, str] | None]],
    row_filter: RowFilter | None = None,
    masks: Sequence[Mask] = (),
) -> str:
    """The one value of `DESCRIBE TABLE EXTENDED … AS JSON`."""
    catalog, schema = split(relation.schema)
    found: dict[str, Any] = {
        "table_name": relation.name,
        "catalog_name": catalog,
        "namespace": [schema],
        "schema_name": schema,
        "columns": [_json_column(each) for each in columns],
        "created_time": relation.created[:19].replace(" ", "T") + "Z",
        "last_access": "UNKNOWN",
        "created_by": "Spark 4.2.0",
        "type": relation.type,
        "comment": relation.comment,
        "location": relation.location,
        "provider": relation.format,
        "owner": relation.owner,
        "view_text": relation.definition,
        "table_properties": properties(relation),
        "partition_columns": [each.name for each in columns if each.is_partition],
        "table_constraints": _json_constraints(keys),
        "column_masks": [
            {
                "column_name": each.column,
                "function_name": _json_function(each.function),
                "using_column_names": [part.strip() for part in each.using.split(",") if part],
            }
            for each in masks
        ],
    }
    if row_filter:
        found["row_filter"] = {
            "function_name": _json_function(row_filter.function),
            "column_names": list(row_filter.columns),
        }
    if view:
        found["refresh_information"] = {
            "last_refreshed": view.last_refreshed,
            "refresh_schedule": view.schedule or MANUAL,
        }
    return json.dumps({name: value for name, value in found.items() if value not in (None, [], {}, "")})


def json_columns(schema: t.StructType) -> list[dict[str, Any]]:
    """The `columns` of a description AS JSON."""
    return [
        _json_column(
            ColumnRecord(
                each.name,
                type_names.declared(each.dataType, each.metadata),
                each.nullable,
                (each.metadata or {}).get("comment"),
                False,
            )
        )
        for each in schema
    ]


def _json_column(column: ColumnRecord) -> dict[str, Any]:
    found = {"name": column.name, "type": type_names.as_json(column.type), "nullable": column.is_nullable}
    said = {"comment": column.comment, "default": column.default}
    return {**found, **{name: text for name, text in said.items() if text is not None}}


def _json_function(name: Name) -> dict[str, str]:
    return dict(zip(("catalog_name", "schema_name", "function_name"), name, strict=True))


def _json_constraints(keys: Sequence[tuple[str, Key, tuple[str, str] | None]]) -> str:
    """Keys as Databricks prints them: `[(name,PRIMARY KEY (`a`)), (name,FOREIGN KEY …)]`."""
    found = [f"({name},{key_definition(key, parent)})" for name, key, parent in keys]
    return f"[{', '.join(found)}]" if found else ""


def _moment(text: str) -> str:
    return datetime.strptime(text, TIME).strftime("%a %b %d %H:%M:%S UTC %Y")
