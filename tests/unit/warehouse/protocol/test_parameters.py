from __future__ import annotations

import pytest
from databricks.sql.parameters.native import (
    ArrayParameter,
    IntegerParameter,
    MapParameter,
    StringParameter,
    VoidParameter,
)

from emulators.warehouse.errors import SqlError
from emulators.warehouse.protocol.parameters import literal, literals_of


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("STRING", "it's \\", r"'it\'s \\'"),
        ("BIGINT", "-41", "-41L"),
        ("DECIMAL", "1.50", "1.50BD"),
        ("DOUBLE", "1e-3", "1e-3D"),
        ("BOOLEAN", "True", "True"),
        ("DATE", "2024-02-29", "DATE'2024-02-29'"),
        ("TIMESTAMP", "2024-01-01 00:00:00+00:00", "TIMESTAMP'2024-01-01 00:00:00+00:00'"),
    ],
)
def test_a_value_is_a_literal_of_its_type(kind: str, text: str, expected: str) -> None:
    assert literal(kind, text) == expected


@pytest.mark.parametrize(
    ("kind", "text"),
    [("INT", "1 or 1=1"), ("DATE", "2024-01-01' or '1"), ("BOOLEAN", "maybe"), ("INTERVAL", "1 day")],
)
def test_what_is_not_a_value_of_its_type_is_refused(kind: str, text: str) -> None:
    with pytest.raises(SqlError):
        literal(kind, text)


def test_every_parameter_of_the_driver_has_a_literal() -> None:
    parameters = [
        StringParameter("x", "s"),
        VoidParameter(None, "n"),
        ArrayParameter([1, "a", [None]], "a"),
        MapParameter({"k": 1.5, "l": 2.5}, "m"),
    ]

    assert literals_of([each.as_tspark_param(named=True) for each in parameters]) == {
        "s": "'x'",
        "n": "null",
        "a": "array(1, 'a', array(null))",
        "m": "map('k', 1.5D, 'l', 2.5D)",
    }
    assert literals_of([IntegerParameter(1).as_tspark_param(named=False)]) == ["1"]
    assert literals_of(None) == []
