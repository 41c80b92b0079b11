from __future__ import annotations

import pytest
from pyspark.sql import types as t

from emulators.warehouse.sql import type_names

STRING = t.StringType()
PERSON = t.StructType(
    [
        t.StructField("code", STRING, False),
        t.StructField("tags", t.ArrayType(STRING)),
        t.StructField("size", t.DecimalType(10, 2)),
    ]
)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (STRING, "varchar(20)", "VARCHAR(20)"),
        (STRING, "char(2)", "CHAR(2)"),
        (STRING, None, "STRING"),
        (STRING, "", "STRING"),
        (t.LongType(), "varchar(20)", "BIGINT"),  # its type was changed since
        (t.ArrayType(STRING), "array<varchar(5)>", "ARRAY<VARCHAR(5)>"),
        (t.ArrayType(t.ArrayType(STRING)), "array<array<char(5)>>", "ARRAY<ARRAY<CHAR(5)>>"),
        (t.MapType(STRING, STRING), "map<string,varchar(9)>", "MAP<STRING, VARCHAR(9)>"),
        (t.MapType(STRING, t.DecimalType(3, 1)), "map<char(1),decimal(3,1)>", "MAP<CHAR(1), DECIMAL(3,1)>"),
        (
            PERSON,
            "struct<code:varchar(3),tags:array<char(2)>,size:decimal(10,2)>",
            "STRUCT<code: VARCHAR(3), tags: ARRAY<CHAR(2)>, size: DECIMAL(10,2)>",
        ),
        # Of fields that were renamed, added or removed since, the text does not know.
        (
            PERSON,
            "struct<old:varchar(3),tags:array<char(2)>,size:decimal(10,2)>",
            "STRUCT<code: VARCHAR(3), tags: ARRAY<CHAR(2)>, size: DECIMAL(10,2)>",
        ),
        (
            PERSON,
            "struct<`tags`:array<char(2)>,size:decimal(10,2)>",
            "STRUCT<code: STRING, tags: ARRAY<CHAR(2)>, size: DECIMAL(10,2)>",
        ),
        (PERSON, "struct<", "STRUCT<code: STRING, tags: ARRAY<STRING>, size: DECIMAL(10,2)>"),
        (PERSON, "struct<code", "STRUCT<code: STRING, tags: ARRAY<STRING>, size: DECIMAL(10,2)>"),
        (PERSON, "array<varchar(2)>", "STRUCT<code: STRING, tags: ARRAY<STRING>, size: DECIMAL(10,2)>"),
    ],
)
def test_lengths_of_texts_are_read_from_what_was_declared(
    kind: t.DataType, text: str | None, expected: str
) -> None:
    metadata = {} if text is None else {"__CHAR_VARCHAR_TYPE_STRING": text}

    assert type_names.sql_name(type_names.declared(kind, metadata)) == expected


def test_what_else_a_type_says_stays() -> None:
    text = "struct<code:varchar(3),tags:array<char(2)>,size:decimal(10,2)>"

    found = type_names.declared(PERSON, {"__CHAR_VARCHAR_TYPE_STRING": text})

    assert isinstance(found, t.StructType)
    assert not found["code"].nullable
    assert type_names.declared(PERSON, None) is PERSON


def test_lengths_are_told_wherever_types_are() -> None:
    code = t.VarcharType(20)

    assert type_names.full_data_type(code) == "varchar(20)"
    assert type_names.data_type(code) == "STRING"
    assert type_names.as_json(t.ArrayType(t.CharType(2))) == {
        "name": "array",
        "element_type": {"name": "char", "length": 2},
        "element_nullable": True,
    }
