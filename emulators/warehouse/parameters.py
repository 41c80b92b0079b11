"""Values of parameter markers, from the protocol's strings to what Spark binds."""

from __future__ import annotations

from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name everyone gives it

_VOID = {"VOID", "NULL"}


def values_of(parameters: Any) -> dict[str, Any] | list[Any] | None:
    """A dict for named markers (`:name`), a list for positional ones (`?`), None when there are none."""
    if not parameters:
        return None
    if any(each.name for each in parameters):
        return {each.name: _value(each) for each in parameters}
    return [_value(each) for each in parameters]


def _value(parameter: Any) -> Column:
    kind = (parameter.type or "STRING").upper()
    if kind in _VOID or (parameter.value is None and not parameter.arguments):
        return F.lit(None)
    if kind == "ARRAY":
        return F.array(*[_value(each) for each in parameter.arguments])
    if kind == "MAP":
        return F.create_map(*[_value(item) for pair in parameter.arguments for item in pair.arguments])
    return F.lit(parameter.value.stringValue).cast(kind.lower())
