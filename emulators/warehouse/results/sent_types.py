"""What the values of a result travel as: no Arrow type of variants and intervals is read by every driver."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name everyone gives it
from pyspark.sql import types as t

SENT_AS_TEXT = (t.YearMonthIntervalType, t.DayTimeIntervalType, t.CalendarIntervalType, t.VariantType)
"""Types that travel as strings: `1-2`, `1 02:03:04.000000000`, JSON."""

_DAY_TO_SECOND = r"'([^.]*)(\.(.*))?'"


def contains(kind: t.DataType, wanted: tuple[type[t.DataType], ...]) -> bool:
    """Whether a type is one of those wanted, or has one inside."""
    if isinstance(kind, wanted):
        return True
    if isinstance(kind, t.ArrayType):
        return contains(kind.elementType, wanted)
    if isinstance(kind, t.MapType):
        return contains(kind.keyType, wanted) or contains(kind.valueType, wanted)
    if isinstance(kind, t.StructType):
        return any(contains(each.dataType, wanted) for each in kind)
    return False


def sent_type(kind: t.DataType) -> t.DataType:
    """The type as which one travels: text in the place of what Arrow has no type for, wherever that stands.

    Fields of a struct whose names come twice are told apart, as Arrow wants it.
    """
    if isinstance(kind, SENT_AS_TEXT):
        return t.StringType()
    if isinstance(kind, t.ArrayType):
        return t.ArrayType(sent_type(kind.elementType), kind.containsNull)
    if isinstance(kind, t.MapType):
        return t.MapType(sent_type(kind.keyType), sent_type(kind.valueType), kind.valueContainsNull)
    if isinstance(kind, t.StructType):
        names = unique(each.name for each in kind)
        return t.StructType(
            [
                t.StructField(name, sent_type(each.dataType), each.nullable, each.metadata)
                for name, each in zip(names, kind, strict=True)
            ]
        )
    return kind


def sent(column: Column, kind: t.DataType) -> Column:
    """The column of a query, made in Spark what it travels as."""
    if sent_type(kind) == kind:
        return column
    if isinstance(kind, t.YearMonthIntervalType):
        text = column.cast("interval year to month").cast("string")
        return F.when(column.isNotNull(), F.regexp_extract(text, "'(.*)'", 1))
    if isinstance(kind, t.DayTimeIntervalType):
        text = column.cast("interval day to second").cast("string")
        seconds, fraction = (F.regexp_extract(text, _DAY_TO_SECOND, group) for group in (1, 3))
        return F.when(column.isNotNull(), F.concat(seconds, F.lit("."), F.rpad(fraction, 9, "0")))
    if isinstance(kind, t.CalendarIntervalType):
        return column.cast("string")
    if isinstance(kind, t.ArrayType):
        return F.transform(column, lambda each: sent(each, kind.elementType))
    if isinstance(kind, t.MapType):
        keys = F.transform(F.map_keys(column), lambda each: sent(each, kind.keyType))
        values = F.transform(F.map_values(column), lambda each: sent(each, kind.valueType))
        return F.map_from_arrays(keys, values)
    if isinstance(kind, t.StructType):
        names = unique(each.name for each in kind)
        inner = [each.name for each in kind]
        fields = column
        if names != inner:  # a name that comes twice finds neither of its fields
            inner = [f"f{index}" for index in range(len(inner))]
            numbered = [t.StructField(name, each.dataType) for name, each in zip(inner, kind, strict=True)]
            fields = column.cast(t.StructType(numbered))
        found = [
            sent(fields.getField(place), each.dataType).alias(name)
            for place, name, each in zip(inner, names, kind, strict=True)
        ]
        return F.when(column.isNotNull(), F.struct(*found))
    return F.to_json(column)


def unique(names: Iterable[str]) -> list[str]:
    """Names told apart: Arrow tables with a name that comes twice cannot be put together."""
    found: dict[str, None] = {}
    for each in names:
        name, count = each, 0
        while name in found:
            count += 1
            name = f"{each}_{count}"
        found[name] = None
    return list(found)
