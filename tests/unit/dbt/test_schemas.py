"""Which schemas a target writes to, and which tables its operations leave alone."""

from __future__ import annotations

from typing import Any

import pytest
from dbt_common.exceptions import CompilationError

from tests.unit.dbt.rendering import Rendering, Rows


def source(name: str, table: str, schema: str, *personal: str, database: str = "main") -> dict[str, Any]:
    return {
        "unique_id": f"source.{name}.{table}",
        "resource_type": "source",
        "source_name": name,
        "name": table,
        "identifier": table,
        "database": database,
        "schema": schema,
        "relation_name": f"`{database}`.`{schema}`.`{table}`",
        "config": {},
        "columns": {column: {"name": column, "data_type": "binary", "tags": ["pii"]} for column in personal},
    }


def model(name: str, schema: str, *personal: str, materialized: str = "incremental") -> dict[str, Any]:
    columns = {"customer_id": {"name": "customer_id", "data_type": "string", "tags": []}}
    columns |= {column: {"name": column, "data_type": "string", "tags": ["pii"]} for column in personal}
    return {
        "unique_id": f"model.{name}",
        "resource_type": "model",
        "name": name,
        "alias": name,
        "database": "main",
        "schema": schema,
        "config": {"materialized": materialized},
        "columns": columns if personal else {},
    }


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("prod", "silver"),
        ("local", "silver"),
        ("dev", "alice_silver"),
        ("ci", "alice_silver"),
        ("production", "alice_silver"),
        ("default", "alice_silver"),
    ],
)
def test_only_prod_and_local_write_plain_names(target: str, name: str) -> None:
    assert Rendering(target, "alice").call("generate_schema_name", " silver ", None).strip() == name


def test_without_a_schema_of_its_own_a_node_is_in_that_of_the_target() -> None:
    assert Rendering("dev", "alice").call("generate_schema_name", None, None).strip() == "alice"


@pytest.mark.parametrize(
    ("target", "schema", "database", "is_own"),
    [
        ("prod", "bronze", "main", True),
        ("prod", "landing", "main", True),
        ("local", "bronze", "main", True),
        ("dev", "bronze", "main", False),
        ("dev", "alice_bronze", "main", True),
        ("dev", "alice_bronze", "prod", False),
        ("dev", "bob_bronze", "main", False),
        ("ci", "bronze", "main", False),
    ],
)
def test_a_source_is_a_targets_own_where_it_would_write_it(
    target: str, schema: str, database: str, is_own: bool
) -> None:
    landed = source("bronze", "order_events", schema, database=database)
    rendering = Rendering(target, "alice", sources=[landed])
    own = next(iter(rendering.context()["graph"]["sources"].values()))
    assert rendering.call("is_own_source", own) is is_own


def erase(target: str, bronze: str, is_known: bool = True) -> Rendering:
    """Erase a customer who is in silver and in bronze, where the target reads them from."""
    prefix = "" if target == "prod" else "alice_"

    def answer(statement: str) -> Rows:
        if statement.startswith(("select count(*)", "merge", "update")):
            return [[int(is_known)]]
        if statement.startswith("select count_if"):
            return [[0, 0]]
        return []

    rendering = Rendering(
        target,
        "alice",
        answer,
        sources=[source("bronze", "order_events", bronze, "body")],
        nodes=[model("order_details", f"{prefix}silver", "customer_name", "customer_email")],
    )
    rendering.call("erase_customer", "C1")
    return rendering


CHANGES = ("alter", "drop", "merge", "reorg", "update", "vacuum")


def changed(rendering: Rendering) -> set[str]:
    """Schemas that hold a table which a statement changed."""
    return {
        statement.split("`main`.`", 1)[1].split("`")[0]
        for statement in rendering.sent
        if statement.startswith(CHANGES)
    }


def test_erasing_in_dev_leaves_the_messages_of_production_alone() -> None:
    rendering = erase("dev", "bronze")
    assert changed(rendering) == {"alice_silver"}
    assert not [statement for statement in rendering.sent if "`bronze`" in statement]
    assert rendering.logged[0] == (
        "not of the target dev and left as they are: `main`.`bronze`.`order_events`"
    )
    assert rendering.logged[-1] == (
        "customer C1 is erased from the tables of the target dev alone: "
        "later messages that name them need the operation again"
    )


@pytest.mark.parametrize(
    ("target", "bronze", "silver"), [("prod", "bronze", "silver"), ("dev", "alice_bronze", "alice_silver")]
)
def test_erasing_takes_the_messages_of_its_own(target: str, bronze: str, silver: str) -> None:
    rendering = erase(target, bronze)
    assert changed(rendering) == {bronze, silver}
    assert rendering.logged[-1].startswith("customer C1 is erased from what has landed so far")


def test_a_customer_who_is_in_other_targets_alone_is_not_found() -> None:
    with pytest.raises(CompilationError, match="of those that are the target dev's own, and nothing was"):
        erase("dev", "bronze", is_known=False)


def optimized(target: str, bronze: str) -> list[str]:
    rendering = Rendering(
        target,
        "alice",
        nodes=[
            model("order_details", "silver"),
            model("daily_sales", "gold"),
            model("stg_orders__order_events", "bronze", materialized="view"),
            model("mv_top_brands", "gold", materialized="materialized_view"),
            model("snap_products", "snapshots", materialized="snapshot"),
        ],
        sources=[source("bronze", "order_events", bronze), source("ops", "ingest_batches", "alice_ops")],
    )
    rendering.call("optimize_tables")
    return [statement.removeprefix("optimize `main`.") for statement in rendering.sent]


def test_maintenance_takes_every_table_that_is_written_to() -> None:
    models = ["`silver`.`order_details`", "`gold`.`daily_sales`", "`snapshots`.`snap_products`"]
    assert optimized("prod", "bronze") == [*models, "`bronze`.`order_events`", "`alice_ops`.`ingest_batches`"]
    assert optimized("dev", "bronze") == [*models, "`alice_ops`.`ingest_batches`"]
