"""Rules on what may read what."""

from __future__ import annotations

from collections.abc import Iterator

from tools.dbt_conventions.project import (
    Problem,
    Project,
    layer_of,
    materialized,
    parents_of,
)

# A materialized view refreshes incrementally only over these; all else is rebuilt or has no rows of its own.
KEPT = ("incremental", "materialized_view", "streaming_table")


def layers_read_what_they_may(project: Project) -> Iterator[Problem]:
    """Data flows from bronze to silver to gold."""
    forbidden = {
        "bronze": ("silver", "gold", "snapshot"),
        "silver": ("gold", "snapshot"),
        "gold": ("bronze", "source"),
    }
    remedies = {
        "bronze": "read sources, seeds and bronze",
        "silver": "read bronze and silver, or move it to gold",
        "gold": "read silver or gold",
    }
    for model in project.models:
        layer = layer_of(model)
        for parent in parents_of(project, model):
            kind = layer_of(parent) if parent["resource_type"] == "model" else parent["resource_type"]
            if kind in forbidden.get(layer, ()):
                wrong = f"{layer} reads {kind}: {parent['name']}"
                yield Problem(model["original_file_path"], wrong, remedies[layer])


def materialized_views_read_what_is_kept(project: Project) -> Iterator[Problem]:
    """Over a table that is rebuilt a materialized view would refresh in full."""
    for model in project.models:
        if materialized(model) != "materialized_view":
            continue
        for parent in parents_of(project, model):
            if materialized(parent) not in KEPT:
                kind = materialized(parent) or parent["resource_type"]
                wrong = f"a materialized view reads {parent['name']}, a {kind}"
                yield Problem(model["original_file_path"], wrong, "read an incremental model")
