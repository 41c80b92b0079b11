"""Values of parameter markers, from the protocol's strings to the literals that Spark binds."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name everyone gives it

from emulators.warehouse.errors import SqlError

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_MOMENT = re.compile(r"[\d:.+\-TZ ]+")

_NUMBER_SUFFIXES = {
    "TINYINT": "Y",
    "SMALLINT": "S",
    "INT": "",
    "INTEGER": "",
    "BIGINT": "L",
    "FLOAT": "F",
    "DOUBLE": "D",
    "DECIMAL": "BD",
}
_MOMENTS = {"DATE", "TIMESTAMP", "TIMESTAMP_NTZ"}


def values_of(parameters: Any) -> dict[str, Any] | list[Any] | None:
    """A dict for named markers (`:name`), a list for positional ones (`?`), None when there are none.

    Raises:
        SqlError: a value is not of its type.
    """
    if not parameters:
        return None
    if any(each.name for each in parameters):
        return {each.name: _value(each) for each in parameters}
    return [_value(each) for each in parameters]


def texts_of(parameters: Any) -> dict[str, str | None] | list[str | None] | None:
    """The same values as the client wrote them, for the history."""
    if not parameters:
        return None
    texts = [each.value.stringValue if each.value else None for each in parameters]
    if any(each.name for each in parameters):
        return {each.name: text for each, text in zip(parameters, texts, strict=True)}
    return texts


def _value(parameter: Any) -> Column:
    kind = (parameter.type or "STRING").upper().partition("(")[0]
    if kind == "ARRAY":
        return F.array(*[_value(each) for each in parameter.arguments])
    if kind == "MAP":
        return F.create_map(*[_value(item) for pair in parameter.arguments for item in pair.arguments])
    if kind in ("VOID", "NULL") or parameter.value is None:
        return F.lit(None)
    text = parameter.value.stringValue
    return F.lit(text) if kind in ("STRING", "VARCHAR", "CHAR") else F.expr(literal(kind, text))


def literal(kind: str, text: str) -> str:
    """A value as a literal of SQL: Spark binds literals alone, and they say their type.

    Raises:
        SqlError: the value is not of the type, or the type has no literal.
    """
    if kind in _NUMBER_SUFFIXES:
        return _checked(kind, text, _NUMBER.fullmatch, lambda: text + _NUMBER_SUFFIXES[kind])
    if kind in _MOMENTS:
        return _checked(kind, text, _MOMENT.fullmatch, lambda: f"{kind}'{text}'")
    if kind == "BOOLEAN":
        return _checked(kind, text, re.compile("true|false", re.IGNORECASE).fullmatch, lambda: text)
    raise SqlError("UNSUPPORTED_FEATURE", f"A parameter of type {kind} is not supported.", "0A000")


def _checked(kind: str, text: str, matches: Callable[[str], object], result: Callable[[], str]) -> str:
    if not matches(text):
        raise SqlError(
            "CAST_INVALID_INPUT", f"The value '{text}' of a parameter is not of its type {kind}.", "22018"
        )
    return result()
