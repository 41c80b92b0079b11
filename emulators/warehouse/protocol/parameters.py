"""Values of parameters, from the protocol's strings to literals of SQL."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from emulators.warehouse.errors import SqlError
from emulators.warehouse.sql import quoting

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


def literals_of(parameters: Any) -> dict[str, str] | list[str]:
    """Values as SQL: a dict for named markers (`:name`), a list for positional ones (`?`).

    Raises:
        SqlError: a value is not of its type.
    """
    parameters = parameters or []
    if any(each.name for each in parameters):
        return {each.name: _literal(each) for each in parameters}
    return [_literal(each) for each in parameters]


def texts_of(parameters: Any) -> dict[str, str | None] | list[str | None] | None:
    """The same values as the client wrote them, for the history."""
    if not parameters:
        return None
    texts = [each.value.stringValue if each.value else None for each in parameters]
    if any(each.name for each in parameters):
        return {each.name: text for each, text in zip(parameters, texts, strict=True)}
    return texts


def _literal(parameter: Any) -> str:
    """The literal of a parameter, or of an element of one: an element's value is a string as it is."""
    kind = (parameter.type or "STRING").upper().partition("(")[0]
    if kind in ("ARRAY", "MAP"):  # a map's keys and values take turns
        return f"{kind.lower()}({', '.join(map(_literal, parameter.arguments or []))})"
    if kind in ("VOID", "NULL") or parameter.value is None:
        return "null"
    return literal(kind, getattr(parameter.value, "stringValue", parameter.value))


def literal(kind: str, text: str) -> str:
    """A value as a literal of SQL, which says its type.

    Raises:
        SqlError: the value is not of the type, or the type has no literal.
    """
    if kind in ("STRING", "VARCHAR", "CHAR"):
        return quoting.literal(text)
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
