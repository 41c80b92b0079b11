"""Rules on contracts, keys and incremental models."""

from __future__ import annotations

from collections.abc import Iterator

from tools.dbt_conventions.project import (
    Problem,
    Project,
    layer_of,
    materialized,
    yaml_of,
)

STORED = ("table", "incremental")


def stored_tables_are_under_contract(project: Project) -> Iterator[Problem]:
    """Tables have an enforced contract, and no null in their key."""
    for model in project.models:
        if layer_of(model) not in ("silver", "gold", "ops") or materialized(model) not in STORED:
            continue
        if not (model["config"].get("contract") or {}).get("enforced"):
            remedy = "add contract: {enforced: true}"
            yield Problem(yaml_of(model), f"{model['name']} is stored without a contract", remedy)
        for name in sorted(project.key_columns(model) & model["columns"].keys()):
            if not any(rule["type"] == "not_null" for rule in model["columns"][name]["constraints"]):
                wrong = f"column {name} is part of the key of {model['name']} and may be null"
                yield Problem(yaml_of(model), wrong, "add the constraint not_null")


def every_table_has_a_tested_key(project: Project) -> Iterator[Problem]:
    """A test holds that the key of a table is one."""
    for relation in project.relations:
        if not project.keys.get(relation["unique_id"]) and not project.is_excepted("key test", relation):
            remedy = "test its columns with is_key, or one column with unique and not_null"
            yield Problem(yaml_of(relation), f"no test holds a key of {relation['name']}", remedy)


def incremental_models_say_how(project: Project) -> Iterator[Problem]:
    """Nothing about an incremental model is left to a default."""
    for model in project.models:
        if materialized(model) != "incremental":
            continue
        for setting in ("incremental_strategy", "unique_key", "on_schema_change"):
            if model["config"].get(setting) in (None, "", [], "ignore"):
                wrong = f"is incremental and does not state {setting}"
                yield Problem(model["original_file_path"], wrong, f"state {setting} in its config")
