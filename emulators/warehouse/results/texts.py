"""Values as text: what clients get that do not read a type natively."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyspark.sql import types as t

_NESTED = (t.ArrayType, t.MapType, t.StructType)


def as_texts(array: pa.Array, kind: t.DataType) -> pa.Array:
    """An Arrow array of values as one of their texts; nested values are JSON.

    Args:
        array: the values, as they travel.
        kind: their type in SQL.
    """
    word = _json if isinstance(kind, _NESTED) else lambda value, _: _text(value)
    texts = [None if each is None else word(each, kind) for each in array.to_pylist()]
    return pa.array(texts, pa.string())


def _text(value: Any) -> str:
    """A value as Spark prints it: no zeros behind the last digit of a fraction of a second."""
    if isinstance(value, datetime):
        text = value.replace(tzinfo=None).isoformat(" ")
        return text.rstrip("0") if value.microsecond else text
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if isinstance(value, date) else str(value)


def _json(value: Any, kind: t.DataType) -> str:
    """A nested value as JSON, every digit of its numbers kept, and its nulls."""
    if value is None:
        return "null"
    if isinstance(kind, t.MapType):
        pairs = (f"{_quoted(_text(key))}:{_json(each, kind.valueType)}" for key, each in value)
        return "{" + ",".join(pairs) + "}"
    if isinstance(kind, t.ArrayType):
        return "[" + ",".join(_json(each, kind.elementType) for each in value) + "]"
    if isinstance(kind, t.StructType):
        # By place: two fields may have one name.
        fields = zip(kind, value.values(), strict=True)
        pairs = (f"{_quoted(each.name)}:{_json(its, each.dataType)}" for each, its in fields)
        return "{" + ",".join(pairs) + "}"
    if isinstance(kind, t.VariantType):
        return str(value)  # JSON already
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return _quoted("NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity")
    return str(value) if isinstance(value, int | float | Decimal) else _quoted(_text(value))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
