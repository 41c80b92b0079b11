"""What becomes of a table's settings while its old files are deleted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.dbt.rendering import Relation, Rendering, Rows
from tests.unit.dbt.test_schemas import model

TABLE = Relation("main", "silver", "orders")
RETENTION = "delta.deletedFileRetentionDuration"
NOTE = "order_intelligence.retention_before_erasure"
OPTIMIZATION = "order_intelligence.optimization_before_erasure"


class Table:
    """A table of the warehouse: its properties, and whether it is optimized without being told to."""

    def __init__(self, optimization: str | None = None, **properties: str) -> None:
        self.optimization = optimization
        self.properties = {name.replace("__", "."): value for name, value in properties.items()}
        self.fails_at: str | None = None
        self.at_vacuum: dict[str, Any] = {}

    def answer(self, statement: str) -> Rows:
        if self.fails_at and statement.startswith(self.fails_at):
            raise ConnectionError
        if statement.startswith("show tblproperties"):
            return list(self.properties.items())
        if statement.startswith("describe"):
            return [["id", "string"], ["Predictive Optimization", self.optimization]]
        if statement.startswith("vacuum"):
            self.at_vacuum = self.properties | {"optimization": self.optimization}
        change = statement.removeprefix(f"alter table {TABLE} ")
        if change.startswith("set tblproperties ("):
            for pair in change.split("(", 1)[1][:-1].split("', "):
                name, value = pair.split(" = ")
                self.properties[name.strip("'")] = value.strip("'")
        elif change.startswith("unset tblproperties ("):
            for name in change.split("(", 1)[1][:-1].split(", "):
                del self.properties[name.strip("'")]
        elif change.endswith(" predictive optimization"):
            words = {"disable": "DISABLE", "enable": "ENABLE", "inherit": "ENABLE (inherited from SCHEMA s)"}
            self.optimization = words[change.split()[0]]
        return []

    def state(self) -> tuple[dict[str, str], str | None]:
        return dict(self.properties), self.optimization


TABLES = [
    {},
    {"delta__deletedFileRetentionDuration": "interval 30 days"},
    {"optimization": "ENABLE"},
    {"optimization": "ENABLE (inherited from SCHEMA s)"},
    {"optimization": "DISABLE", "delta__deletedFileRetentionDuration": "interval 7 days"},
]


@pytest.mark.parametrize("settings", TABLES)
def test_settings_are_as_before(settings: dict[str, str]) -> None:
    table = Table(**settings)
    before = table.state()
    Rendering(answer=table.answer).call("erase_old_files", TABLE, "lite")
    assert table.state() == before


@pytest.mark.parametrize("settings", TABLES)
def test_nobody_else_deletes_files_meanwhile(settings: dict[str, str]) -> None:
    table = Table(**settings)
    Rendering(answer=table.answer).call("erase_old_files", TABLE, "lite")
    assert table.at_vacuum[RETENTION] == "interval 0 hours"
    assert table.at_vacuum["optimization"] in (None, "DISABLE")


@pytest.mark.parametrize("settings", TABLES)
@pytest.mark.parametrize(
    "step",
    [
        f"alter table {TABLE} disable",
        f"alter table {TABLE} set tblproperties ('{RETENTION}' = 'interval 0 hours'",
        "vacuum",
        f"alter table {TABLE} set tblproperties ('{RETENTION}' = 'interval 30",
        f"alter table {TABLE} unset tblproperties ('{RETENTION}'",
        f"alter table {TABLE} inherit",
        f"alter table {TABLE} enable",
        f"alter table {TABLE} unset tblproperties ('{NOTE}'",
    ],
)
def test_the_next_run_puts_back_what_an_interrupted_one_left(settings: dict[str, str], step: str) -> None:
    table = Table(**settings)
    before = table.state()
    rendering = Rendering(answer=table.answer)
    table.fails_at = step
    try:
        rendering.call("erase_old_files", TABLE, "lite")
    except ConnectionError:
        assert NOTE in table.properties
    table.fails_at = None
    rendering.call("erase_old_files", TABLE, "lite")
    assert table.state() == before


@pytest.mark.parametrize(
    ("properties", "found"),
    [
        ({}, []),
        ({RETENTION: "interval 7 days"}, []),
        ({RETENTION: "interval 10 hours"}, []),
        ({RETENTION: "interval 0 hours"}, [f"{RETENTION} is interval 0 hours"]),
        ({RETENTION: "INTERVAL 0 DAYS"}, [f"{RETENTION} is INTERVAL 0 DAYS"]),
        ({NOTE: "default"}, [f"{NOTE} is default"]),
        ({OPTIMIZATION: "inherit"}, [f"{OPTIMIZATION} is inherit"]),
        (
            {"order_intelligence.append_only_before_erasure": "true"},
            ["order_intelligence.append_only_before_erasure is true"],
        ),
        ({"order_intelligence.run_state": "{}"}, []),
    ],
)
def test_tables_that_were_left_half_way_are_named(properties: dict[str, str], found: list[str]) -> None:
    rendering = Rendering(
        answer=lambda statement: list(properties.items()),
        nodes=[model("orders", "silver", "customer_name")],
    )
    findings = rendering.call("interrupted_erasures")
    assert [each["finding"] for each in findings] == found
    assert {str(each["relation"]) for each in findings} <= {str(TABLE)}
