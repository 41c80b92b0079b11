from __future__ import annotations

import pytest

from emulators.warehouse.errors import SqlError
from emulators.warehouse.parameters import literal


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
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
