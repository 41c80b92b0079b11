from __future__ import annotations

import json
from dataclasses import replace

import pytest
from pyspark.sql import types as t

from emulators.warehouse.catalog.records.columns import ColumnRecord
from emulators.warehouse.catalog.records.derived import MaterializedView, Refresh
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.describing import describe
from emulators.warehouse.describing.show_create import definition
from emulators.warehouse.sql.statements import Key, Mask, RowFilter
from emulators.warehouse.sql.type_names import as_json

RELATION = Relation(
    schema="gold",
    name="t",
    type="MANAGED",
    provider="delta",
    location="file:/gold/t",
    comment="One row per thing.",
    definition=None,
    properties={"delta.enableRowTracking": "true"},
    delta_version=3,
    clustering_columns=("a", "b"),
    is_auto_clustered=True,
    created="2024-01-02 03:04:05.000000",
    last_altered="2024-01-02 03:04:05.000000",
)
COLUMNS = [
    ColumnRecord("a", t.StringType(), False, "The key.", False),
    ColumnRecord("b", t.DecimalType(12, 2), True, None, True),
]


def test_details_follow_the_columns() -> None:
    rows = describe.rows(RELATION, COLUMNS, is_extended=True)

    assert rows[:2] == [("a", "string", "The key."), ("b", "decimal(12,2)", None)]
    assert rows[2:5] == [
        ("# Partition Information", "", ""),
        ("# col_name", "data_type", "comment"),
        ("b", "decimal(12,2)", None),
    ]
    details = {name: value for name, value, _ in rows[7:]}
    assert details["Type"] == "MANAGED"
    assert details["Comment"] == "One row per thing."
    assert details["Created Time"] == "Tue Jan 02 03:04:05 UTC 2024"
    assert "Refresh Schedule" not in details
    assert describe.rows(RELATION, COLUMNS, is_extended=False) == rows[:5]


@pytest.mark.parametrize(("schedule", "shown"), [(None, "MANUAL"), ("EVERY 2 HOURS", "EVERY 2 HOURS")])
def test_a_materialized_view_tells_its_schedule(schedule: str | None, shown: str) -> None:
    view = MaterializedView("gold", "t", "select 1", "*", "default", schedule, "2024-01-02 03:04:05.000000")

    refreshes = [Refresh("", "", 3, None), Refresh("", "", None, "[DIVIDE_BY_ZERO] …")]
    details = {name: value for name, value, _ in describe.refresh_rows(view, refreshes)}

    assert details["Refresh Schedule"] == shown
    assert details["Last Refreshed"] == "Tue Jan 02 03:04:05 UTC 2024"
    assert details["Latest Refresh Status"] == "Failed"
    assert details["Latest Refresh Error"] == "[DIVIDE_BY_ZERO] …"


def test_row_filters_and_masks_are_written_as_the_adapter_parses_them() -> None:
    row_filter = RowFilter(("c", "s", "keep"), ("a", "b"))
    masks = [Mask("a", ("c", "s", "hide"), "b, x")]

    found = json.loads(describe.as_json(RELATION, COLUMNS, None, [], row_filter, masks))

    function = {"catalog_name": "c", "schema_name": "s"}
    assert found["row_filter"] == {
        "function_name": {**function, "function_name": "keep"},
        "column_names": ["a", "b"],
    }
    assert found["column_masks"] == [
        {
            "column_name": "a",
            "function_name": {**function, "function_name": "hide"},
            "using_column_names": ["b", "x"],
        }
    ]


def test_a_definition_makes_the_relation_again() -> None:
    keys = [
        ("uk", Key("uk", "UNIQUE", ("b",)), None),
        ("pk", Key("pk", "PRIMARY KEY", ("a",), is_rely=True), None),
    ]

    assert definition(RELATION, COLUMNS, keys) == (
        "CREATE TABLE spark_catalog.gold.t (\n"
        "  a STRING NOT NULL COMMENT 'The key.',\n"
        "  b DECIMAL(12,2),\n"
        "  CONSTRAINT `uk` UNIQUE (`b`),\n"
        "  CONSTRAINT `pk` PRIMARY KEY (`a`) RELY)\n"
        "USING delta\n"
        "PARTITIONED BY (b)\n"
        "CLUSTER BY (a, b)\n"
        "COMMENT 'One row per thing.'\n"
        "TBLPROPERTIES (\n"
        "  'delta.enableRowTracking' = 'true')\n"
    )


def test_a_definition_quotes_names_and_tells_defaults() -> None:
    columns = [ColumnRecord("a b", t.IntegerType(), True, None, True, "5"), *COLUMNS[:1]]

    lines = definition(replace(RELATION, clustering_columns=("a b",)), columns, []).splitlines()

    assert lines[1] == "  `a b` INT DEFAULT 5,"
    assert json.loads(describe.as_json(RELATION, columns, None, []))["columns"][0]["default"] == "5"
    assert lines[4:6] == ["PARTITIONED BY (`a b`)", "CLUSTER BY (`a b`)"]


def test_properties_tell_clustering_as_the_adapter_reads_it() -> None:
    assert describe.properties(RELATION) == {
        "delta.enableRowTracking": "true",
        "clusterByAuto": "true",
        "clusteringColumns": '[["a"],["b"]]',
    }


def test_constraints_are_written_as_the_adapter_parses_them() -> None:
    keys = [
        ("pk", Key("pk", "PRIMARY KEY", ("a`b",)), None),
        ("fk", Key("fk", "FOREIGN KEY", ("x", "y"), (), ("a", "b")), ("s", "p")),
    ]

    found = json.loads(describe.as_json(RELATION, COLUMNS, None, keys))

    assert found["table_constraints"] == (
        "[(pk,PRIMARY KEY (`a``b`)), "
        "(fk,FOREIGN KEY (`x`, `y`) REFERENCES `spark_catalog`.`s`.`p` (`a`, `b`))]"
    )
    assert found["columns"][0] == {
        "name": "a",
        "type": {"name": "string", "collation": "UTF8_BINARY"},
        "nullable": False,
        "comment": "The key.",
    }


def test_nested_types_are_written_as_databricks_documents_them() -> None:
    kind = t.MapType(t.StringType(), t.ArrayType(t.StructType([t.StructField("x", t.TimestampType())])))

    assert as_json(kind) == {
        "name": "map",
        "key_type": {"name": "string", "collation": "UTF8_BINARY"},
        "value_type": {
            "name": "array",
            "element_type": {
                "name": "struct",
                "fields": [{"name": "x", "type": {"name": "timestamp_ltz"}, "nullable": True}],
            },
            "element_nullable": True,
        },
        "value_nullable": True,
    }
