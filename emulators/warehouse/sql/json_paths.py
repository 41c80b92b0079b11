"""`expression:path`, which reaches into a VARIANT or into a STRING of JSON.

Spark knows it of variants alone. It is put as the call of a function, which learns the type when Spark
analyses the statement, and put back where clients read the statement again.
https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-json-path-expression
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from emulators.warehouse.errors import SqlError
from emulators.warehouse.sql.lexer import Kind, Reader, Token, tokenize
from emulators.warehouse.sql.quoting import literal

FUNCTION = "__json_path"
"""The function, of an expression and the text of a path."""

_MAY_HOLD_ONE = re.compile(r"[\w`)\]'\"]\s*:\s*[\w`\[]")
_NO_OPERANDS = {
    *("SELECT", "DISTINCT", "ALL", "WHERE", "AND", "OR", "NOT", "ON", "BY", "HAVING", "WHEN", "THEN", "ELSE"),
    *(
        "CASE",
        "IN",
        "LIKE",
        "RLIKE",
        "BETWEEN",
        "IS",
        "AS",
        "FROM",
        "JOIN",
        "SET",
        "VALUES",
        "LIMIT",
        "USING",
    ),
}
"""Words behind which an expression begins; a colon there is that of a parameter's marker."""


class StepKind(Enum):
    """How a step leads on."""

    FIELD = auto()
    EXACT_FIELD = auto()
    INDEX = auto()
    EACH = auto()


@dataclass(frozen=True)
class Step:
    """One step of a path: to a field by its name, to an element by its number, or to each element."""

    kind: StepKind
    name: str = ""


def steps(path: str) -> list[Step]:
    """The steps of a path, as it stands behind the colon.

    Raises:
        SqlError: it is none.
    """
    reader = Reader(path)
    found = list(_steps(reader))
    reader.end()
    return found


def _steps(reader: Reader) -> Sequence[Step]:
    found: list[Step] = []
    while not reader.is_done:
        if reader.accept("["):
            if reader.next_is_string():
                found.append(Step(StepKind.EXACT_FIELD, reader.string()))
                reader.expect("]")
                continue
            token = reader.token()
            if token.keyword == "*":
                found.append(Step(StepKind.EACH))
            elif token.kind is Kind.NUMBER:
                found.append(Step(StepKind.INDEX, token.text))
            else:
                reader.at -= 1
                raise reader.unexpected()
            reader.expect("]")
        elif not found or reader.accept("."):
            found.append(Step(StepKind.FIELD, reader.identifier()))
        else:
            break
    return found


def rewritten(sql: str) -> str:
    """The statement with calls of the function in the place of paths.

    Raises:
        SqlError: a quote or a comment is not closed.
    """
    if ":" not in sql or not _MAY_HOLD_ONE.search(sql):
        return sql
    at = 0
    while True:
        reader = Reader(sql)
        colon = _next_colon(reader.tokens, at)
        if colon is None:
            return sql
        start = _operand(reader.tokens, colon)
        reader.at = colon + 1
        try:
            found = _steps(reader)
        except SqlError:
            found = []
        if start is None or not found:
            at = reader.tokens[colon].end
            continue
        end = reader.read_to
        path = literal(sql[reader.tokens[colon].end : end].strip())
        operand = sql[reader.tokens[start].start : reader.tokens[colon].start].rstrip()
        call = f"{FUNCTION}({operand}, {path})"
        sql = f"{sql[: reader.tokens[start].start]}{call}{sql[end:]}"
        at = reader.tokens[start].start + len(call)


def restored(text: str) -> str:
    """A text with paths in the place of the function's calls, as the client wrote it."""
    while (at := text.rfind(f"{FUNCTION}(")) >= 0:
        reader = Reader(text[at:])
        reader.token()
        end_of_call = _call(reader)
        if end_of_call is None:
            return text
        comma, end = end_of_call
        path = tokenize(text[at + comma + 1 : at + end - 1])[0].text
        operand = text[at + len(FUNCTION) + 1 : at + comma]
        text = f"{text[:at]}{operand}:{path}{text[at + end :]}"
    return text


def _call(reader: Reader) -> tuple[int, int] | None:
    """Offsets of the last comma of a call and of its end."""
    depth, comma = 0, None
    while not reader.is_done:
        token = reader.token()
        depth += (token.keyword in ("(", "[")) - (token.keyword in (")", "]"))
        if token.keyword == "," and depth == 1:
            comma = token.start
        if depth == 0:
            return (comma, token.end) if comma is not None else None
    return None


def _next_colon(tokens: list[Token], at: int) -> int | None:
    """The next colon outside of types, from an offset on."""
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.keyword in ("STRUCT", "ARRAY", "MAP") and _keyword(tokens, index + 1).startswith("<"):
            depth = 0
            while index + 1 < len(tokens):
                index += 1
                text = tokens[index].keyword
                depth += text.count("<") - text.count(">")
                if depth <= 0:
                    break
        elif token.keyword == ":" and token.start >= at:
            return index
        index += 1
    return None


def _operand(tokens: list[Token], colon: int) -> int | None:
    """Where the expression begins that ends before a colon; None when none ends there."""
    at = colon - 1
    if at < 0:
        return None
    touches = tokens[at].end == tokens[colon].start
    while at >= 0:
        token = tokens[at]
        if token.keyword in (")", "]"):
            at = _opening(tokens, at)
            is_index = token.keyword == "]"
            if at > 0 and (is_index or _is_name(tokens[at - 1])):
                at -= 1
                continue
            return None if is_index else at
        if token.kind in (Kind.WORD, Kind.QUOTED):
            if token.keyword in _NO_OPERANDS or not touches:
                return None
            if _keyword(tokens, at - 1) in (".", "::") and at > 1:
                at -= 2
                continue
            return at
        return at if token.kind is Kind.STRING and touches else None
    return None


def _is_name(token: Token) -> bool:
    return token.kind is Kind.QUOTED or (token.kind is Kind.WORD and token.keyword not in _NO_OPERANDS)


def _opening(tokens: list[Token], closing: int) -> int:
    depth = 0
    for at in range(closing, -1, -1):
        depth += (tokens[at].keyword in (")", "]")) - (tokens[at].keyword in ("(", "["))
        if depth == 0:
            return at
    return 0


def _keyword(tokens: list[Token], at: int) -> str:
    return tokens[at].keyword if 0 <= at < len(tokens) else ""
