"""Commands, which Spark runs, and the clauses that are carried out once it has."""

from __future__ import annotations

from dataclasses import dataclass

from emulators.warehouse.sql.statements.constraints import Check, Key, Mask, RowFilter
from emulators.warehouse.sql.statements.statement import Name, Statement


@dataclass(frozen=True)
class Clauses:
    """What a CREATE or ALTER says of a relation and Delta does not take: done once the relation is there.

    Attributes:
        is_auto_clustered: whether Databricks is to choose its clustering; None says nothing of it.
    """

    keys: tuple[Key, ...] = ()
    checks: tuple[Check, ...] = ()
    masks: tuple[Mask, ...] = ()
    row_filter: RowFilter | None = None
    is_auto_clustered: bool | None = None


@dataclass(frozen=True)
class Command(Statement):
    """A statement run by Spark as it is, or after Databricks-only clauses were cut out.

    Attributes:
        defines: relations whose definition it may change.
        writes: the relation whose rows it changes.
        is_insert: whether it adds rows only; Delta then does not say how many.
        replaces: whether it makes `defines` anew: what was recorded of the old ones is dropped.
        is_view: whether what it makes anew is a view.
        keeps_query: whether a query in it is run later, as a view's is.
        is_clone: whether what it makes anew is a shallow clone.
        if_not_exists: whether it leaves a relation that is there as it is.
        renamed_to: what the one relation it defines is called from then on.
        renamed_column: the old and the new name of a column of it.
        is_new_query: whether it gives a view another query: the comments of its columns go.
        schema: the schema whose definition it may change.
        function: the function it creates or, when `is_drop`, drops.
        is_drop: whether what it defines is dropped.
        clauses: what is to be done once it has run.
        is_unknown: whether it may change what it does not name: all is compared once it has run.
    """

    defines: tuple[Name, ...] = ()
    writes: Name | None = None
    is_insert: bool = False
    replaces: bool = False
    is_view: bool = False
    keeps_query: bool = False
    is_clone: bool = False
    if_not_exists: bool = False
    renamed_to: Name | None = None
    renamed_column: tuple[str, str] | None = None
    is_new_query: bool = False
    schema: Name | None = None
    function: Name | None = None
    is_drop: bool = False
    clauses: Clauses = Clauses()
    is_unknown: bool = False
