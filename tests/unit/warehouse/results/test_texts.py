from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import types as t
from pyspark.sql.pandas.types import to_arrow_type

from emulators.warehouse.results.sent_types import sent_type, unique
from emulators.warehouse.results.texts import as_texts

VARIANT, INTERVAL = t.VariantType(), t.DayTimeIntervalType()


def struct(*fields: tuple[str, t.DataType]) -> t.StructType:
    return t.StructType([t.StructField(*each) for each in fields])


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (
            struct(("sku", t.StringType()), ("end", t.DateType()), ("attrs", VARIANT)),
            {"sku": "a", "end": None, "attrs": '{"x":1}'},
            '{"sku":"a","end":null,"attrs":{"x":1}}',
        ),
        (
            struct(("at", t.TimestampType()), ("took", INTERVAL)),
            {"at": datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), "took": "1 00:00:00.000000000"},
            '{"at":"2024-01-02 03:04:05","took":"1 00:00:00.000000000"}',
        ),
        (t.ArrayType(VARIANT), ["1", None, "null", '"s"'], '[1,null,null,"s"]'),
        (t.MapType(t.StringType(), INTERVAL), [("k", "1"), ("n", None)], '{"k":"1","n":null}'),
        (t.MapType(INTERVAL, t.ArrayType(VARIANT)), [("1", ["{}"])], '{"1":[{}]}'),
        (
            struct(("a", t.IntegerType()), ("a", struct(("v", VARIANT), ("d", t.DecimalType(3, 2))))),
            {"a": 1, "a_1": {"v": None, "d": Decimal("1.50")}},
            '{"a":1,"a":{"v":null,"d":1.50}}',
        ),
        (
            t.ArrayType(t.DoubleType()),
            [1.5, float("nan"), float("inf"), -float("inf")],
            '[1.5,"NaN","Infinity","-Infinity"]',
        ),
        (VARIANT, '{"x":1}', '{"x":1}'),
        (t.DateType(), date(2024, 1, 2), "2024-01-02"),
    ],
)
def test_a_value_is_worded_by_its_type_wherever_it_stands(kind: t.DataType, value: Any, text: str) -> None:
    array = pa.array([value, None], to_arrow_type(sent_type(kind), timezone="UTC"))
    assert as_texts(array, kind).to_pylist() == [text, None]


def test_what_arrow_has_no_type_for_travels_as_text_and_the_rest_as_it_is() -> None:
    kind = struct(
        ("a", t.ArrayType(VARIANT)), ("m", t.MapType(INTERVAL, t.LongType())), ("b", t.BinaryType())
    )
    assert sent_type(kind).simpleString() == "struct<a:array<string>,m:map<string,bigint>,b:binary>"
    plain = t.StructType([t.StructField("a", t.ArrayType(t.DateType()), False, {"comment": "Days."})])
    assert sent_type(plain) == plain


def test_names_are_told_apart() -> None:
    assert unique(["a", "a_1", "a", "a", "A"]) == ["a", "a_1", "a_2", "a_3", "A"]
