"""Rules on names, files and folders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.dbt_conventions.project import (
    Node,
    Problem,
    Project,
    layer_of,
    materialized,
    patch_of,
    singular_tests,
)

LAYERS = ("bronze", "silver", "gold", "ops")
# Business nouns that are plural in sense only.
COLLECTIVE_NOUNS = ("drift", "history", "ledger", "performance")


def models_lie_in_their_layer(project: Project) -> Iterator[Problem]:
    """A model lies in the folder of its layer, and is built in the schema of that name."""
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
    """Bronze says where it comes from, all others are plural business nouns."""
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
    """A model and its YAML file lie side by side."""
    for model in project.models:
        beside = str(PurePosixPath(model["original_file_path"]).with_suffix(".yml"))
        if patch_of(model) != beside:
            where = f"is described in {patch_of(model)}" if patch_of(model) else "is not described"
            yield Problem(model["original_file_path"], where, f"describe it, and it alone, in {beside}")


def files_have_the_names_of_their_folder(project: Project) -> Iterator[Problem]:
    """What describes a folder has its name, so that it is found without a search."""
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
    for node in [*project.seeds, *project.analyses, *project.macros, *singular_tests(project)]:
        folder, patch = PurePosixPath(node["original_file_path"]).parent, patch_of(node)
        if patch and not re.fullmatch(rf"{folder}/_{folder.name}(__(tests|macros))?\.yml", patch):
            remedy = f"move it to the YAML file of {folder}, which begins with _{folder.name}"
            yield Problem(patch, f"describes {node['name']}, which lies elsewhere", remedy)


def tests_lie_under_tests_dbt(project: Project) -> Iterator[Problem]:
    """Singular tests say what they claim, unit tests lie beside their model."""
    for test in singular_tests(project):
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
    """A macro is found by its name, in a room of macros/."""
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


def _expect_file(node: Node, pattern: str) -> Iterator[Problem]:
    file = PurePosixPath(node["original_file_path"])
    expected = pattern.format(folder=file.parent.name, name=node["name"])
    if str(file) != expected:
        wrong = f"holds the {node['resource_type']} {node['name']}"
        yield Problem(str(file), wrong, f"move it to {expected}")
