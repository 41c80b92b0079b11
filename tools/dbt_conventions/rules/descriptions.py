"""Rules on what people read: descriptions, doc blocks, the overview, owners and grain."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from tools.dbt_conventions.project import (
    Node,
    Problem,
    Project,
    columns_of,
    layer_of,
    materialized,
    patch_of,
    yaml_of,
)

COMMENT_LENGTH = 1000


def everything_is_described(project: Project) -> Iterator[Problem]:
    """Relations, columns, macros, arguments, tests, analyses and exposures have a description."""
    for what, file, node in _describable(project):
        text = str(node.get("description") or "").strip()
        if not text:
            yield Problem(file, f"{what} has no description", "describe it")
        elif found := re.search(r"\b(TODO|TBD|FIXME|XXX)\b", text):
            yield Problem(file, f"the description of {what} says {found[0]}", "write it")
    for source in project.sources.values():
        if not source.get("source_description"):
            file = source["original_file_path"]
            yield Problem(file, f"source {source['source_name']} has no description", "describe it")


def every_relation_names_its_columns(project: Project) -> Iterator[Problem]:
    """All columns are listed, with the type they have in the table."""
    for relation in project.relations:
        if not relation["columns"]:
            yield Problem(yaml_of(relation), f"{relation['name']} names no columns", "describe each column")
    for relation, column in columns_of(project.relations):
        if not column.get("data_type"):
            wrong = f"column {column['name']} of {relation['name']} has no data_type"
            yield Problem(yaml_of(relation), wrong, "write the type it has in the table")


def shared_columns_have_a_doc_block(project: Project) -> Iterator[Problem]:
    """A column that is in more than one table has one text for all."""
    shared = Counter(column["name"] for _, column in columns_of(project.relations))
    for relation, column in columns_of(project.relations):
        name = column["name"]
        if shared[name] > 1 and not name.startswith("dbt_") and not column.get("doc_blocks"):
            wrong = f"column {name} of {relation['name']} is described here, and is in {shared[name]} tables"
            yield Problem(
                yaml_of(relation), wrong, "describe it by a doc block, so that one text holds for all"
            )
    described = [*project.relations, *(column for _, column in columns_of(project.relations))]
    used = {block for node in described for block in node.get("doc_blocks") or []}
    for doc in project.docs:
        if doc["name"] != "__overview__" and doc["unique_id"] not in used:
            yield Problem(doc["original_file_path"], f"nothing uses the block {doc['name']}", "delete it")


def the_overview_leads_everywhere(project: Project) -> Iterator[Problem]:
    """A new analyst starts there: it names each table that is worth reading, and its links hold."""
    for doc in project.docs:
        if doc["name"] != "__overview__":
            continue
        links = set(re.findall(r"\(#!/\w+/([\w.]+)\)", doc["block_contents"]))
        known = project.nodes | project.sources | {each["unique_id"]: each for each in project.exposures}
        for link in sorted(links - known.keys()):
            yield Problem(doc["original_file_path"], f"links to {link}, which is not there", "mend the link")
        for relation in [*project.models, *project.snapshots]:
            if layer_of(relation) != "bronze" and relation["unique_id"] not in links:
                remedy = f"link to {relation['unique_id']} from the question it answers"
                yield Problem(doc["original_file_path"], f"does not name {relation['name']}", remedy)


def macro_arguments_are_documented(project: Project) -> Iterator[Problem]:
    """The YAML of a macro lists what it takes, in its order."""
    for macro in project.macros:
        header = re.search(r"\{%-?\s*(?:macro|test)\s+\w+\s*\((.*?)\)\s*-?%\}", macro["macro_sql"], re.DOTALL)
        names = re.findall(r"(?:^|,)\s*(\w+)", _without_defaults(header[1])) if header else []
        documented = [argument["name"] for argument in macro["arguments"]]
        if names != documented:
            wrong = f"{macro['name']} takes ({', '.join(names)}), its YAML says ({', '.join(documented)})"
            yield Problem(patch_of(macro) or macro["original_file_path"], wrong, "document what it takes")


def every_table_has_an_owner(project: Project) -> Iterator[Problem]:
    """Somebody can be asked about every table."""
    groups = {group["name"]: group for group in project.groups}
    for node in [*project.models, *project.seeds, *project.snapshots]:
        group = groups.get(node["config"].get("group") or "")
        if not group:
            remedy = f"put it in a group of models/_groups.yml: {', '.join(sorted(groups))}"
            yield Problem(node["original_file_path"], f"{node['name']} has no group", remedy)
    for group in groups.values():
        if not (group["owner"].get("name") and group["owner"].get("email")):
            wrong = f"group {group['name']} has no owner to write to"
            yield Problem(group["original_file_path"], wrong, "give it a name and an email")


def every_table_states_its_grain(project: Project) -> Iterator[Problem]:
    """The description of a table begins with its grain, and so does its SQL."""
    for relation in project.relations:
        if materialized(relation) == "metric_view":
            continue  # Its grain is that of the query.
        text = str(relation.get("description") or "").strip()
        if text and not text.startswith("One row per "):
            yield Problem(
                yaml_of(relation),
                f"the description of {relation['name']} does not state its grain",
                "begin it with: One row per",
            )
    for model in project.models:
        if layer_of(model) in ("silver", "gold", "ops"):
            yield from _opens_with_grain(model)


def what_reaches_the_catalog_is_short(project: Project) -> Iterator[Problem]:
    """A catalog shows the descriptions of tables and columns as comments, in little room."""
    described = [(relation["name"], relation, relation) for relation in project.relations]
    for relation, column in columns_of(project.relations):
        described.append((f"column {column['name']} of {relation['name']}", relation, column))
    for what, relation, node in described:
        length = len(str(node.get("description") or ""))
        if length >= COMMENT_LENGTH:
            wrong = f"the description of {what} has {length:,} characters"
            remedy = f"shorten it below {COMMENT_LENGTH:,}, and link to what says more"
            yield Problem(yaml_of(relation), wrong, remedy)


def _describable(project: Project) -> Iterator[tuple[str, str, Node]]:
    for node in [
        *project.relations,
        *project.analyses,
        *project.macros,
        *project.exposures,
        *project.data_tests,
        *project.unit_tests,
    ]:
        file = patch_of(node) or node["original_file_path"]
        yield f"{node['resource_type'].replace('_', ' ')} {node['name']}", file, node
        for argument in node.get("arguments", []):
            yield f"argument {argument['name']} of {node['name']}", file, argument
    for relation, column in columns_of(project.relations):
        yield f"column {column['name']} of {relation['name']}", yaml_of(relation), column


def _without_defaults(arguments: str) -> str:
    """Default values cut out, which may hold commas of their own."""
    value = r"""(?:'[^']*'|"[^"]*"|\[[^\]]*\]|\{[^}]*\}|[^,'"\[{])+"""
    return re.sub(rf"=\s*{value}", "", arguments)


def _opens_with_grain(model: Node) -> Iterator[Problem]:
    """Two lines: the grain, then what adds up or must not.

    What the warehouse stores as a view's text is left without SQL comments, or dbt takes every run for a
    change and rebuilds it.
    """
    file, code = model["original_file_path"], str(model["raw_code"])
    if materialized(model) in ("materialized_view", "metric_view"):
        comment, how = re.match(r"\{#-?(.*?)#\}", code, re.DOTALL), "a Jinja comment"
        lines = comment[1].strip("- \n").splitlines() if comment else []
    else:
        comment, how = re.match(r"(--[^\n]*\n)+", code), "SQL comments"
        lines = [line.removeprefix("--") for line in comment[0].splitlines()] if comment else []
    if not (lines and lines[0].strip().startswith("Grain: ")):
        yield Problem(file, f"does not open with its grain, in {how}", "write: Grain: one row per …")
    elif len([line for line in lines if line.strip()]) < 2:
        yield Problem(file, "does not say what adds up", "add a second line: what must not be summed")
