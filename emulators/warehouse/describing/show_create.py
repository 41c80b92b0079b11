"""Writes the statement that makes a relation, as SHOW CREATE TABLE gives it: Delta's own form has none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from emulators.warehouse.catalog.kinds import MATERIALIZED_VIEW, METRIC_VIEW, STREAMING_TABLE
from emulators.warehouse.catalog.records.columns import ColumnRecord
from emulators.warehouse.catalog.records.keys import key_definition
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.names import split
from emulators.warehouse.sql import type_names
from emulators.warehouse.sql.quoting import literal, quoted
from emulators.warehouse.sql.statements import Key
from emulators.warehouse.sql.table_properties import shown

_KINDS = {MATERIALIZED_VIEW: "MATERIALIZED VIEW", STREAMING_TABLE: "STREAMING TABLE"}


def definition(
    relation: Relation,
    columns: Sequence[ColumnRecord],
    keys: Sequence[tuple[str, Key, tuple[str, str] | None]],
) -> str:
    """The CREATE statement of a recorded relation, without a semicolon."""
    is_view = relation.type == "VIEW"
    kind = _KINDS.get(relation.type) or ("VIEW" if "VIEW" in relation.type else "TABLE")
    items = [_column(each, is_view) for each in columns]
    items += [
        f"  CONSTRAINT {quoted((name,))} {key_definition(key, parent)}{' RELY' if key.is_rely else ''}"
        for name, key, parent in keys
    ]
    full_name = ".".join(map(_name, (*split(relation.schema), relation.name)))
    lines = [f"CREATE {kind} {full_name} (", ",\n".join(items) + ")"]
    if kind == "TABLE":
        lines.append(f"USING {relation.format}")
    partitions = [_name(each.name) for each in columns if each.is_partition]
    if partitions:
        lines.append(f"PARTITIONED BY ({', '.join(partitions)})")
    if relation.clustering_columns:
        lines.append(f"CLUSTER BY ({', '.join(map(_name, relation.clustering_columns))})")
    elif relation.is_auto_clustered:
        lines.append("CLUSTER BY AUTO")
    if relation.type == METRIC_VIEW:
        lines += ["WITH METRICS", "LANGUAGE YAML"]
    if relation.comment:
        lines.append(f"COMMENT {literal(relation.comment)}")
    if relation.type == "EXTERNAL" and relation.location:
        lines.append(f"LOCATION {literal(relation.location)}")
    if properties := shown(relation.properties):
        pairs = (f"  {literal(name)} = {literal(text)}" for name, text in sorted(properties.items()))
        lines.append("TBLPROPERTIES (\n" + ",\n".join(pairs) + ")")
    if relation.type == METRIC_VIEW:
        lines.append(f"AS $${relation.definition}$$")
    elif relation.definition:
        lines.append(f"AS {relation.definition}")
    return "\n".join(lines) + "\n"


def _column(column: ColumnRecord, is_view: bool) -> str:
    parts = [f"  {_name(column.name)}"]
    if not is_view:
        parts.append(type_names.sql_name(column.type))
        if not column.is_nullable:
            parts.append("NOT NULL")
        if column.default is not None:
            parts.append(f"DEFAULT {column.default}")
        if column.generation:
            parts.append(column.generation)
    if column.comment:
        parts.append(f"COMMENT {literal(column.comment)}")
    return " ".join(parts)


def _name(part: str) -> str:
    """A part of a name, in backticks where it cannot do without."""
    return part if re.fullmatch(r"\w+", part, re.ASCII) and not part.isdigit() else quoted((part,))
