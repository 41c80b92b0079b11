"""Macros and models as dbt renders them, with a warehouse that answers from a list: no connection, no JVM."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any

from dbt.clients.jinja import MacroGenerator, get_rendered
from dbt_common.exceptions import CompilationError
from dbt_common.exceptions.macros import MacroReturn

from emulators.settings import REPOSITORY

Rows = Sequence[Sequence[Any]]
Answer = Callable[[str], Rows]

VARIABLES = {
    "accepted_schema_versions": [1],
    "minute_lateness_allowance_minutes": 60,
    "order_statuses": ["placed", "shipped", "delivered", "cancelled", "returned"],
    "pii_readers": None,
    "schema_readers": {},
}


@dataclass(frozen=True)
class Relation:
    """A table or view, as far as macros look at one."""

    database: str
    schema: str
    identifier: str
    is_view: bool = False

    def render(self) -> str:
        return f"`{self.database}`.`{self.schema}`.`{self.identifier}`"

    def __str__(self) -> str:
        return self.render()


@dataclass
class Rendering:
    """One target of the project; `sent` holds the statements that macros sent, `logged` what they said.

    `stand_ins` are what a test puts in the place of dbt's own macros and objects, by name.
    """

    target: str = "local"
    schema: str = "gold"
    answer: Answer = lambda statement: []
    variables: dict[str, Any] = field(default_factory=dict)
    nodes: Iterable[dict[str, Any]] = ()
    sources: Iterable[dict[str, Any]] = ()
    is_incremental: bool = False
    this: Relation = Relation("main", "silver", "this")
    stand_ins: dict[str, Any] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)

    def call(self, macro: str, *arguments: Any, **named: Any) -> Any:
        """What a macro returns, or the text it renders."""
        return self.context()[macro](*arguments, **named)

    def model(self, file: str, **context: Any) -> str:
        """The SQL of a model, by its file under models/."""
        return str(get_rendered((REPOSITORY / "models" / file).read_text(), self.context() | context))

    def context(self) -> dict[str, Any]:
        context: dict[str, Any] = {
            "adapter": SimpleNamespace(
                check_schema_exists=lambda database, schema: True,
                get_columns_in_relation=lambda relation: [],
                get_relation=Relation,
                quote=lambda name: f"`{name}`",
            ),
            "config": lambda **settings: "",
            "exceptions": SimpleNamespace(raise_compiler_error=_raise, warn=self.logged.append),
            "execute": True,
            "fromjson": json.loads,
            "graph": {
                "nodes": {each["unique_id"]: _node(each) for each in self.nodes},
                "sources": {each["unique_id"]: _node(each) for each in self.sources},
            },
            "is_incremental": lambda: self.is_incremental,
            "log": self._log,
            "modules": SimpleNamespace(re=re),
            "ref": lambda name: Relation("main", "silver", name),
            "return": _return,
            "run_query": self._run_query,
            "source": lambda schema, name: Relation("main", schema, name),
            "target": SimpleNamespace(name=self.target, schema=self.schema, database="main"),
            "this": self.this,
            "tojson": json.dumps,
            "var": lambda name: (VARIABLES | self.variables)[name],
        }
        for name, text in _macros().items():
            context[name] = MacroGenerator(SimpleNamespace(name=name, macro_sql=text), context)
        context.update(self.stand_ins)  # in place: macros see each other through it
        return context

    def _log(self, text: str, info: bool = False) -> str:
        self.logged.append(text)
        return ""

    def _run_query(self, statement: str) -> SimpleNamespace:
        self.sent.append(" ".join(statement.split()))
        return SimpleNamespace(rows=self.answer(self.sent[-1]))


@cache
def _macros() -> dict[str, str]:
    return {file.stem: file.read_text() for file in (REPOSITORY / "macros").rglob("*.sql")}


def _node(node: dict[str, Any]) -> Any:
    """A node as Jinja sees it, with attributes and items alike, and nothing where it has none."""
    return _Attributes({key: _node(each) if isinstance(each, dict) else each for key, each in node.items()})


class _Attributes(dict[str, Any]):
    def __getattr__(self, name: str) -> Any:
        return self.get(name, "")


def _raise(message: str) -> None:
    raise CompilationError(message)


def _return(value: Any = None) -> None:
    raise MacroReturn(value)
