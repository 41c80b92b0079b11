"""A dbt project as its manifest describes it, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

Node = Mapping[str, Any]
Exceptions = Mapping[str, Mapping[str, str]]


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
        """Whether a relation may break a rule, named as in `exceptions`."""
        return relation["name"] in self.exceptions.get(rule, {})


def layer_of(node: Node) -> str:
    """The folder under models/ that a node lies in; empty for what lies elsewhere."""
    parts = PurePosixPath(node["original_file_path"]).parts
    return parts[1] if parts[0] == "models" and len(parts) > 2 else ""


def patch_of(node: Node) -> str:
    """The YAML file that describes a node; empty when none does."""
    return str(node.get("patch_path") or "").split("://")[-1]


def materialized(node: Node) -> str:
    """How a node is materialized; empty for what is not."""
    return str(node["config"].get("materialized", ""))


def columns_of(relations: Iterable[Node]) -> Iterator[tuple[Node, Node]]:
    """Each column with the relation that has it."""
    return ((relation, column) for relation in relations for column in relation["columns"].values())


def yaml_of(relation: Node) -> str:
    """The file to mend a description in: the YAML of a relation, or else its own."""
    return patch_of(relation) or str(relation["original_file_path"])


def parents_of(project: Project, model: Node) -> list[Node]:
    """What a model reads, as far as it is the project's own."""
    known = project.nodes | project.sources
    return [known[parent] for parent in model["depends_on"]["nodes"] if parent in known]


def singular_tests(project: Project) -> list[Node]:
    """The tests that are a query of their own."""
    return [test for test in project.data_tests if not test.get("test_metadata")]
