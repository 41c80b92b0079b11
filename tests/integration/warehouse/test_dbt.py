"""A small dbt project, built twice: what the adapter sends, and that the second build changes nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.integration.warehouse.conftest import Warehouse

SENT = "select statement_text from system.query.history order by start_time"
ROWS = "select * from check.orders order by order_id"
FIRST_ORDERS = ["O1", "O2", "O3"]


def sent(warehouse: Warehouse) -> list[str]:
    """Every statement that the warehouse was sent, in order."""
    return [text for (text,) in warehouse.rows(SENT)]


def statements_of(warehouse: Warehouse, node: str, since: int) -> list[str]:
    """The first words of what one node sent, in order."""
    found = []
    for statement in sent(warehouse)[since:]:
        comment, _, rest = statement.partition("*/")
        if f'.{node}"' in comment:
            text = re.sub(r"--[^\n]*", "", rest)
            found.append(" ".join(text.split()).lower())
    return found


def statement_count(warehouse: Warehouse) -> int:
    return len(sent(warehouse))


def node_results(target: Path) -> dict[str, str]:
    results = json.loads((target / "run_results.json").read_text())["results"]
    return {each["unique_id"]: each["status"] for each in results}


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("target")


def test_the_first_build_makes_everything_and_warns_of_nothing(warehouse: Warehouse, target: Path) -> None:
    done = warehouse.dbt("build", target=target)

    assert done.returncode == 0, done.stdout + done.stderr
    assert set(node_results(target).values()) == {"success", "pass"}
    assert "WARN=0 ERROR=0 SKIP=0" in done.stdout
    assert "probe" not in done.stdout + done.stderr
    assert "Warning" not in done.stderr
    assert [row[0] for row in warehouse.rows(ROWS)] == FIRST_ORDERS
    assert warehouse.rows(
        "select table_name, table_type from information_schema.tables where table_schema = 'check' order by 1"
    ) == [
        ("mv_amount_by_state", "MATERIALIZED_VIEW"),
        ("orders", "MANAGED"),
        ("regions_sold", "MANAGED"),
        ("stg_orders", "VIEW"),
    ]


def test_docs_tags_and_constraints_are_there(warehouse: Warehouse, target: Path) -> None:
    assert warehouse.rows("describe check.orders")[0] == ("order_id", "string", "It's the key.")
    assert warehouse.rows(
        "select comment from information_schema.tables "
        "where table_schema = 'check' and table_name = 'stg_orders'"
    ) == [("Orders as they land; the author's own words.",)]
    assert warehouse.rows(
        "select tag_name, tag_value from information_schema.table_tags where table_name = 'orders'"
    ) == [("layer", "silver")]
    properties = dict(warehouse.rows("show tblproperties check.orders"))
    assert properties["delta.enableRowTracking"] == "true"
    assert properties["clusteringColumns"] == '[["order_id"]]'
    assert properties["delta.constraints.amount_is_positive"] == "amount > 0"
    assert warehouse.rows(
        "select column_name from information_schema.key_column_usage where constraint_name = 'orders_pk'"
    ) == [("order_id",)]

    done = warehouse.dbt("docs", "generate", target=target)

    assert done.returncode == 0, done.stdout + done.stderr
    nodes: dict[str, Any] = json.loads((target / "catalog.json").read_text())["nodes"]
    assert {name.split(".")[-1]: node["metadata"]["type"] for name, node in nodes.items()} == {
        "mv_amount_by_state": "materialized_view",
        "orders": "table",
        "orders_history": "table",
        "regions": "table",
        "regions_sold": "table",
        "stg_orders": "view",
    }
    assert list(nodes["model.warehouse_check.mv_amount_by_state"]["columns"]) == [
        "state",
        "amount",
        "order_count",
    ]


def test_the_second_build_refreshes_and_changes_no_row(warehouse: Warehouse, target: Path) -> None:
    rows, before = warehouse.rows(ROWS), statement_count(warehouse)

    done = warehouse.dbt("build", target=target)

    assert done.returncode == 0, done.stdout + done.stderr
    assert warehouse.rows(ROWS) == rows
    sent = statements_of(warehouse, "mv_amount_by_state", before)
    assert "refresh materialized view `spark_catalog`.`check`.`mv_amount_by_state`" in sent
    assert not [each for each in sent if each.startswith(("create or replace materialized", "drop"))]
    # The incremental model is merged, not made anew, and its configuration is found as it should be.
    sent = statements_of(warehouse, "orders", before)
    assert [each for each in sent if each.startswith("merge into")]
    assert not [each for each in sent if each.startswith(("create or replace table", "alter table"))]


def test_new_rows_are_merged_and_snapshotted(warehouse: Warehouse, target: Path) -> None:
    done = warehouse.dbt("build", "--vars", "{more: true}", target=target)

    assert done.returncode == 0, done.stdout + done.stderr
    assert [row[0] for row in warehouse.rows(ROWS)] == [*FIRST_ORDERS, "O4"]
    assert warehouse.rows("select amount from check.mv_amount_by_state where state = 'TX'") == [
        (warehouse.rows("select amount from check.orders where order_id = 'O4'")[0][0],)
    ]
    assert warehouse.rows(
        "select count(*) from check_snapshots.orders_history where dbt_valid_to is null"
    ) == [(4,)]


def test_a_hard_delete_ends_the_snapshots_row_and_failures_are_stored(
    warehouse: Warehouse, target: Path
) -> None:
    done = warehouse.dbt(
        "build", "--store-failures", "--select", "stg_orders", "orders_history", target=target
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert warehouse.rows(
        "select order_id from check_snapshots.orders_history where dbt_valid_to is not null"
    ) == [("O4",)]
    assert warehouse.rows(
        "select table_name from information_schema.tables "
        "where table_schema = 'check_dbt_test__audit' order by 1"
    ) == [("not_null_stg_orders_order_id",), ("unique_stg_orders_order_id",)]


def test_show_prints_rows(warehouse: Warehouse, target: Path) -> None:
    done = warehouse.dbt("show", "--inline", "select count(*) as n from {{ ref('orders') }}", target=target)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "| 4 |" in done.stdout
