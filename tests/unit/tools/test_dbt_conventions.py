from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

from tools.dbt_conventions import check
from tools.dbt_conventions.project import Exceptions
from tools.dbt_conventions.rules.columns import kind_of, told_by

Manifest = dict[str, Any]

ORDER = "keys, other ids, strings, numbers, booleans, dates, timestamps"


def column(name: str, data_type: str, *rules: str, doc: str = "", tags: tuple[str, ...] = ()) -> Manifest:
    return {
        "name": name,
        "description": f"What {name} holds.",
        "data_type": data_type,
        "constraints": [{"type": rule} for rule in rules],
        "tags": list(tags),
        "config": {"tags": list(tags)},
        "doc_blocks": [f"doc.shop.{doc}"] if doc else [],
    }


def node(kind: str, name: str, file: str, **more: Any) -> Manifest:
    return {
        "resource_type": kind,
        "package_name": "shop",
        "name": name,
        "unique_id": f"{kind}.shop.{name}",
        "original_file_path": file,
        "description": f"One row per {name}.",
        **more,
    }


def relation(
    kind: str, name: str, file: str, columns: list[Manifest], parents: tuple[str, ...] = (), **more: Any
) -> Manifest:
    config = {"group": "sales", **more.pop("config", {})}
    return node(
        kind,
        name,
        file,
        columns={each["name"]: each for each in columns},
        depends_on={"nodes": list(parents)},
        config=config,
        patch_path="shop://" + re.sub(r"\.(sql|csv)$", ".yml", file),
        **more,
    )


def model(
    file: str, materialized: str, columns: list[Manifest], parents: tuple[str, ...] = (), **config: Any
) -> Manifest:
    opening = "Grain: one row per thing.\n{}Its counts add up."
    if materialized == "materialized_view":
        code = "{#- " + opening.format("    ") + " -#}\nselect 1"
    else:
        code = "-- " + opening.format("-- ") + "\nselect 1"
    if materialized == "incremental":
        config = {
            "incremental_strategy": "merge_changes",
            "unique_key": "order_id",
            "on_schema_change": "fail",
            "contract": {"enforced": True},
            "liquid_clustered_by": ["order_id"],
            "tblproperties": {"delta.enableRowTracking": "true", "delta.enableDeletionVectors": "true"},
            **config,
        }
    return relation(
        "model",
        file.split("/")[-1].removesuffix(".sql"),
        file,
        columns,
        parents,
        raw_code=code,
        config={
            "materialized": materialized,
            "schema": file.split("/")[1],
            "tags": ["minute"],
            **config,
        },
    )


def is_key(parent: str, *columns: str) -> Manifest:
    return node(
        "test",
        f"is_key_{parent.split('.')[-1]}",
        "models/some.yml",
        test_metadata={"name": "is_key", "kwargs": {"columns": list(columns)}},
        column_name=None,
        depends_on={"nodes": [parent]},
    )


def column_test(name: str, parent: str, of: str) -> Manifest:
    return node(
        "test",
        f"{name}_{parent.split('.')[-1]}",
        "models/some.yml",
        test_metadata={"name": name, "kwargs": {"column_name": of}},
        column_name=of,
        depends_on={"nodes": [parent]},
    )


def unit_test(of: str, file: str) -> Manifest:
    return node(
        "unit_test",
        f"test_{of}_adds_up",
        file,
        model=of,
        given=[],
        depends_on={"nodes": [f"model.shop.{of}"]},
    )


def macro(name: str, file: str, signature: str, *arguments: str) -> Manifest:
    return node(
        "macro",
        name,
        file,
        macro_sql=f"{{%- macro {name}({signature}) -%}} 1 {{%- endmacro -%}}",
        arguments=[{"name": argument, "description": "A thing."} for argument in arguments],
        patch_path="shop://macros/orders/_orders__macros.yml",
    )


def keyed(nodes: list[Manifest]) -> Manifest:
    return {each["unique_id"]: each for each in nodes}


def clean_manifest() -> Manifest:
    """A small project that keeps every convention, with one of everything."""
    landed = node(
        "source",
        "orders",
        "models/bronze/_bronze__sources.yml",
        source_name="shop",
        source_description="What has landed.",
        columns={"order_id": column("order_id", "string", doc="order_id")},
        config={},
    )
    order_id = column("order_id", "string", "not_null", doc="order_id")
    singular = node(
        "test",
        "assert_marts_add_up",
        "tests/dbt/singular/assert_marts_add_up.sql",
        raw_code="select cast(1 as decimal(5, 4))",
        patch_path="shop://tests/dbt/singular/_singular__tests.yml",
        depends_on={"nodes": ["model.shop.sales_by_brand", "model.shop.mv_top_brands"]},
    )
    generic = macro("test_is_key", "tests/dbt/generic/is_key.sql", "", "model", "columns")
    generic["macro_sql"] = "{% test is_key(model, columns) %} select 1 {% endtest %}"
    generic["patch_path"] = "shop://tests/dbt/generic/_generic__tests.yml"
    return {
        "metadata": {"project_name": "shop"},
        "sources": keyed([landed]),
        "nodes": keyed(
            [
                relation(
                    "seed",
                    "us_states",
                    "seeds/us_states.csv",
                    [column("state", "string", doc="state")],
                )
                | {"patch_path": "shop://seeds/_seeds.yml"},
                model(
                    "models/bronze/stg_shop__orders.sql",
                    "view",
                    [column("order_id", "string", doc="order_id"), column("state", "string", doc="state")],
                    ("source.shop.orders", "seed.shop.us_states"),
                ),
                model(
                    "models/silver/orders.sql",
                    "incremental",
                    [
                        order_id,
                        column("product_id", "string"),
                        column("customer_name", "string", tags=("pii",)),
                        column("brand", "string", doc="brand"),
                        column("item_count", "int"),
                        column("unit_price", "decimal(12,2)") | {"description": "Must not be summed."},
                        column("net_amount", "decimal(24,2)"),
                        column("is_paid", "boolean"),
                        column("order_date", "date"),
                        column("placed_at", "timestamp"),
                    ],
                    ("model.shop.stg_shop__orders",),
                ),
                model(
                    "models/gold/brand/sales_by_brand.sql",
                    "incremental",
                    [
                        column("brand", "string", "not_null", doc="brand"),
                        column("revenue", "decimal(34,2)", doc="revenue"),
                        column("sales_date", "date", "not_null"),
                    ],
                    ("model.shop.orders",),
                    unique_key=["brand", "sales_date"],
                ),
                model(
                    "models/gold/brand/mv_top_brands.sql",
                    "materialized_view",
                    [
                        column("brand", "string", doc="brand"),
                        column("revenue", "decimal(34,2)", doc="revenue"),
                    ],
                    ("model.shop.orders",),
                ),
                relation(
                    "snapshot",
                    "snap_products",
                    "snapshots/snap_products.yml",
                    [
                        column("name", "string"),
                        column("dbt_valid_from", "timestamp"),
                        column("dbt_scd_id", "string"),
                    ],
                    ("model.shop.sales_by_brand",),
                    config={
                        "materialized": "snapshot",
                        "unique_key": "name",
                        "strategy": "check",
                        "check_cols": ["price"],
                        "hard_deletes": "invalidate",
                        "tags": ["nightly"],
                    },
                    description="One row per product and period: a change of price opens one.",
                ),
                node(
                    "analysis",
                    "top_brands",
                    "analyses/top_brands.sql",
                    raw_code="select 1",
                    patch_path="shop://analyses/_analyses.yml",
                ),
                is_key("source.shop.orders", "order_id"),
                is_key("model.shop.stg_shop__orders", "order_id"),
                is_key("model.shop.sales_by_brand", "brand", "sales_date"),
                is_key("model.shop.mv_top_brands", "brand"),
                is_key("snapshot.shop.snap_products", "name", "dbt_valid_from"),
                is_key("seed.shop.us_states", "state"),
                column_test("unique", "model.shop.orders", "order_id"),
                column_test("not_null", "model.shop.orders", "order_id"),
                singular,
            ]
        ),
        "macros": keyed([macro("or_unknown", "macros/orders/or_unknown.sql", "column", "column"), generic]),
        "unit_tests": keyed(
            [
                unit_test("stg_shop__orders", "models/bronze/stg_shop__orders.yml"),
                unit_test("orders", "models/silver/orders.yml"),
                unit_test("sales_by_brand", "models/gold/brand/sales_by_brand.yml"),
                unit_test("mv_top_brands", "models/gold/brand/mv_top_brands.yml"),
            ]
        ),
        "exposures": keyed(
            [
                node(
                    "exposure",
                    "dashboard",
                    "models/_exposures.yml",
                    depends_on={"nodes": ["model.shop.sales_by_brand", "model.shop.mv_top_brands"]},
                )
            ]
        ),
        "groups": keyed(
            [
                node(
                    "group",
                    "sales",
                    "models/_groups.yml",
                    owner={"name": "Sales", "email": "sales@example.com"},
                )
            ]
        ),
        "docs": keyed(
            [
                node(
                    "doc",
                    "__overview__",
                    "models/overview.md",
                    block_contents="[orders](#!/model/model.shop.orders) "
                    "[brands](#!/model/model.shop.sales_by_brand), [top](#!/model/model.shop.mv_top_brands) "
                    "[history](#!/snapshot/snapshot.shop.snap_products) "
                    "[dashboard](#!/exposure/exposure.shop.dashboard) [docs](https://docs.getdbt.com)",
                ),
                node("doc", "order_id", "models/bronze/_bronze__docs.md"),
                node("doc", "state", "models/bronze/_bronze__docs.md"),
                node("doc", "brand", "models/silver/_silver__docs.md"),
                node("doc", "revenue", "models/gold/_gold__docs.md"),
                node("doc", "__overview__", "docs/overview.md") | {"package_name": "dbt", "unique_id": "dbt"},
            ]
        ),
    }


class Change:
    """A manifest that a test changes: its parts by the names they have in the clean one."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest

    def __getitem__(self, unique_id: str) -> Manifest:
        kind = unique_id.split(".")[0]
        parts = {"macro": "macros", "unit_test": "unit_tests", "exposure": "exposures", "group": "groups"}
        parts |= {"doc": "docs", "source": "sources"}
        found: Manifest = self.manifest[parts.get(kind, "nodes")][unique_id]
        return found

    def columns(self, unique_id: str, *columns: Manifest) -> None:
        self[unique_id]["columns"] |= {each["name"]: each for each in columns}

    def drop(self, *unique_ids: str) -> None:
        for part in ("nodes", "sources", "macros", "unit_tests", "exposures", "groups", "docs"):
            for unique_id in unique_ids:
                self.manifest[part].pop(unique_id, None)

    def rename(self, unique_id: str, name: str) -> None:
        """Give a model another name, with its file, its YAML and what speaks of it."""
        changed, old = self[unique_id], unique_id.split(".")[-1]
        for key in ("original_file_path", "patch_path"):
            changed[key] = changed[key].replace(old, name)
        changed["name"] = name
        for test in self.manifest["unit_tests"].values():
            if test["model"] == old:
                test["model"], test["name"] = name, f"test_{name}_adds_up"
                test["original_file_path"] = test["original_file_path"].replace(old, name)

    def move(self, unique_id: str, file: str) -> None:
        """Put a model into another file, with its YAML and its unit test."""
        changed = self[unique_id]
        changed["original_file_path"] = file
        changed["patch_path"] = "shop://" + file.replace(".sql", ".yml")


MACROS_YAML = "macros/orders/_orders__macros.yml"
EXCEPTIONS = "tools/dbt_conventions/exceptions.py"
ORDERS = "model.shop.orders"
STAGED = "model.shop.stg_shop__orders"
MART = "model.shop.sales_by_brand"
VIEW = "model.shop.mv_top_brands"
SNAPSHOT = "snapshot.shop.snap_products"
SEED = "seed.shop.us_states"
SOURCE = "source.shop.orders"
SINGULAR = "test.shop.assert_marts_add_up"
MACRO = "macro.shop.or_unknown"
LINKS = " ".join(f"[](#!/model/{unique_id})" for unique_id in (ORDERS, MART, VIEW, SNAPSHOT))

Changed = Callable[[Change], object]


def put(unique_id: str, **values: Any) -> Changed:
    return lambda change: change[unique_id].update(values)


def configure(unique_id: str, **values: Any) -> Changed:
    return lambda change: change[unique_id]["config"].update(values)


def with_columns(unique_id: str, *columns: Manifest) -> Changed:
    return lambda change: change.columns(unique_id, *columns)


def dropped(*unique_ids: str) -> Changed:
    return lambda change: change.drop(*unique_ids)


def renamed(unique_id: str, name: str) -> Changed:
    return lambda change: change.rename(unique_id, name)


def moved(unique_id: str, file: str) -> Changed:
    return lambda change: change.move(unique_id, file)


def reading(unique_id: str, *parents: str) -> Changed:
    return lambda change: change[unique_id]["depends_on"].update(nodes=list(parents))


def described(unique_id: str, of: str, name: str, text: str) -> Changed:
    """A column (or argument) of a node described otherwise."""

    def apply(change: Change) -> None:
        parts = change[unique_id][of]
        part = parts[name] if of == "columns" else next(each for each in parts if each["name"] == name)
        part["description"] = text

    return apply


def all_of(*changes: Changed) -> Changed:
    return lambda change: [apply(change) for apply in changes]


def problems_after(apply: Changed, exceptions: Exceptions | None = None) -> list[str]:
    manifest = copy.deepcopy(clean_manifest())
    apply(Change(manifest))
    return [str(problem) for problem in check(manifest, exceptions or {})]


def test_a_project_that_keeps_every_convention_has_no_problem() -> None:
    assert problems_after(lambda change: None) == []


@pytest.mark.parametrize(
    ("apply", "problem"),
    [
        # Names and folders
        (
            moved(ORDERS, "models/orders.sql"),
            "models/orders.sql: is in no layer; "
            "move it to models/bronze, models/silver, models/gold, models/ops",
        ),
        (
            moved(ORDERS, "models/silver/order/orders.sql"),
            "models/silver/order/orders.sql: is in a folder of its own; move it to models/silver",
        ),
        (
            moved(MART, "models/gold/sales_by_brand.sql"),
            "models/gold/sales_by_brand.sql: is in no area of gold; move it to models/gold/<area>",
        ),
        (
            configure(ORDERS, schema="gold"),
            "models/silver/orders.sql: is built in schema gold; build it in silver",
        ),
        (
            renamed(ORDERS, "shopOrders"),
            "models/silver/shopOrders.sql: shopOrders is not in snake case; rename it",
        ),
        (
            renamed(STAGED, "stg_orders"),
            "models/bronze/stg_orders.sql: stg_orders does not say where it comes from; "
            "name it stg_<source>__<entity>",
        ),
        (
            renamed(ORDERS, "stg_shop__orders_clean_ones"),
            "models/silver/stg_shop__orders_clean_ones.sql: stg_shop__orders_clean_ones has a "
            "prefix of another "
            "layer; name it by a plural business noun",
        ),
        (
            renamed(MART, "mv_sales"),
            "models/gold/brand/mv_sales.sql: mv_ is the name of materialized views alone; "
            "materialize it as one",
        ),
        (
            renamed(VIEW, "top_brands"),
            "models/gold/brand/top_brands.sql: mv_ is the name of materialized views alone; "
            "name it mv_<what>",
        ),
        (
            renamed(ORDERS, "order"),
            "models/silver/order.sql: order in order is singular; "
            "name it by a plural business noun, or add the noun to COLLECTIVE_NOUNS",
        ),
        (
            renamed(ORDERS, "order_status"),
            "models/silver/order_status.sql: status in order_status is singular; "
            "name it by a plural business noun, or add the noun to COLLECTIVE_NOUNS",
        ),
        (
            put(ORDERS, patch_path="shop://models/silver/_models.yml"),
            "models/silver/orders.sql: is described in models/silver/_models.yml; "
            "describe it, and it alone, in models/silver/orders.yml",
        ),
        (
            put(ORDERS, patch_path=None),
            "models/silver/orders.sql: is not described; "
            "describe it, and it alone, in models/silver/orders.yml",
        ),
        (
            put(SOURCE, original_file_path="models/bronze/sources.yml"),
            "models/bronze/sources.yml: holds the source orders; "
            "move it to models/bronze/_bronze__sources.yml",
        ),
        (
            put("doc.shop.brand", original_file_path="models/silver/docs.md"),
            "models/silver/docs.md: holds the doc brand; move it to models/silver/_silver__docs.md",
        ),
        (
            put("doc.shop.__overview__", original_file_path="models/silver/_silver__docs.md"),
            "models/silver/_silver__docs.md: holds the doc __overview__; move it to models/overview.md",
        ),
        (
            put("exposure.shop.dashboard", original_file_path="models/gold/exposures.yml"),
            "models/gold/exposures.yml: holds the exposure dashboard; move it to models/_exposures.yml",
        ),
        (
            put("group.shop.sales", original_file_path="models/gold/_groups.yml"),
            "models/gold/_groups.yml: holds the group sales; move it to models/_groups.yml",
        ),
        (
            put(SNAPSHOT, original_file_path="snapshots/all.yml"),
            "snapshots/all.yml: holds the snapshot snap_products; move it to snapshots/snap_products.yml",
        ),
        (
            put(SNAPSHOT, name="products", original_file_path="snapshots/products.yml"),
            "snapshots/products.yml: products is a snapshot; name it snap_<entity>",
        ),
        (
            put(SEED, patch_path="shop://models/silver/orders.yml"),
            "models/silver/orders.yml: describes us_states, which lies elsewhere; "
            "move it to the YAML file of seeds, which begins with _seeds",
        ),
        (
            put(MACRO, patch_path="shop://macros/orders/macros.yml"),
            "macros/orders/macros.yml: describes or_unknown, which lies elsewhere; "
            "move it to the YAML file of macros/orders, which begins with _orders",
        ),
        (
            put(SINGULAR, original_file_path="tests/dbt/assert_marts_add_up.sql", patch_path=None),
            "tests/dbt/assert_marts_add_up.sql: is a singular test; "
            "move it to tests/dbt/singular/assert_marts_add_up.sql",
        ),
        (
            put(SINGULAR, name="marts", original_file_path="tests/dbt/singular/marts.sql"),
            "tests/dbt/singular/marts.sql: does not say what it claims; name it assert_<claim>",
        ),
        (
            put("unit_test.shop.test_orders_adds_up", name="test_orders_"),
            "models/silver/orders.yml: test_orders_ does not say what it tests; "
            "name it test_orders_<behaviour>",
        ),
        (
            put("unit_test.shop.test_orders_adds_up", original_file_path="models/silver/_tests.yml"),
            "models/silver/_tests.yml: holds test_orders_adds_up; move it to orders.yml, beside its model",
        ),
        (
            put(MACRO, original_file_path="macros/orders/helpers.sql"),
            "macros/orders/helpers.sql: holds the macro or_unknown; move it to a file or_unknown.sql",
        ),
        (
            put(MACRO, original_file_path="macros/or_unknown.sql", patch_path="shop://macros/_macros.yml"),
            "macros/or_unknown.sql: is in no room; move it to macros/<what it is for>",
        ),
        (
            put("macro.shop.test_is_key", original_file_path="macros/is_key.sql", patch_path=None),
            "macros/is_key.sql: holds the generic test test_is_key; move it to tests/dbt/generic/is_key.sql",
        ),
        # Layers
        (
            reading(STAGED, ORDERS),
            "models/bronze/stg_shop__orders.sql: bronze reads silver: orders; read sources, seeds and bronze",
        ),
        (
            reading(STAGED, MART),
            "models/bronze/stg_shop__orders.sql: bronze reads gold: sales_by_brand; "
            "read sources, seeds and bronze",
        ),
        (
            reading(ORDERS, MART),
            "models/silver/orders.sql: silver reads gold: sales_by_brand; "
            "read bronze and silver, or move it to gold",
        ),
        (
            reading(MART, STAGED),
            "models/gold/brand/sales_by_brand.sql: gold reads bronze: stg_shop__orders; read silver or gold",
        ),
        (
            reading(MART, SOURCE),
            "models/gold/brand/sales_by_brand.sql: gold reads source: orders; read silver or gold",
        ),
        (
            all_of(configure(ORDERS, materialized="table")),
            "models/gold/brand/mv_top_brands.sql: a materialized view reads orders, a table; "
            "read an incremental model",
        ),
        (
            reading(VIEW, ORDERS, SEED),
            "models/gold/brand/mv_top_brands.sql: a materialized view reads us_states, a seed; "
            "read an incremental model",
        ),
        # Descriptions
        (
            put(ORDERS, description=""),
            "models/silver/orders.yml: model orders has no description; describe it",
        ),
        (
            described(ORDERS, "columns", "brand", " "),
            "models/silver/orders.yml: column brand of orders has no description; describe it",
        ),
        (
            described(ORDERS, "columns", "brand", "TODO: say what it is"),
            "models/silver/orders.yml: the description of column brand of orders says TODO; write it",
        ),
        (
            put(SOURCE, description=""),
            "models/bronze/_bronze__sources.yml: source orders has no description; describe it",
        ),
        (
            put(SOURCE, source_description=""),
            "models/bronze/_bronze__sources.yml: source shop has no description; describe it",
        ),
        (
            described(SOURCE, "columns", "order_id", ""),
            "models/bronze/_bronze__sources.yml: column order_id of orders has no description; describe it",
        ),
        (put(SEED, description=""), "seeds/_seeds.yml: seed us_states has no description; describe it"),
        (
            put(SNAPSHOT, description=""),
            "snapshots/snap_products.yml: snapshot snap_products has no description; describe it",
        ),
        (
            put(MACRO, description=""),
            f"{MACROS_YAML}: macro or_unknown has no description; describe it",
        ),
        (
            described(MACRO, "arguments", "column", ""),
            f"{MACROS_YAML}: argument column of or_unknown has no description; describe it",
        ),
        (
            put("exposure.shop.dashboard", description=""),
            "models/_exposures.yml: exposure dashboard has no description; describe it",
        ),
        (
            put("analysis.shop.top_brands", description=""),
            "analyses/_analyses.yml: analysis top_brands has no description; describe it",
        ),
        (
            put(SINGULAR, description=""),
            "tests/dbt/singular/_singular__tests.yml: test assert_marts_add_up has no description; "
            "describe it",
        ),
        (
            put("test.shop.is_key_sales_by_brand", description=""),
            "models/some.yml: test is_key_sales_by_brand has no description; describe it",
        ),
        (
            put("unit_test.shop.test_orders_adds_up", description=""),
            "models/silver/orders.yml: unit test test_orders_adds_up has no description; describe it",
        ),
        (
            described(ORDERS, "columns", "brand", "x" * 1000),
            "models/silver/orders.yml: the description of column brand of orders has 1,000 characters; "
            "shorten it below 1,000, and link to what says more",
        ),
        (
            put(VIEW, description="One row per brand." + "x" * 1000),
            "models/gold/brand/mv_top_brands.yml: the description of mv_top_brands has 1,018 characters; "
            "shorten it below 1,000, and link to what says more",
        ),
        (
            all_of(put("snapshot.shop.snap_products", columns={})),
            "snapshots/snap_products.yml: snap_products names no columns; describe each column",
        ),
        (
            with_columns(ORDERS, column("brand", "", doc="brand")),
            "models/silver/orders.yml: column brand of orders has no data_type; "
            "write the type it has in the table",
        ),
        (
            with_columns(ORDERS, column("brand", "string")),
            "models/silver/orders.yml: column brand of orders is described here, and is in 3 tables; "
            "describe it by a doc block, so that one text holds for all",
        ),
        (
            lambda change: change.manifest["docs"].update(
                keyed([node("doc", "old", "models/gold/_gold__docs.md")])
            ),
            "models/gold/_gold__docs.md: nothing uses the block old; delete it",
        ),
        (
            put("doc.shop.__overview__", block_contents=LINKS.replace(f"[](#!/model/{ORDERS})", "orders")),
            "models/overview.md: does not name orders; "
            "link to model.shop.orders from the question it answers",
        ),
        (
            put("doc.shop.__overview__", block_contents=f"{LINKS} [gone](#!/model/model.shop.gone)"),
            "models/overview.md: links to model.shop.gone, which is not there; mend the link",
        ),
        (
            put(MACRO, macro_sql="{% macro or_unknown(column, other='a, b', list=[1, 2]) %}{% endmacro %}"),
            f"{MACROS_YAML}: or_unknown takes (column, other, list), its YAML says (column); "
            "document what it takes",
        ),
        (
            put(MACRO, macro_sql="{% macro or_unknown() %}{% endmacro %}"),
            f"{MACROS_YAML}: or_unknown takes (), its YAML says (column); document what it takes",
        ),
        (
            configure(ORDERS, group=None),
            "models/silver/orders.sql: orders has no group; put it in a group of models/_groups.yml: sales",
        ),
        (
            configure(SNAPSHOT, group="nobody"),
            "snapshots/snap_products.yml: snap_products has no group; "
            "put it in a group of models/_groups.yml: sales",
        ),
        (
            put("group.shop.sales", owner={"name": "Sales", "email": None}),
            "models/_groups.yml: group sales has no owner to write to; give it a name and an email",
        ),
        (
            put(ORDERS, description="Orders."),
            "models/silver/orders.yml: the description of orders does not state its grain; "
            "begin it with: One row per",
        ),
        (
            put(ORDERS, raw_code="select 1"),
            "models/silver/orders.sql: does not open with its grain, in SQL comments; "
            "write: Grain: one row per …",
        ),
        (
            put(ORDERS, raw_code="-- Orders.\n-- Grain: one row per order.\nselect 1"),
            "models/silver/orders.sql: does not open with its grain, in SQL comments; "
            "write: Grain: one row per …",
        ),
        (
            put(MART, raw_code="-- Grain: one row per brand.\n--\nselect 1"),
            "models/gold/brand/sales_by_brand.sql: does not say what adds up; "
            "add a second line: what must not be summed",
        ),
        (
            put(VIEW, raw_code="-- Grain: one row per brand.\n-- Its counts add up.\nselect 1"),
            "models/gold/brand/mv_top_brands.sql: does not open with its grain, in a Jinja comment; "
            "write: Grain: one row per …",
        ),
        (
            put(VIEW, raw_code="{#- Grain: one row per brand. -#}\nselect 1"),
            "models/gold/brand/mv_top_brands.sql: does not say what adds up; "
            "add a second line: what must not be summed",
        ),
        # Contracts, keys and types
        (
            configure(ORDERS, contract={"enforced": False}),
            "models/silver/orders.yml: orders is stored without a contract; add contract: {enforced: true}",
        ),
        (
            with_columns(MART, column("sales_date", "date")),
            "models/gold/brand/sales_by_brand.yml: column sales_date is part of the key of sales_by_brand "
            "and may be null; add the constraint not_null",
        ),
        (
            dropped("test.shop.is_key_mv_top_brands"),
            "models/gold/brand/mv_top_brands.yml: no test holds a key of mv_top_brands; "
            "test its columns with is_key, or one column with unique and not_null",
        ),
        (
            dropped("test.shop.not_null_orders"),
            "models/silver/orders.yml: no test holds a key of orders; "
            "test its columns with is_key, or one column with unique and not_null",
        ),
        (
            put("test.shop.not_null_orders", column_name="brand"),
            "models/silver/orders.yml: no test holds a key of orders; "
            "test its columns with is_key, or one column with unique and not_null",
        ),
        (
            dropped("test.shop.is_key_orders"),
            "models/bronze/_bronze__sources.yml: no test holds a key of orders; "
            "test its columns with is_key, or one column with unique and not_null",
        ),
        (
            configure(ORDERS, on_schema_change="ignore"),
            "models/silver/orders.sql: is incremental and does not state on_schema_change; "
            "state on_schema_change in its config",
        ),
        (
            configure(ORDERS, unique_key=None),
            "models/silver/orders.sql: is incremental and does not state unique_key; "
            "state unique_key in its config",
        ),
        (
            configure(ORDERS, incremental_strategy=None),
            "models/silver/orders.sql: is incremental and does not state incremental_strategy; "
            "state incremental_strategy in its config",
        ),
        (
            with_columns(ORDERS, column("placed_at", "date")),
            "models/silver/orders.yml: column placed_at of orders is date; make it timestamp, or rename it",
        ),
        (
            with_columns(ORDERS, column("order_date", "timestamp")),
            "models/silver/orders.yml: column order_date of orders is timestamp; make it date, or rename it",
        ),
        (
            with_columns(ORDERS, column("is_paid", "int")),
            "models/silver/orders.yml: column is_paid of orders is int; make it boolean, or rename it",
        ),
        (
            with_columns(ORDERS, column("item_count", "decimal(10,0)")),
            "models/silver/orders.yml: column item_count of orders is decimal(10,0); "
            "make it integer, or rename it",
        ),
        (
            with_columns(ORDERS, column("net_amount", "bigint")),
            "models/silver/orders.yml: column net_amount of orders is bigint; make it decimal, or rename it",
        ),
        (
            with_columns(ORDERS, column("net_amount", "double")),
            "models/silver/orders.yml: column net_amount of orders is double, which is not exact; "
            "make it decimal",
        ),
        (
            with_columns(ORDERS, column("parts", "array<struct<weight: FLOAT>>")),
            "models/silver/orders.yml: column parts of orders is array<struct<weight: FLOAT>>, "
            "which is not exact; make it decimal",
        ),
        (
            with_columns(ORDERS, column("paid", "timestamp")),
            "models/silver/orders.yml: column paid of orders is a timestamp; "
            "name it …_at, or …_from and …_to for a period",
        ),
        (
            described(ORDERS, "columns", "unit_price", "Price of one unit."),
            "models/silver/orders.yml: column unit_price of orders does not say whether it adds up; "
            "write: Must not be summed",
        ),
        (
            with_columns(ORDERS, column("placed_at", "timestamp"), column("is_late", "boolean")),
            "models/silver/orders.yml: column is_late of orders (boolean) stands after placed_at; "
            f"order columns: {ORDER}",
        ),
        (
            put(MACRO, macro_sql="{% macro or_unknown(column) %}cast({{ column }} as double){% endmacro %}"),
            "macros/orders/or_unknown.sql: casts to a type that is not exact: as double; cast to decimal",
        ),
        (
            put("analysis.shop.top_brands", raw_code="select revenue::float from brands"),
            "analyses/top_brands.sql: casts to a type that is not exact: ::float; cast to decimal",
        ),
        (
            with_columns(ORDERS, column("customer_name", "string")),
            "models/silver/orders.yml: column customer_name of orders is personal data without the tag; "
            "add config: {tags: [pii]}",
        ),
        (
            put(
                VIEW,
                columns={
                    each["name"]: each
                    for each in (
                        column("brand", "string", doc="brand"),
                        column("phone", "string", tags=("pii",)),
                        column("revenue", "decimal(34,2)", doc="revenue"),
                    )
                },
            ),
            "models/gold/brand/mv_top_brands.yml: column phone of mv_top_brands is personal data in gold; "
            "leave it in silver",
        ),
        # Tests and readers
        (
            dropped("unit_test.shop.test_orders_adds_up"),
            "models/silver/orders.sql: has no unit test; add a test_orders_<behaviour> to its YAML",
        ),
        (
            put(
                "unit_test.shop.test_orders_adds_up",
                given=[{"input": "this", "format": "dict"}, {"input": "ref('b')", "format": "dict"}],
            ),
            "models/silver/orders.yml: test_orders_adds_up gives rows of a table that may not be built yet; "
            "give `this` with format: sql",
        ),
        (
            reading("exposure.shop.dashboard", MART),
            "models/gold/brand/mv_top_brands.sql: is in gold, and no exposure reads it; "
            "name it in the exposure that reads it, in models/_exposures.yml",
        ),
        # Schedules and costs
        (
            configure(MART, tags=[]),
            "models/gold/brand/sales_by_brand.sql: no schedule builds sales_by_brand; "
            "tag it, or its folder in dbt_project.yml: minute, hourly, nightly",
        ),
        (
            configure(SNAPSHOT, tags=["daily"]),
            "snapshots/snap_products.yml: no schedule builds snap_products; "
            "tag it, or its folder in dbt_project.yml: minute, hourly, nightly",
        ),
        (
            configure(STAGED, tags=["minute", "nightly"]),
            "models/silver/orders.sql: is built minute and reads stg_shop__orders, which is nightly; "
            "tag it nightly",
        ),
        (
            configure(ORDERS, liquid_clustered_by=None),
            "models/silver/orders.sql: orders is merged into and not clustered; "
            "set liquid_clustered_by, or say why not",
        ),
        (
            configure(ORDERS, tblproperties={"delta.enableDeletionVectors": "true"}),
            "models/silver/orders.yml: orders has not the property delta.enableRowTracking; "
            'set it to "true" in tblproperties',
        ),
        (
            all_of(reading(VIEW, MART), configure(MART, tblproperties={"delta.enableRowTracking": "true"})),
            "models/gold/brand/sales_by_brand.yml: sales_by_brand has not the property "
            'delta.enableDeletionVectors; set it to "true" in tblproperties',
        ),
        (
            configure(SNAPSHOT, check_cols=["price", "name"]),
            "snapshots/snap_products.yml: snap_products opens a period at a change of name, "
            "and its description does not say so; write: a change of name",
        ),
        (
            configure(SNAPSHOT, check_cols="all"),
            "snapshots/snap_products.yml: snap_products checks no columns by name; state check_cols",
        ),
        (
            configure(SNAPSHOT, strategy=None),
            "snapshots/snap_products.yml: snap_products does not say how it finds changes; state strategy",
        ),
        (
            configure(SNAPSHOT, hard_deletes="ignore"),
            "snapshots/snap_products.yml: snap_products leaves open what sales_by_brand no longer holds; "
            "set hard_deletes: invalidate",
        ),
        (
            reading(SINGULAR, VIEW),
            "models/gold/brand/sales_by_brand.sql: is in gold, and no singular test reads it; "
            "compare it with silver in an assert_… of tests/dbt/singular",
        ),
    ],
)
def test_what_breaks_a_convention_is_the_one_problem(apply: Changed, problem: str) -> None:
    assert problems_after(apply) == [problem]


@pytest.mark.parametrize(
    "apply",
    [
        pytest.param(renamed(ORDERS, "order_status_history"), id="a collective noun is plural in sense"),
        pytest.param(
            renamed(MART, "sales_by_state_minute"), id="the noun before _by_ is the one that counts"
        ),
        pytest.param(reading(STAGED, "seed.shop.us_states", SOURCE), id="bronze reads seeds and sources"),
        pytest.param(reading(ORDERS, SOURCE, STAGED), id="silver reads sources and bronze"),
        pytest.param(
            reading(MART, ORDERS, SEED, SNAPSHOT, VIEW), id="gold reads silver, gold, seeds, history"
        ),
        pytest.param(reading(VIEW, MART), id="a view reads an incremental mart"),
        pytest.param(
            configure(MART, liquid_clustered_by=None, not_matched_by_source_action="delete"),
            id="what is compared whole need not be clustered",
        ),
        pytest.param(configure(MART, tblproperties={}), id="a mart that no view reads may track no rows"),
        pytest.param(configure(SNAPSHOT, tags=["minute", "nightly"]), id="the rarest tag counts"),
        pytest.param(
            all_of(reading(SNAPSHOT, ORDERS), configure(SNAPSHOT, hard_deletes="ignore")),
            id="silver keeps what it holds",
        ),
        pytest.param(
            put(MACRO, macro_sql="{% macro or_unknown(\n  column='a, b') -%}{% endmacro %}"),
            id="default values are no arguments",
        ),
        pytest.param(
            put(ORDERS, raw_code="-- Grain: one row per order.\n-- not a double(\nselect 1"),
            id="a comment casts nothing",
        ),
        pytest.param(
            put(
                ORDERS, raw_code="-- Grain: one row per order.\n-- Adds up.\nselect double_price as realised"
            ),
            id="a word that begins like a type is none",
        ),
        pytest.param(
            with_columns(ORDERS, column("valid_from", "timestamp"), column("valid_to", "timestamp")),
            id="a period is from and to",
        ),
        pytest.param(with_columns(ORDERS, column("lines", "array<string>")), id="an array stands anywhere"),
        pytest.param(
            with_columns(SNAPSHOT, column("dbt_deleted", "boolean")), id="dbt names its own columns"
        ),
        pytest.param(
            all_of(
                configure(VIEW, materialized="metric_view"),
                renamed(VIEW, "brand_metrics"),
                put(VIEW, description="The measures of the shop."),
                with_columns(VIEW, column("sold_date", "date"), column("sold_amount", "decimal(34,2)")),
            ),
            id="a metric view has the grain of its query, and dimensions before measures",
        ),
    ],
)
def test_what_keeps_to_the_conventions_is_no_problem(apply: Changed) -> None:
    assert problems_after(apply) == []


def test_a_key_may_stand_first_or_among_its_type() -> None:
    def columns_of_mart(*columns: Manifest) -> Changed:
        return put(MART, columns={each["name"]: each for each in columns})

    brand = column("brand", "string", "not_null", doc="brand")
    revenue = column("revenue", "decimal(34,2)", doc="revenue")
    day = column("sales_date", "date", "not_null")
    for columns in [(day, brand, revenue), (brand, day, revenue), (brand, revenue, day)]:
        assert problems_after(columns_of_mart(*columns)) == []
    assert problems_after(columns_of_mart(revenue, brand, day)) == [
        "models/gold/brand/sales_by_brand.yml: column brand of sales_by_brand (string) stands after revenue; "
        f"order columns: {ORDER}"
    ]


def test_an_exception_holds_for_its_rule_and_model_alone() -> None:
    without_tests = dropped("unit_test.shop.test_orders_adds_up", "unit_test.shop.test_mv_top_brands_adds_up")
    exceptions = {"unit test": {"orders": "told here"}, "exposure": {"mv_top_brands": "told here"}}
    assert problems_after(without_tests, exceptions) == [
        "models/gold/brand/mv_top_brands.sql: has no unit test; "
        "add a test_mv_top_brands_<behaviour> to its YAML"
    ]


def test_exceptions_are_reasoned_and_name_what_exists() -> None:
    exceptions = {"key test": {"gone": "a reason", "orders": " "}}
    assert problems_after(lambda change: None, exceptions) == [
        f"{EXCEPTIONS}: the exception of gone from the rule 'key test' names nothing; delete it",
        f"{EXCEPTIONS}: the exception of orders from the rule 'key test' has no reason; say why",
    ]


def test_problems_come_by_file_and_once() -> None:
    reported = problems_after(all_of(put(SEED, description=""), put(MACRO, description="")))
    assert reported == sorted(set(reported))
    assert len(reported) == 2


@pytest.mark.parametrize(
    ("data_type", "kind"),
    [
        ("STRING", "string"),
        ("varchar(20)", "string"),
        ("bigint", "integer"),
        ("int", "integer"),
        ("decimal(34, 2)", "decimal"),
        ("boolean", "boolean"),
        ("date", "date"),
        ("timestamp_ntz", "timestamp"),
        ("interval day", "other"),
        ("array<string>", "other"),
        ("", "other"),
    ],
)
def test_types_are_of_a_kind(data_type: str, kind: str) -> None:
    assert kind_of(data_type) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("is_price_imputed", "boolean"),
        ("delivered_at", "timestamp"),
        ("valid_to", "timestamp"),
        ("sales_date", "date"),
        ("delivered_order_count", "integer"),
        ("popularity_rank", "integer"),
        ("quantity", "integer"),
        ("unit_price", "decimal"),
        ("revenue", "decimal"),
        ("revenue_per_unit", "decimal"),
        ("lifetime_value", "decimal"),
        ("total_sales", "decimal"),
        ("average_order_value", "decimal"),
        ("dimension_value", None),
        ("delivery_rate", "decimal"),
        ("discount_pct", "decimal"),
        ("state", None),
        ("category", None),
        ("format", None),
    ],
)
def test_names_tell_a_kind(name: str, kind: str | None) -> None:
    assert told_by(name) == kind
