"""Rules on when things are built: the tags that selectors.yml goes by."""

from __future__ import annotations

from collections.abc import Iterator

from tools.dbt_conventions.project import Node, Problem, Project, parents_of

# From the most frequent; a node with several tags is built by the last of them, as selectors.yml says.
SCHEDULES = ("minute", "hourly", "nightly")


def everything_is_built_by_a_schedule(project: Project) -> Iterator[Problem]:
    """What has no tag of a schedule is never built by one, and what reads it never sees news."""
    for node in [*project.models, *project.snapshots]:
        schedule = schedule_of(node)
        if schedule is None:
            remedy = f"tag it, or its folder in dbt_project.yml: {', '.join(SCHEDULES)}"
            yield Problem(node["original_file_path"], f"no schedule builds {node['name']}", remedy)
            continue
        for parent in parents_of(project, node):
            # A snapshot is history: it may be read more often than it is written.
            of_parent = schedule_of(parent) if parent["resource_type"] == "model" else None
            if of_parent and SCHEDULES.index(of_parent) > SCHEDULES.index(schedule):
                wrong = f"is built {schedule} and reads {parent['name']}, which is {of_parent}"
                yield Problem(node["original_file_path"], wrong, f"tag it {of_parent}")


def schedule_of(node: Node) -> str | None:
    """The schedule that builds a model or snapshot; None when no one does, or when it is not built."""
    tags = node["config"].get("tags") or []
    return next((schedule for schedule in reversed(SCHEDULES) if schedule in tags), None)
