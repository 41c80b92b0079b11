"""A small dbt project, built twice: what the adapter sends, and that the second build changes nothing."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.warehouse.adapter import golden
from tests.integration.warehouse.adapter.budget import BUDGET
from tests.integration.warehouse.conftest import Warehouse

PROJECT = Path(__file__).with_name("project")
ROWS = "select * from check.orders order by order_id"
FIRST_ORDERS = ["O1", "O2", "O3"]
TYPES = {
    "appended": "MANAGED",
    "by_day": "MANAGED",
    "mtr_orders": "METRIC_VIEW",
    "mv_amount_by_state": "MATERIALIZED_VIEW",
    "order_lines": "MANAGED",
    "orders": "MANAGED",
    "overwritten": "MANAGED",
    "regions_sold": "MANAGED",
    "replaced_keys": "MANAGED",
    "replaced_where": "MANAGED",
    "st_events": "STREAMING_TABLE",
    "stg_orders": "VIEW",
    "synced": "MANAGED",
}
CATALOG_TYPES = {
    "MATERIALIZED_VIEW": "materialized_view",
    "STREAMING_TABLE": "streaming_table",
    "VIEW": "view",
}
V2 = "  use_materialization_v2: true\n  use_describe_as_json_for_relation_metadata: true\n"
VARIANTS = ["v1", pytest.param("v2", marks=pytest.mark.nightly)]


def node_results(target: Path) -> dict[str, str]:
    results = json.loads((target / "run_results.json").read_text())["results"]
    return {each["unique_id"]: each["status"] for each in results}


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("target")


@pytest.fixture(scope="module", autouse=True)
def _landed(warehouse: Warehouse) -> None:
    """What the project reads as its source: a row of each of the two days that are built."""
    warehouse.rows("create schema if not exists landing")
    warehouse.rows("create or replace table landing.events (id int, n string, landed_at timestamp)")
    warehouse.rows(
        "insert into landing.events values "
        "(1, 'a', current_timestamp() - interval 1 day), (2, 'b', current_timestamp())"
    )


@pytest.fixture(scope="module")
def runs(warehouse: Warehouse) -> Runs:
    return Runs(warehouse)


class Runs:
    """What each build of a variant sent, node by node."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._sent: dict[str, list[dict[str, list[str]]]] = {}

    def build(self, variant: str, *arguments: str, **options: Any) -> str:
        """Build, and give back what dbt prints."""
        since = len(self._warehouse.sent())
        done = self._warehouse.dbt("build", *arguments, **({"project": PROJECT} | options))
        assert done.returncode == 0, done.stdout + done.stderr
        sent = golden.statements(self._warehouse.sent()[since:])
        self._sent.setdefault(variant, []).append(sent)
        return done.stdout + done.stderr

    def of(self, variant: str) -> list[dict[str, list[str]]]:
        """The statements of the first and the second build."""
        return self._sent[variant][:2]


def test_the_first_build_makes_everything_and_warns_of_nothing(
    warehouse: Warehouse, target: Path, runs: Runs
) -> None:
    told = runs.build("v1", target=target)

    assert set(node_results(target).values()) == {"success", "pass"}
    assert "WARN=0 ERROR=0 SKIP=0" in told
    assert "probe" not in told
    assert [row[0] for row in warehouse.rows(ROWS)] == FIRST_ORDERS
    assert (
        dict(
            warehouse.rows(
                "select table_name, table_type from information_schema.tables where table_schema = 'check'"
            )
        )
        == TYPES
    )


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

    assert warehouse.rows(
        "select constraint_name from information_schema.table_constraints where table_name = 'order_lines' "
        "order by 1"
    ) == [("order_lines_fk",), ("order_lines_pk",)]
    assert dict(warehouse.rows("show tblproperties check.order_lines"))["clusterByAuto"] == "true"
    assert warehouse.rows(
        "select filter_name, target_columns from information_schema.row_filters where table_schema = 'check'"
    ) == [("spark_catalog.check.keep_all", "state")]
    assert [row[:2] for row in warehouse.rows("show grants on check.synced")] == [("users", "SELECT")]
    assert warehouse.rows("select amount from check.order_lines where order_id = 'O1'") == [
        (Decimal("20.00"),)
    ]


def test_the_second_build_refreshes_and_changes_no_row(
    warehouse: Warehouse, target: Path, runs: Runs
) -> None:
    rows = warehouse.rows(ROWS)
    warehouse.rows("insert into landing.events values (3, 'c', current_timestamp())")

    runs.build("v1", target=target)

    assert warehouse.rows(ROWS) == rows
    for table in ("st_events", "by_day"):
        assert warehouse.rows(f"select id from check.{table} order by id") == [(1,), (2,), (3,)]
    for table in ("replaced_keys", "overwritten", "replaced_where", "synced", "appended"):
        assert [row[0] for row in warehouse.rows(f"select order_id from check.{table} order by 1")] == (
            FIRST_ORDERS
        )


def test_new_rows_columns_and_definitions_are_taken_in(
    warehouse: Warehouse, target: Path, runs: Runs
) -> None:
    runs.build("more", "--vars", "{more: true}", target=target)

    assert [row[0] for row in warehouse.rows(ROWS)] == [*FIRST_ORDERS, "O4"]
    assert warehouse.rows("select amount from check.mv_amount_by_state where state = 'TX'") == [
        (warehouse.rows("select amount from check.orders where order_id = 'O4'")[0][0],)
    ]
    for snapshot in ("orders_history", "orders_checked"):
        assert warehouse.rows(
            f"select count(*) from check_snapshots.{snapshot} where dbt_valid_to is null"
        ) == [(4,)]
    assert warehouse.rows("select order_id, channel from check.appended order by 1")[-2:] == [
        ("O3", None),
        ("O4", "new"),
    ]
    assert [row[0] for row in warehouse.rows("describe check.synced")] == ["order_id", "state", "amount_usd"]
    assert warehouse.rows(
        "select state, measure(amount) from check.mtr_orders where state = 'CA' group by 1"
    ) == [("CA", Decimal("10.00"))]


def test_a_hard_delete_ends_the_snapshots_row_and_failures_are_stored(
    warehouse: Warehouse, target: Path, runs: Runs
) -> None:
    selected = ("stg_orders", "orders_history", "orders_checked")
    runs.build("deleted", "--store-failures", "--select", *selected, target=target)

    assert warehouse.rows(
        "select order_id from check_snapshots.orders_history where dbt_valid_to is not null"
    ) == [("O4",)]
    assert warehouse.rows(
        "select order_id, dbt_is_deleted from check_snapshots.orders_checked where order_id = 'O4' "
        "order by dbt_valid_from, dbt_valid_to nulls last"
    ) == [("O4", False), ("O4", True)]
    assert warehouse.rows(
        "select table_name from information_schema.tables "
        "where table_schema = 'check_dbt_test__audit' order by 1"
    ) == [("not_null_stg_orders_order_id",), ("unique_stg_orders_order_id",)]


def test_docs_freshness_show_and_clone(warehouse: Warehouse, target: Path, tmp_path: Path) -> None:
    shutil.copy(target / "manifest.json", tmp_path)
    commands = (
        ["docs", "generate"],
        ["source", "freshness"],
        ["clone", "--target", "other", "--state", str(tmp_path), "--select", "orders", "stg_orders"],
        ["show", "--inline", "select count(*) as n from {{ ref('orders') }}"],
    )
    for command in commands:
        done = warehouse.dbt(*command, target=target, project=PROJECT)
        assert done.returncode == 0, done.stdout + done.stderr

    nodes: dict[str, Any] = json.loads((target / "catalog.json").read_text())["nodes"]
    kinds = {name.split(".")[-1]: node["metadata"]["type"] for name, node in nodes.items()}
    assert kinds == {
        **{name: CATALOG_TYPES.get(kind, "table") for name, kind in TYPES.items()},
        "orders_checked": "table",
        "orders_history": "table",
        "regions": "table",
    }
    assert list(nodes["model.warehouse_check.mv_amount_by_state"]["columns"]) == [
        "state",
        "amount",
        "order_count",
    ]
    (freshness,) = json.loads((target / "sources.json").read_text())["results"]
    assert freshness["status"] == "pass"
    assert "| 4 |" in done.stdout
    assert warehouse.rows(
        "select table_name, table_type from information_schema.tables where table_schema = 'check_clone' "
        "order by 1"
    ) == [("orders", "MANAGED_SHALLOW_CLONE"), ("stg_orders", "VIEW")]
    assert warehouse.rows("select count(*) from check_clone.orders") == [(4,)]


@pytest.mark.nightly
def test_the_other_way_to_materialize_works_as_well(
    warehouse: Warehouse, target: Path, runs: Runs, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(PROJECT, project)
    settings = project / "dbt_project.yml"
    settings.write_text(settings.read_text().replace("flags:\n", "flags:\n" + V2))
    options: dict[str, Any] = {"project": project, "schema": "check_v2", "target": target / "v2"}
    nodes = ("--exclude-resource-type", "test", "unit_test")
    for _ in range(2):
        runs.build("v2", *nodes, **options)

    assert (
        dict(
            warehouse.rows(
                "select table_name, table_type from information_schema.tables where table_schema = 'check_v2'"
            )
        )
        == TYPES
    )
    assert warehouse.rows(ROWS.replace("check.", "check_v2.")) == warehouse.rows(
        ROWS.replace("order by", "where order_id <> 'O4' order by")
    )
    assert warehouse.rows(
        "select column_name, mask_name from information_schema.column_masks where table_schema = 'check_v2'"
    ) == [("order_id", "spark_catalog.check_v2.hide")]


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_adapter_sends_what_it_sent(runs: Runs, variant: str) -> None:
    assert golden.compare(variant, list(runs.of(variant))) == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_node_costs_more_statements_than_its_budget(runs: Runs, variant: str) -> None:
    first, second = runs.of(variant)
    costs = {node: (len(first.get(node, ())), len(second.get(node, ()))) for node in {*first, *second}}
    over = {
        node: (cost, budget)
        for node, cost in costs.items()
        for budget in [BUDGET[variant][node.rpartition(".")[2]]]
        if cost[0] > budget[0] or cost[1] > budget[1]
    }

    assert over == {}
