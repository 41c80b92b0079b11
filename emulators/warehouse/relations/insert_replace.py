"""INSERT … REPLACE ON and REPLACE USING, which open-source Delta does not take in SQL: done by a MERGE."""

from __future__ import annotations

from collections.abc import Sequence

from emulators.warehouse.errors import SqlError
from emulators.warehouse.sql.quoting import listed, quoted
from emulators.warehouse.sql.statements import InsertReplace

TARGET, SOURCE = "`__target`", "`__source`"
"""Aliases where the statement gives none."""

IS_NEW = "__is_new"


def merge_of(
    statement: InsertReplace, target: str, columns: Sequence[str], source_columns: Sequence[str]
) -> str:
    """The MERGE that does in one commit what the INSERT says.

    Every row of the query is there twice: once to delete the rows that it matches, once to be inserted. A
    MERGE whose only change of matched rows is to delete them may match one row more than once.

    Args:
        statement: the INSERT.
        target: its table, as SQL.
        columns: the table's columns, in order.
        source_columns: the query's columns, in order.

    Raises:
        SqlError: the query has another number of columns than the table, or a column of USING is not there.
    """
    if statement.by_name:
        into = list(source_columns)
    elif len(columns) != len(source_columns):
        kind = "NOT_ENOUGH" if len(columns) > len(source_columns) else "TOO_MANY"
        raise SqlError(
            f"INSERT_COLUMN_ARITY_MISMATCH.{kind}_DATA_COLUMNS",
            f"Cannot write to {target}, the reason is {kind.lower().replace('_', ' ')} data columns: "
            f"Table columns: {listed(columns)}. Data columns: {listed(source_columns)}.",
            "21S01",
        )
    else:
        into = list(columns)
    for each in statement.using:
        for side, names in (("the table", columns), ("the query", source_columns)):
            if each.lower() not in {name.lower() for name in names}:
                raise SqlError(
                    "UNRESOLVED_INSERT_REPLACE_USING_COLUMN",
                    f"Column {quoted((each,))} cannot be resolved in {side}. Did you mean one of the "
                    f"following? [{listed(names)}].",
                    "42703",
                )
    # An alias hides the table's own name, by which the condition may call it.
    alias = quoted((statement.alias,)) if statement.alias else TARGET if statement.using else ""
    source = quoted((statement.source_alias,)) if statement.source_alias else SOURCE
    condition = statement.condition or " and ".join(
        f"{alias}.{quoted((each,))} = {source}.{quoted((each,))}" for each in statement.using
    )
    values = ", ".join(f"{source}.{quoted((each,))}" for each in source_columns)
    return (
        f"{statement.head}merge into {target} {alias} "  # noqa: S608 - SQL is its job
        f"using (select *, explode(array(true, false)) as {IS_NEW} from (\n{statement.query}\n) as {source})"
        f" as {source} on not {source}.{IS_NEW} and ({condition}) when matched then delete "
        f"when not matched and {source}.{IS_NEW} then insert ({listed(into)}) values ({values})"
    )
