"""Column masks: who reads what, and that a table keeps the masks it has."""

from __future__ import annotations

import re
import sqlite3
from types import SimpleNamespace
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from dbt.adapters.databricks.relation_configs.column_mask import ColumnMaskConfig, ColumnMaskProcessor
from dbt.clients.jinja import get_rendered

from emulators.settings import REPOSITORY
from tests.unit.dbt.rendering import Rendering

MASKED = {
    ("order_events", "customer_name"): "mask_pii",
    ("order_events", "customer_email"): "mask_pii",
    ("order_details", "customer_name"): "mask_pii",
    ("order_details", "customer_email"): "mask_pii",
    ("quarantined_order_events", "body"): "mask_pii_message",
}
READER, OTHER = True, False


def columns(model: str, target: str, schema: str, catalog: str, readers: str | None) -> dict[str, Any]:
    """The columns of a model of silver that say something of a mask, as dbt reads them from the YAML."""
    context = {
        "target": SimpleNamespace(name=target, schema=schema, database=catalog),
        "var": {"pii_readers": readers}.__getitem__,
    }
    text = (REPOSITORY / "models" / "silver" / f"{model}.yml").read_text()
    return {
        column["name"]: {"_extra": {"column_mask": get_rendered(column["column_mask"], context, native=True)}}
        for column in yaml.safe_load(text)["models"][0]["columns"]
        if "column_mask" in column
    }


def configured(model: str, target: str, schema: str, catalog: str, readers: str | None) -> ColumnMaskConfig:
    """What the adapter makes of it."""
    found = columns(model, target, schema, catalog, readers)
    return ColumnMaskProcessor.from_relation_config(
        SimpleNamespace(database=catalog, schema=schema, columns=found)
    )


def found_in_the_catalog(masks: dict[str, str]) -> ColumnMaskConfig:
    """What the adapter reads back: names without quotes, in lower case, as Unity Catalog keeps them."""
    rows = [(column, function, None) for column, function in masks.items()]
    return ColumnMaskProcessor.from_relation_results({"column_masks": SimpleNamespace(rows=rows)})


@pytest.mark.parametrize(
    ("target", "schema", "catalog", "place"),
    [
        ("prod", "gold", "main", "main.silver"),
        ("local", "gold", "spark_catalog", "spark_catalog.silver"),
        ("dev", "alice", "main", "main.alice_silver"),
        ("ci", "Alice", "Main", "main.alice_silver"),
    ],
)
@pytest.mark.parametrize("model", sorted({model for model, _ in MASKED}))
def test_a_table_that_has_its_masks_gets_none_again(
    model: str, target: str, schema: str, catalog: str, place: str
) -> None:
    masks = configured(model, target, schema, catalog, "readers")
    functions = {column: mask["function"] for column, mask in masks.set_column_masks.items()}
    assert functions == {
        column: f"{place}.{function}" for (of, column), function in MASKED.items() if of == model
    }
    assert masks.get_diff(found_in_the_catalog(functions)) is None
    assert masks.get_diff(found_in_the_catalog({})) == masks


def test_the_functions_are_where_the_masks_look_for_them() -> None:
    for target, place in (("prod", "`main`.`silver`"), ("dev", "`main`.`gold_silver`")):
        statements = Rendering(target).call("mask_statements", "readers")
        assert statements[0] == f"create schema if not exists {place}"
        made = [re.findall(r"function (\S+)\(", statement)[0] for statement in statements[1:]]
        assert made == [f"{place}.`mask_pii`", f"{place}.`mask_pii_message`"]
        used = columns("order_events", target, "gold", "main", "readers")["customer_name"]
        assert used["_extra"]["column_mask"]["function"] == made[0].replace("`", "")


def test_a_catalog_that_has_to_be_quoted_is() -> None:
    masks = configured("quarantined_order_events", "dev", "alice", "main-eu", "readers").set_column_masks
    assert masks == {"body": {"function": "`main-eu`.`alice_silver`.`mask_pii_message`"}}


@pytest.mark.parametrize("model", sorted({model for model, _ in MASKED}))
def test_without_readers_nothing_is_masked_and_masks_are_taken_back(model: str) -> None:
    masks = configured(model, "prod", "gold", "main", None)
    assert masks.set_column_masks == {}
    taken_back = masks.get_diff(found_in_the_catalog({"customer_name": "main.silver.mask_pii"}))
    assert taken_back is not None
    assert taken_back.unset_column_masks == ["customer_name"]


@pytest.mark.parametrize("group", ["readers", "pii'readers"])
@pytest.mark.parametrize(
    ("function", "value", "is_member", "seen"),
    [
        ("mask_pii", "Ada", READER, "Ada"),
        ("mask_pii", "Ada", OTHER, "[masked]"),
        ("mask_pii", None, READER, None),
        ("mask_pii", None, OTHER, None),
        ("mask_pii_message", b"\xff{}", READER, b"\xff{}"),
        ("mask_pii_message", b"\xff{}", OTHER, b"[masked]"),
        ("mask_pii_message", None, OTHER, None),
    ],
)
def test_members_see_values_and_others_see_none(
    group: str, function: str, value: Any, is_member: bool, seen: Any
) -> None:
    """The function's own expression, computed by another database."""
    statements = Rendering("prod").call("mask_statements", group)
    made = next(statement for statement in statements if f"`{function}`(" in statement)
    expression = made.split("\nreturn ")[1].replace("as binary", "as blob").replace("\\'", "''")
    asked: list[str] = []

    def is_account_group_member(name: str) -> bool:
        asked.append(name)
        return is_member

    with sqlite3.connect(":memory:") as database:
        database.create_function("is_account_group_member", 1, is_account_group_member)
        ((result,),) = database.execute(f"select {expression} from (select ? as value)", (value,))
    assert result == seen
    assert set(asked) <= {group}
    assert asked or value is None
