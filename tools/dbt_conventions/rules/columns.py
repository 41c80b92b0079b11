"""Rules on columns: names and types, what adds up, personal data, order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.dbt_conventions.project import (
    Problem,
    Project,
    columns_of,
    layer_of,
    materialized,
    singular_tests,
    yaml_of,
)

PERSONAL = ("customer_name", "customer_email")
# How columns of a kind are named, and the kind that a name tells; the first that fits decides.
NAMES = {
    "boolean": "is_… or has_…",
    "timestamp": "…_at, or …_from and …_to for a period",
    "date": "…_date",
}
TOLD = (
    (r"^(is|has)_", "boolean"),
    (r"_at$|_(from|to)$", "timestamp"),
    (r"_date$", "date"),
    (r"_(count|rank|number)$|^quantity$", "integer"),
    (r"(^|_)(amount|price|revenue|sales|order_value|lifetime_value)$", "decimal"),
    (r"_(rate|share|pct|affinity)$|_per_", "decimal"),
)
NOT_ADDITIVE = re.compile(
    r"^average_|^(old|new)_|^days_|customer_count$|_rank(_|$)|_(rate|share|pct|affinity|price)$|_per_"
)


def names_tell_types(project: Project) -> Iterator[Problem]:
    """The name of a column tells its type, and no type is inexact."""
    for relation, column in columns_of(project.relations):
        name, data_type = column["name"], str(column.get("data_type") or "")
        if not data_type or name.startswith("dbt_"):
            continue
        told = told_by(name)
        kind = kind_of(data_type)
        column_of = f"column {name} of {relation['name']}"
        if re.search(r"\b(float|double|real)\b", data_type, re.IGNORECASE):
            yield Problem(
                yaml_of(relation), f"{column_of} is {data_type}, which is not exact", "make it decimal"
            )
        elif told and kind != told:
            yield Problem(yaml_of(relation), f"{column_of} is {data_type}", f"make it {told}, or rename it")
        elif kind in NAMES and not told:
            yield Problem(yaml_of(relation), f"{column_of} is a {kind}", f"name it {NAMES[kind]}")


def what_does_not_add_up_says_so(project: Project) -> Iterator[Problem]:
    """A reader sums what looks like a number, so the column itself has to say no."""
    for relation, column in columns_of(project.models):
        name, text = column["name"], str(column.get("description") or "")
        is_told = not text or re.search(r"\b(summed|add up)\b", text)
        if layer_of(relation) in ("silver", "gold") and NOT_ADDITIVE.search(name) and not is_told:
            wrong = f"column {name} of {relation['name']} does not say whether it adds up"
            yield Problem(yaml_of(relation), wrong, "write: Must not be summed")


def code_has_no_binary_fractions(project: Project) -> Iterator[Problem]:
    """No SQL computes with float or double."""
    for node in [*project.models, *project.analyses, *project.macros, *singular_tests(project)]:
        code = str(node.get("raw_code") or node.get("macro_sql") or "")
        code = re.sub(r"\{#.*?#\}|--[^\n]*", "", code, flags=re.DOTALL)
        if found := re.search(
            r"(\bas\s+|::\s*)(float|double|real)\b|\b(float|double)\(", code, re.IGNORECASE
        ):
            wrong = f"casts to a type that is not exact: {found[0]}"
            yield Problem(node["original_file_path"], wrong, "cast to decimal")


def personal_data_is_tagged_and_never_in_gold(project: Project) -> Iterator[Problem]:
    """The tag pii is what masks, erasure and audits go by."""
    for relation, column in columns_of(project.relations):
        tags = {*column.get("tags", []), *column.get("config", {}).get("tags", [])}
        is_personal = column["name"] in PERSONAL
        if (is_personal or "pii" in tags) and layer_of(relation) == "gold":
            wrong = f"column {column['name']} of {relation['name']} is personal data in gold"
            yield Problem(yaml_of(relation), wrong, "leave it in silver")
        elif is_personal and "pii" not in tags:
            wrong = f"column {column['name']} of {relation['name']} is personal data without the tag"
            yield Problem(yaml_of(relation), wrong, "add config: {tags: [pii]}")


def columns_are_in_order(project: Project) -> Iterator[Problem]:
    """Keys, other ids, strings, numbers, booleans, dates, timestamps.

    A key stands first or among its type; an id among the ids or its type; other types, such as arrays, and
    the columns that dbt adds stand anywhere. A metric view has its dimensions first, then its measures.
    """
    ranks = {"string": 2, "integer": 3, "decimal": 3, "boolean": 4, "date": 5, "timestamp": 6}
    for relation in [*project.models, *project.seeds, *project.snapshots]:
        if materialized(relation) == "metric_view":
            continue
        key, reached, last = project.key_columns(relation), 0, ""
        for name, column in relation["columns"].items():
            kind = kind_of(str(column.get("data_type") or ""))
            if kind not in ranks or name.startswith("dbt_"):
                continue
            places = [0] * (name in key) + [1] * name.endswith("_id") + [ranks[kind]]
            place = next((place for place in places if place >= reached), None)
            if place is None:
                remedy = "order columns: keys, other ids, strings, numbers, booleans, dates, timestamps"
                wrong = f"column {name} of {relation['name']} ({kind}) stands after {last}"
                yield Problem(yaml_of(relation), wrong, remedy)
            else:
                reached, last = place, name


def kind_of(data_type: str) -> str:
    """The kind of a column's type, as the rules on names and order tell them apart."""
    word = re.match(r"[a-z_]*", data_type.strip().lower())
    kinds = {
        "string": ("string", "varchar", "char"),
        "integer": ("tinyint", "smallint", "int", "integer", "bigint", "long"),
        "decimal": ("decimal", "numeric", "dec"),
        "boolean": ("boolean",),
        "date": ("date",),
        "timestamp": ("timestamp", "timestamp_ntz", "timestamp_ltz"),
    }
    return next((kind for kind, words in kinds.items() if word and word[0] in words), "other")


def told_by(name: str) -> str | None:
    """The kind of type that a column's name tells; None where it tells none."""
    return next((kind for pattern, kind in TOLD if re.search(pattern, name)), None)
