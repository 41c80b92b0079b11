"""Rules on what keeps the cost of a run at what is new: clustering, and rows that are tracked."""

from __future__ import annotations

from collections.abc import Iterator

from tools.dbt_conventions.project import Problem, Project, layer_of, materialized, parents_of, yaml_of

# A merge finds the files it needs by the keys that they hold, which only works where like keys lie together.
SKIPPING = "merge_changes"


def merged_tables_are_clustered(project: Project) -> Iterator[Problem]:
    """A merge into a table that is not clustered opens all its files for every row."""
    for model in project.models:
        config = model["config"]
        if config.get("incremental_strategy") != SKIPPING or config.get("liquid_clustered_by"):
            continue
        if config.get("not_matched_by_source_action"):
            continue  # Compared with all its rows in any case.
        if not project.is_excepted("clustering", model):
            wrong = f"{model['name']} is merged into and not clustered"
            yield Problem(model["original_file_path"], wrong, "set liquid_clustered_by, or say why not")


def tables_under_materialized_views_track_rows(project: Project) -> Iterator[Problem]:
    """Databricks refreshes a view incrementally only over tables that do; so does every table of silver."""
    read = {
        parent["unique_id"]: model["name"]
        for model in project.models
        if materialized(model) == "materialized_view"
        for parent in parents_of(project, model)
    }
    for model in project.models:
        if materialized(model) != "incremental":
            continue
        if model["unique_id"] not in read and layer_of(model) != "silver":
            continue
        properties = model["config"].get("tblproperties") or {}
        for name in ("delta.enableRowTracking", "delta.enableDeletionVectors"):
            if str(properties.get(name)).lower() != "true":
                wrong = f"{model['name']} has not the property {name}"
                yield Problem(yaml_of(model), wrong, 'set it to "true" in tblproperties')


def snapshots_say_what_they_follow(project: Project) -> Iterator[Problem]:
    """The columns whose change opens a period stand in the description, and what vanishes is closed."""
    for snapshot in project.snapshots:
        config, name = snapshot["config"], snapshot["name"]
        if not config.get("unique_key") or config.get("strategy") not in ("check", "timestamp"):
            yield Problem(yaml_of(snapshot), f"{name} does not say how it finds changes", "state strategy")
        checked = config.get("check_cols")
        followed = list(checked) if isinstance(checked, list) else []
        if config.get("strategy") == "check" and not followed:
            yield Problem(yaml_of(snapshot), f"{name} checks no columns by name", "state check_cols")
        told = " ".join(str(snapshot.get("description") or "").split())
        for column in followed if told else ():
            if f"change of {column}" not in told:
                wrong = f"{name} opens a period at a change of {column}, and its description does not say so"
                yield Problem(yaml_of(snapshot), wrong, f"write: a change of {column}")
        parents = parents_of(project, snapshot)
        # Marts lose rows, such as a customer none of whose orders counts any more.
        loses = any(layer_of(parent) == "gold" for parent in parents)
        if loses and config.get("hard_deletes") not in ("invalidate", "new_record"):
            wrong = f"{name} leaves open what {parents[0]['name']} no longer holds"
            yield Problem(yaml_of(snapshot), wrong, "set hard_deletes: invalidate")
