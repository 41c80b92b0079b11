"""Spark's types in the words of the information schema and of DESCRIBE … AS JSON."""

from __future__ import annotations

from typing import Any

from pyspark.sql import types as t

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
        return "STRUCT<" + ", ".join(f"{each.name}: {sql_name(each.dataType)}" for each in kind) + ">"
    return str(kind.simpleString()).upper()


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
