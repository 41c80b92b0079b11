from __future__ import annotations

from emulators.warehouse.sql.routines import details


def test_a_function_tells_its_parameters_and_its_result() -> None:
    assert details(
        "create or replace function unity3_dev_s.f(x decimal(12,2) default 1.0 comment 'In', y "
        "array<struct<a:int>>) "
        "returns decimal(10, 2) comment 'Out' not deterministic return x + unity3_dev_s.g(y);"
    ) == {
        "parameters": [
            {
                "name": "x",
                "data_type": "DECIMAL",
                "full_data_type": "decimal(12,2)",
                "numeric_precision": 12,
                "numeric_scale": 2,
                "default": "1.0",
                "comment": "In",
            },
            {"name": "y", "data_type": "ARRAY", "full_data_type": "array<struct<a:int>>"},
        ],
        "data_type": "DECIMAL",
        "full_data_type": "decimal(10,2)",
        "numeric_precision": 10,
        "numeric_scale": 2,
        "comment": "Out",
        "is_deterministic": "NO",
        "definition": "x + s.g(y)",
    }


def test_a_table_function_tells_its_columns() -> None:
    found = details("create function f() returns table (a bigint comment 'A', b string) return select 1, 'x'")

    assert found["data_type"] == "TABLE"
    assert found["columns"] == [
        {"name": "a", "data_type": "LONG", "full_data_type": "bigint", "comment": "A"},
        {"name": "b", "data_type": "STRING", "full_data_type": "string"},
    ]


def test_what_is_no_function_of_sql_tells_nothing() -> None:
    assert details("create temporary function f as 'some.Class'") == {}
