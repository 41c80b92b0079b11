"""The conventions of the dbt project, checked on its manifest: `python -m tools.dbt_conventions`.

The rules are in `rules`; a model that has to break one stands in `exceptions` with the reason, and nowhere
else.
"""

from __future__ import annotations

from tools.dbt_conventions.exceptions import EXCEPTIONS
from tools.dbt_conventions.project import Exceptions, Node, Problem, Project
from tools.dbt_conventions.rules import RULES


def check(manifest: Node, exceptions: Exceptions = EXCEPTIONS) -> list[Problem]:
    """All problems of a project, by file; empty when it keeps to its conventions."""
    project = Project(manifest, exceptions)
    return sorted({problem for rule in RULES for problem in rule(project)})
