"""Spark's types in the words of the information schema and of DESCRIBE … AS JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import types as t

from emulators.warehouse.sql.quoting import quoted

_LOGICAL_NAMES: dict[type[t.DataType], str] = {
    t.ByteType: "BYTE",
    t.ShortType: "SHORT",
    t.IntegerType: "INT",
    t.LongType: "LONG",
    t.TimestampType: "TIMESTAMP",
    t.TimestampNTZType: "TIMESTAMP_NTZ",
    t.NullType: "VOID",
    t.YearMonthIntervalType: "INTERVAL",
    t.DayTimeIntervalType: "INTERVAL",
    t.CharType: "STRING",
    t.VarcharType: "STRING",
}

_NUMERIC_PRECISION: dict[type[t.DataType], int] = {
    t.ByteType: 3,
    t.ShortType: 5,
    t.IntegerType: 10,
    t.LongType: 19,
    t.FloatType: 24,
    t.DoubleType: 53,
}


_DECLARED = "__CHAR_VARCHAR_TYPE_STRING"
"""Where a schema keeps the whole type of a column that has CHAR(n) or VARCHAR(n) in it: the type itself has
strings there."""

_LENGTH = re.compile(r"(char|varchar)\((\d+)\)")
_SIMPLE = re.compile(r"[^,<>(]*(?:\([^)]*\))?")

_Node = str | list["_Node"] | dict[str, "_Node"]
"""A type's text as read: a simple type, the parts of an array or map, or the fields of a struct."""


def declared(kind: t.DataType, metadata: Mapping[str, Any] | None) -> t.DataType:
    """The type of a column as it was declared: CHAR(n) and VARCHAR(n) are strings in Spark's own.

    Args:
        kind: the type in the schema.
        metadata: of the column in the schema.
    """
    text = (metadata or {}).get(_DECLARED)
    return _with_lengths(kind, _TypeText(text).read()) if text else kind


def _with_lengths(kind: t.DataType, node: _Node | None) -> t.DataType:
    """The type with the lengths that its text has; what the two do not share stays as it is in the type."""
    if isinstance(kind, t.StringType) and isinstance(node, str) and (found := _LENGTH.fullmatch(node)):
        length = int(found[2])
        return t.CharType(length) if found[1] == "char" else t.VarcharType(length)
    if isinstance(kind, t.ArrayType) and isinstance(node, list):
        return t.ArrayType(_with_lengths(kind.elementType, node[0]), kind.containsNull)
    if isinstance(kind, t.MapType) and isinstance(node, list):
        key, value = _with_lengths(kind.keyType, node[0]), _with_lengths(kind.valueType, node[-1])
        return t.MapType(key, value, kind.valueContainsNull)
    if isinstance(kind, t.StructType) and isinstance(node, dict):
        in_order: Sequence[_Node | None] = (
            list(node.values()) if len(node) == len(kind) else [None] * len(kind)
        )
        return t.StructType(
            [
                t.StructField(
                    each.name,
                    # A field that was renamed has its old name in the text.
                    _with_lengths(each.dataType, node.get(each.name, other)),
                    each.nullable,
                    each.metadata,
                )
                for each, other in zip(kind, in_order, strict=True)
            ]
        )
    return kind


class _TypeText:
    """Reads the text of a type, such as `struct<code:varchar(3),tags:array<char(2)>>`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def read(self) -> _Node:
        if self._accept("array<") or self._accept("map<"):
            parts = [self.read()]
            while self._accept(","):
                parts.append(self.read())
            self._accept(">")
            return parts
        if self._accept("struct<"):
            fields: dict[str, _Node] = {}
            while self._at < len(self._text) and not self._accept(">"):
                name = self._up_to(":")
                fields[name.strip("`")] = self.read()
                self._accept(",")
            return fields
        found = _SIMPLE.match(self._text, self._at)
        self._at = found.end() if found else len(self._text)
        return found[0] if found else ""

    def _accept(self, text: str) -> bool:
        is_there = self._text.startswith(text, self._at)
        self._at += len(text) if is_there else 0
        return is_there

    def _up_to(self, mark: str) -> str:
        name, _, _ = self._text[self._at :].partition(mark)
        self._at += len(name) + len(mark)
        return name


def data_type(kind: t.DataType) -> str:
    """`columns.data_type`: the simple name, e.g. `DECIMAL`, `LONG`, `ARRAY`."""
    return _LOGICAL_NAMES.get(type(kind)) or kind.typeName().upper()


def full_data_type(kind: t.DataType) -> str:
    """`columns.full_data_type`: as in a definition, e.g. `decimal(12,2)`, `array<bigint>`."""
    return str(kind.simpleString())


def sql_name(kind: t.DataType) -> str:
    """The type as SQL writes it, e.g. `DECIMAL(12,2)`, `STRUCT<city: STRING>`."""
    if isinstance(kind, t.ArrayType):
        return f"ARRAY<{sql_name(kind.elementType)}>"
    if isinstance(kind, t.MapType):
        return f"MAP<{sql_name(kind.keyType)}, {sql_name(kind.valueType)}>"
    if isinstance(kind, t.StructType):
        return "STRUCT<" + ", ".join(f"{_field_name(each)}: {sql_name(each.dataType)}" for each in kind) + ">"
    return str(kind.simpleString()).upper()


def _field_name(field: t.StructField) -> str:
    return field.name if re.fullmatch(r"\w+", field.name, re.ASCII) else quoted((field.name,))


def numeric_precision(kind: t.DataType) -> int | None:
    """Digits (decimal, integers) or bits (floats) of a numeric type."""
    return kind.precision if isinstance(kind, t.DecimalType) else _NUMERIC_PRECISION.get(type(kind))


def as_json(kind: t.DataType) -> dict[str, Any]:
    """The type as DESCRIBE … AS JSON writes it."""
    if isinstance(kind, t.DecimalType):
        return {"name": "decimal", "precision": kind.precision, "scale": kind.scale}
    if isinstance(kind, t.ArrayType):
        return {
            "name": "array",
            "element_type": as_json(kind.elementType),
            "element_nullable": kind.containsNull,
        }
    if isinstance(kind, t.MapType):
        return {
            "name": "map",
            "key_type": as_json(kind.keyType),
            "value_type": as_json(kind.valueType),
            "value_nullable": kind.valueContainsNull,
        }
    if isinstance(kind, t.StructType):
        fields = [
            {"name": each.name, "type": as_json(each.dataType), "nullable": each.nullable} for each in kind
        ]
        return {"name": "struct", "fields": fields}
    if isinstance(kind, t.VarcharType | t.CharType):
        return {"name": kind.typeName(), "length": kind.length}
    if isinstance(kind, t.StringType):
        return {"name": "string", "collation": kind.collation}
    if isinstance(kind, t.TimestampType):
        return {"name": "timestamp_ltz"}
    return {"name": kind.simpleString()}
