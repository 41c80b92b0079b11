"""The project's conventions, checked on the manifest that dbt makes of it: `python -m tools.dbt_conventions`.

Every rule is a function that takes a project and yields problems; `RULES` lists them. A model that has to
break a rule stands in `EXCEPTIONS` with the reason, and nowhere else.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

Node = Mapping[str, Any]
Exceptions = Mapping[str, Mapping[str, str]]

LAYERS = ("bronze", "silver", "gold", "ops")
STORED = ("table", "incremental")
# A materialized view refreshes incrementally only over these; all else is rebuilt or has no rows of its own.
KEPT = ("incremental", "materialized_view", "streaming_table")
# Business nouns that are plural in sense only.
COLLECTIVE_NOUNS = ("drift", "history", "ledger", "performance")
PERSONAL = ("customer_name", "customer_email")

EXCEPTIONS: Exceptions = {
    "key test": {
        "stg_orders__order_events": "adds no row to and takes none from the source, whose key is tested",
        "order_metrics": "a metric view has no rows until a query names its dimensions",
    },
    "unit test": {
        "order_metrics": "a metric view cannot be fed rows; a singular test compares it with the marts",
    },
    "exposure": {},
}


@dataclass(frozen=True, order=True)
class Problem:
    """One thing in one file that breaks a convention, and what to do about it."""

    file: str
    wrong: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.wrong}; {self.remedy}"


class Project:
    """What the manifest says about the project itself, without dbt's own macros and docs."""

    def __init__(self, manifest: Node, exceptions: Exceptions) -> None:
        self.manifest = manifest
        self.exceptions = exceptions
        self.nodes = self._own("nodes")
        self.sources = self._own("sources")
        self.models = self._of("model")
        self.seeds = self._of("seed")
        self.snapshots = self._of("snapshot")
        self.analyses = self._of("analysis")
        self.data_tests = self._of("test")
        self.macros = list(self._own("macros").values())
        self.unit_tests = list(self._own("unit_tests").values())
        self.exposures = list(self._own("exposures").values())
        self.groups = list(self._own("groups").values())
        self.docs = list(self._own("docs").values())
        self.relations = [*self.models, *self.seeds, *self.snapshots, *self.sources.values()]

    def _own(self, kind: str) -> dict[str, Node]:
        name = self.manifest["metadata"]["project_name"]
        return {key: node for key, node in self.manifest[kind].items() if node["package_name"] == name}

    def _of(self, resource_type: str) -> list[Node]:
        return [node for node in self.nodes.values() if node["resource_type"] == resource_type]

    @cached_property
    def keys(self) -> dict[str, list[frozenset[str]]]:
        """By relation, the sets of columns that a test holds to be unique and not null."""
        unique, filled = set(), set()
        keys: dict[str, list[frozenset[str]]] = {}
        for test in self.data_tests:
            what = test.get("test_metadata") or {"name": None}
            for relation in test["depends_on"]["nodes"]:
                if what["name"] == "is_key":
                    keys.setdefault(relation, []).append(frozenset(what["kwargs"]["columns"]))
                elif what["name"] == "unique":
                    unique.add((relation, test["column_name"]))
                elif what["name"] == "not_null":
                    filled.add((relation, test["column_name"]))
        for relation, column in unique & filled:
            keys.setdefault(relation, []).append(frozenset([column]))
        return keys

    def key_columns(self, relation: Node) -> frozenset[str]:
        """All columns that are part of a tested key."""
        return frozenset().union(*self.keys.get(relation["unique_id"], []))

    def is_excepted(self, rule: str, relation: Node) -> bool:
        return relation["name"] in self.exceptions.get(rule, {})


def layer_of(node: Node) -> str:
    """The folder under models/ that a node lies in; empty for what lies elsewhere."""
    parts = PurePosixPath(node["original_file_path"]).parts
    return parts[1] if parts[0] == "models" and len(parts) > 2 else ""


def patch_of(node: Node) -> str:
    """The YAML file that describes a node; empty when none does."""
    return str(node.get("patch_path") or "").split("://")[-1]


def materialized(node: Node) -> str:
    return str(node["config"].get("materialized", ""))


# Names and folders


def models_lie_in_their_layer(project: Project) -> Iterator[Problem]:
    for model in project.models:
        file, name, layer = model["original_file_path"], model["name"], layer_of(model)
        depth = len(PurePosixPath(file).parts)
        if layer not in LAYERS:
            yield Problem(file, "is in no layer", f"move it to models/{', models/'.join(LAYERS)}")
        elif layer == "gold" and depth != 4:
            yield Problem(file, "is in no area of gold", "move it to models/gold/<area>")
        elif layer != "gold" and depth != 3:
            yield Problem(file, "is in a folder of its own", f"move it to models/{layer}")
        if layer in LAYERS and model["config"].get("schema") != layer:
            yield Problem(file, f"is built in schema {model['config'].get('schema')}", f"build it in {layer}")
        if not re.fullmatch(r"[a-z][a-z0-9]*(_+[a-z0-9]+)*", name):
            yield Problem(file, f"{name} is not in snake case", "rename it")


def models_are_named_for_what_they_hold(project: Project) -> Iterator[Problem]:
    for model in project.models:
        file, name, layer = model["original_file_path"], model["name"], layer_of(model)
        is_view = materialized(model) == "materialized_view"
        if layer == "bronze" and not re.fullmatch(r"stg_[a-z0-9_]+?__[a-z0-9_]+", name):
            yield Problem(file, f"{name} does not say where it comes from", "name it stg_<source>__<entity>")
        if layer != "bronze" and re.match(r"(stg|int|fct|dim|snap)_", name):
            yield Problem(file, f"{name} has a prefix of another layer", "name it by a plural business noun")
        if is_view != name.startswith("mv_"):
            remedy = "materialize it as one" if name.startswith("mv_") else "name it mv_<what>"
            yield Problem(file, "mv_ is the name of materialized views alone", remedy)
        if is_view and layer != "gold":
            yield Problem(file, "is a materialized view outside gold", "move it to models/gold/<area>")
    for relation in [*project.models, *project.snapshots]:
        noun = relation["name"].split("_by_")[0].split("_")[-1]
        if relation["name"].startswith("mv_") or noun in COLLECTIVE_NOUNS:
            continue
        if not re.search(r"[^su]s$", noun):
            remedy = "name it by a plural business noun, or add the noun to COLLECTIVE_NOUNS"
            yield Problem(relation["original_file_path"], f"{noun} in {relation['name']} is singular", remedy)


def every_model_has_a_yaml_beside_it(project: Project) -> Iterator[Problem]:
    for model in project.models:
        beside = str(PurePosixPath(model["original_file_path"]).with_suffix(".yml"))
        if patch_of(model) != beside:
            where = f"is described in {patch_of(model)}" if patch_of(model) else "is not described"
            yield Problem(model["original_file_path"], where, f"describe it, and it alone, in {beside}")


def files_have_the_names_of_their_folder(project: Project) -> Iterator[Problem]:
    for source in project.sources.values():
        yield from _expect_file(source, "models/{folder}/_{folder}__sources.yml")
    for doc in project.docs:
        is_overview = doc["name"] == "__overview__"
        yield from _expect_file(
            doc, "models/overview.md" if is_overview else "models/{folder}/_{folder}__docs.md"
        )
    for exposure in project.exposures:
        yield from _expect_file(exposure, "models/_exposures.yml")
    for group in project.groups:
        yield from _expect_file(group, "models/_groups.yml")
    for snapshot in project.snapshots:
        yield from _expect_file(snapshot, "snapshots/{name}.yml")
        if not snapshot["name"].startswith("snap_"):
            wrong = f"{snapshot['name']} is a snapshot"
            yield Problem(snapshot["original_file_path"], wrong, "name it snap_<entity>")
    for node in [*project.seeds, *project.analyses, *project.macros, *_singular_tests(project)]:
        folder, patch = PurePosixPath(node["original_file_path"]).parent, patch_of(node)
        if patch and not re.fullmatch(rf"{folder}/_{folder.name}(__(tests|macros))?\.yml", patch):
            remedy = f"move it to the YAML file of {folder}, which begins with _{folder.name}"
            yield Problem(patch, f"describes {node['name']}, which lies elsewhere", remedy)


def _expect_file(node: Node, pattern: str) -> Iterator[Problem]:
    file = PurePosixPath(node["original_file_path"])
    expected = pattern.format(folder=file.parent.name, name=node["name"])
    if str(file) != expected:
        wrong = f"holds the {node['resource_type']} {node['name']}"
        yield Problem(str(file), wrong, f"move it to {expected}")


def _singular_tests(project: Project) -> list[Node]:
    return [test for test in project.data_tests if not test.get("test_metadata")]


def tests_lie_under_tests_dbt(project: Project) -> Iterator[Problem]:
    for test in _singular_tests(project):
        expected = f"tests/dbt/singular/{test['name']}.sql"
        if test["original_file_path"] != expected:
            yield Problem(test["original_file_path"], "is a singular test", f"move it to {expected}")
        if not test["name"].startswith("assert_"):
            yield Problem(test["original_file_path"], "does not say what it claims", "name it assert_<claim>")
    for test in project.unit_tests:
        file, name, model = test["original_file_path"], test["name"], test["model"]
        if not re.fullmatch(rf"test_{model}_\w+", name):
            yield Problem(file, f"{name} does not say what it tests", f"name it test_{model}_<behaviour>")
        if PurePosixPath(file).stem != model:
            yield Problem(file, f"holds {name}", f"move it to {model}.yml, beside its model")


def macros_have_a_file_of_their_own(project: Project) -> Iterator[Problem]:
    for macro in project.macros:
        file, name = macro["original_file_path"], macro["name"]
        if name.startswith("test_"):
            expected = f"tests/dbt/generic/{name.removeprefix('test_')}.sql"
            if file != expected:
                yield Problem(file, f"holds the generic test {name}", f"move it to {expected}")
        elif PurePosixPath(file).stem != name:
            yield Problem(file, f"holds the macro {name}", f"move it to a file {name}.sql")
        elif not re.fullmatch(r"macros/[a-z_]+/\w+\.sql", file):
            yield Problem(file, "is in no room", "move it to macros/<what it is for>")


# Layers


def layers_read_what_they_may(project: Project) -> Iterator[Problem]:
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
        for parent in _parents(project, model):
            kind = layer_of(parent) if parent["resource_type"] == "model" else parent["resource_type"]
            if kind in forbidden.get(layer, ()):
                wrong = f"{layer} reads {kind}: {parent['name']}"
                yield Problem(model["original_file_path"], wrong, remedies[layer])


def materialized_views_read_what_is_kept(project: Project) -> Iterator[Problem]:
    for model in project.models:
        if materialized(model) != "materialized_view":
            continue
        for parent in _parents(project, model):
            if materialized(parent) not in KEPT:
                kind = materialized(parent) or parent["resource_type"]
                wrong = f"a materialized view reads {parent['name']}, a {kind}"
                yield Problem(model["original_file_path"], wrong, "read an incremental model")


def _parents(project: Project, model: Node) -> list[Node]:
    known = project.nodes | project.sources
    return [known[parent] for parent in model["depends_on"]["nodes"] if parent in known]


# Descriptions


def everything_is_described(project: Project) -> Iterator[Problem]:
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
    for relation, column in _columns(project.relations):
        yield f"column {column['name']} of {relation['name']}", _yaml(relation), column


def _columns(relations: Iterable[Node]) -> Iterator[tuple[Node, Node]]:
    return ((relation, column) for relation in relations for column in relation["columns"].values())


def _yaml(relation: Node) -> str:
    return patch_of(relation) or str(relation["original_file_path"])


def every_relation_names_its_columns(project: Project) -> Iterator[Problem]:
    for relation in project.relations:
        if not relation["columns"]:
            yield Problem(_yaml(relation), f"{relation['name']} names no columns", "describe each column")
    for relation, column in _columns(project.relations):
        if not column.get("data_type"):
            wrong = f"column {column['name']} of {relation['name']} has no data_type"
            yield Problem(_yaml(relation), wrong, "write the type it has in the table")


def shared_columns_have_a_doc_block(project: Project) -> Iterator[Problem]:
    shared = Counter(column["name"] for _, column in _columns(project.relations))
    for relation, column in _columns(project.relations):
        name = column["name"]
        if shared[name] > 1 and not name.startswith("dbt_") and not column.get("doc_blocks"):
            wrong = f"column {name} of {relation['name']} is described here, and is in {shared[name]} tables"
            yield Problem(
                _yaml(relation), wrong, "describe it by a doc block, so that one text holds for all"
            )
    described = [*project.relations, *(column for _, column in _columns(project.relations))]
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
    for macro in project.macros:
        header = re.search(r"\{%-?\s*(?:macro|test)\s+\w+\s*\((.*?)\)\s*-?%\}", macro["macro_sql"], re.DOTALL)
        names = re.findall(r"(?:^|,)\s*(\w+)", _without_defaults(header[1])) if header else []
        documented = [argument["name"] for argument in macro["arguments"]]
        if names != documented:
            wrong = f"{macro['name']} takes ({', '.join(names)}), its YAML says ({', '.join(documented)})"
            yield Problem(patch_of(macro) or macro["original_file_path"], wrong, "document what it takes")


def _without_defaults(arguments: str) -> str:
    """Default values cut out, which may hold commas of their own."""
    value = r"""(?:'[^']*'|"[^"]*"|\[[^\]]*\]|\{[^}]*\}|[^,'"\[{])+"""
    return re.sub(rf"=\s*{value}", "", arguments)


def every_table_has_an_owner(project: Project) -> Iterator[Problem]:
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
    for relation in project.relations:
        if materialized(relation) == "metric_view":
            continue  # Its grain is that of the query.
        text = str(relation.get("description") or "").strip()
        if text and not text.startswith("One row per "):
            yield Problem(
                _yaml(relation),
                f"the description of {relation['name']} does not state its grain",
                "begin it with: One row per",
            )
    for model in project.models:
        if layer_of(model) in ("silver", "gold", "ops"):
            yield from _opens_with_grain(model)


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


# Contracts, keys and types


def stored_tables_are_under_contract(project: Project) -> Iterator[Problem]:
    for model in project.models:
        if layer_of(model) not in ("silver", "gold", "ops") or materialized(model) not in STORED:
            continue
        if not (model["config"].get("contract") or {}).get("enforced"):
            remedy = "add contract: {enforced: true}"
            yield Problem(_yaml(model), f"{model['name']} is stored without a contract", remedy)
        for name in sorted(project.key_columns(model) & model["columns"].keys()):
            if not any(rule["type"] == "not_null" for rule in model["columns"][name]["constraints"]):
                wrong = f"column {name} is part of the key of {model['name']} and may be null"
                yield Problem(_yaml(model), wrong, "add the constraint not_null")


def every_table_has_a_tested_key(project: Project) -> Iterator[Problem]:
    for relation in project.relations:
        if not project.keys.get(relation["unique_id"]) and not project.is_excepted("key test", relation):
            remedy = "test its columns with is_key, or one column with unique and not_null"
            yield Problem(_yaml(relation), f"no test holds a key of {relation['name']}", remedy)


def incremental_models_say_how(project: Project) -> Iterator[Problem]:
    for model in project.models:
        if materialized(model) != "incremental":
            continue
        for setting in ("incremental_strategy", "unique_key", "on_schema_change"):
            if model["config"].get(setting) in (None, "", [], "ignore"):
                wrong = f"is incremental and does not state {setting}"
                yield Problem(model["original_file_path"], wrong, f"state {setting} in its config")


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


def names_tell_types(project: Project) -> Iterator[Problem]:
    for relation, column in _columns(project.relations):
        name, data_type = column["name"], str(column.get("data_type") or "")
        if not data_type or name.startswith("dbt_"):
            continue
        told = told_by(name)
        kind = kind_of(data_type)
        column_of = f"column {name} of {relation['name']}"
        if re.search(r"\b(float|double|real)\b", data_type, re.IGNORECASE):
            yield Problem(
                _yaml(relation), f"{column_of} is {data_type}, which is not exact", "make it decimal"
            )
        elif told and kind != told:
            yield Problem(_yaml(relation), f"{column_of} is {data_type}", f"make it {told}, or rename it")
        elif kind in NAMES and not told:
            yield Problem(_yaml(relation), f"{column_of} is a {kind}", f"name it {NAMES[kind]}")


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


def told_by(name: str) -> str | None:
    """The kind of type that a column's name tells; None where it tells none."""
    return next((kind for pattern, kind in TOLD if re.search(pattern, name)), None)


def what_does_not_add_up_says_so(project: Project) -> Iterator[Problem]:
    """A reader sums what looks like a number, so the column itself has to say no."""
    for relation, column in _columns(project.models):
        name, text = column["name"], str(column.get("description") or "")
        is_told = not text or re.search(r"\b(summed|add up)\b", text)
        if layer_of(relation) in ("silver", "gold") and NOT_ADDITIVE.search(name) and not is_told:
            wrong = f"column {name} of {relation['name']} does not say whether it adds up"
            yield Problem(_yaml(relation), wrong, "write: Must not be summed")


NOT_ADDITIVE = re.compile(
    r"^average_|^(old|new)_|^days_|customer_count$|_rank(_|$)|_(rate|share|pct|affinity|price)$|_per_"
)


def code_has_no_binary_fractions(project: Project) -> Iterator[Problem]:
    for node in [*project.models, *project.analyses, *project.macros, *_singular_tests(project)]:
        code = str(node.get("raw_code") or node.get("macro_sql") or "")
        code = re.sub(r"\{#.*?#\}|--[^\n]*", "", code, flags=re.DOTALL)
        if found := re.search(
            r"(\bas\s+|::\s*)(float|double|real)\b|\b(float|double)\(", code, re.IGNORECASE
        ):
            wrong = f"casts to a type that is not exact: {found[0]}"
            yield Problem(node["original_file_path"], wrong, "cast to decimal")


def personal_data_is_tagged_and_never_in_gold(project: Project) -> Iterator[Problem]:
    for relation, column in _columns(project.relations):
        tags = {*column.get("tags", []), *column.get("config", {}).get("tags", [])}
        is_personal = column["name"] in PERSONAL
        if (is_personal or "pii" in tags) and layer_of(relation) == "gold":
            wrong = f"column {column['name']} of {relation['name']} is personal data in gold"
            yield Problem(_yaml(relation), wrong, "leave it in silver")
        elif is_personal and "pii" not in tags:
            wrong = f"column {column['name']} of {relation['name']} is personal data without the tag"
            yield Problem(_yaml(relation), wrong, "add config: {tags: [pii]}")


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
                yield Problem(_yaml(relation), wrong, remedy)
            else:
                reached, last = place, name


# Tests and readers


def every_model_has_a_unit_test(project: Project) -> Iterator[Problem]:
    tested = {node for test in project.unit_tests for node in test["depends_on"]["nodes"]}
    for model in project.models:
        if model["unique_id"] not in tested and not project.is_excepted("unit test", model):
            remedy = f"add a test_{model['name']}_<behaviour> to its YAML"
            yield Problem(model["original_file_path"], "has no unit test", remedy)


def unit_tests_run_before_the_first_build(project: Project) -> Iterator[Problem]:
    for test in project.unit_tests:
        for given in test["given"]:
            # dbt asks the relation itself for the columns of rows, and fails while there is none.
            if given["input"] == "this" and given["format"] != "sql":
                wrong = f"{test['name']} gives rows of a table that may not be built yet"
                yield Problem(test["original_file_path"], wrong, "give `this` with format: sql")


def every_mart_is_recomputed_and_read(project: Project) -> Iterator[Problem]:
    audited = {node for test in _singular_tests(project) for node in test["depends_on"]["nodes"]}
    exposed = {node for exposure in project.exposures for node in exposure["depends_on"]["nodes"]}
    for model in project.models:
        if layer_of(model) != "gold":
            continue
        if model["unique_id"] not in audited:
            remedy = "compare it with silver in an assert_… of tests/dbt/singular"
            yield Problem(model["original_file_path"], "is in gold, and no singular test reads it", remedy)
        if model["unique_id"] not in exposed and not project.is_excepted("exposure", model):
            remedy = "name it in the exposure that reads it, in models/_exposures.yml"
            yield Problem(model["original_file_path"], "is in gold, and no exposure reads it", remedy)


def exceptions_name_what_exists(project: Project) -> Iterator[Problem]:
    names = {relation["name"] for relation in project.relations}
    for rule, excepted in project.exceptions.items():
        for name, reason in excepted.items():
            if name not in names:
                wrong = f"the exception of {name} from the rule {rule!r} names nothing"
                yield Problem("tools/dbt_conventions", wrong, "delete it")
            elif not reason.strip():
                wrong = f"the exception of {name} from the rule {rule!r} has no reason"
                yield Problem("tools/dbt_conventions", wrong, "say why")


RULES: tuple[Callable[[Project], Iterator[Problem]], ...] = (
    models_lie_in_their_layer,
    models_are_named_for_what_they_hold,
    every_model_has_a_yaml_beside_it,
    files_have_the_names_of_their_folder,
    tests_lie_under_tests_dbt,
    macros_have_a_file_of_their_own,
    layers_read_what_they_may,
    materialized_views_read_what_is_kept,
    everything_is_described,
    every_relation_names_its_columns,
    shared_columns_have_a_doc_block,
    the_overview_leads_everywhere,
    macro_arguments_are_documented,
    every_table_has_an_owner,
    every_table_states_its_grain,
    stored_tables_are_under_contract,
    every_table_has_a_tested_key,
    incremental_models_say_how,
    names_tell_types,
    what_does_not_add_up_says_so,
    code_has_no_binary_fractions,
    personal_data_is_tagged_and_never_in_gold,
    columns_are_in_order,
    every_model_has_a_unit_test,
    unit_tests_run_before_the_first_build,
    every_mart_is_recomputed_and_read,
    exceptions_name_what_exists,
)


def check(manifest: Node, exceptions: Exceptions = EXCEPTIONS) -> list[Problem]:
    """All problems of a project, by file; empty when it keeps to its conventions."""
    project = Project(manifest, exceptions)
    return sorted({problem for rule in RULES for problem in rule(project)})


def parse(project: Path, target: Path) -> Node:
    """The manifest of a dbt project, made without a connection.

    Raises:
        subprocess.CalledProcessError: dbt cannot parse the project, or warns; its words are in `output`.
    """
    # profiles.yml wants these; nothing is connected to.
    warehouse = {
        "LOCAL_WAREHOUSE_URL": "http://127.0.0.1:1",
        "LOCAL_WAREHOUSE_HTTP_PATH": "/sql/1.0/warehouses/none",
        "LOCAL_WAREHOUSE_TOKEN": "none",
    }
    # Warnings are errors: a YAML entry for something that is gone is one of them. A partial parse would
    # give each but once.
    subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            *("--quiet", "--no-use-colors", "--warn-error", "--log-level-file", "none"),
            *("parse", "--no-partial-parse", "--target", "local"),
            *("--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(target)),
        ],
        check=True,
        env=os.environ | warehouse,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    manifest: Node = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    return manifest


def main() -> int:
    """Print a line for each problem and their count; the exit code is 1 when there is one."""
    with tempfile.TemporaryDirectory() as target:
        try:
            manifest = parse(Path(__file__).parent.parent, Path(target))
        except subprocess.CalledProcessError as error:
            remedy = "mend what dbt names above"
            sys.stderr.write(
                f"{error.output.strip()}\nerror: dbt does not take the project as it is; {remedy}\n"
            )
            return 1
    problems = check(manifest)
    if problems:
        lines = [*map(str, problems), f"error: conventions broken: {len(problems)}"]
        sys.stderr.write("\n".join(lines) + "\n")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
