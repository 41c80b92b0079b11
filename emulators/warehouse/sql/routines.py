"""Reads what a CREATE FUNCTION says of its function: for the information schema and DESCRIBE FUNCTION."""

from __future__ import annotations

from typing import Any

from emulators.errors import EmulatorError
from emulators.warehouse.names import restored
from emulators.warehouse.sql import json_paths
from emulators.warehouse.sql.lexer import Reader

_DATA_TYPES = {
    "BIGINT": "LONG",
    "INTEGER": "INT",
    "SMALLINT": "SHORT",
    "TINYINT": "BYTE",
    "DEC": "DECIMAL",
    "NUMERIC": "DECIMAL",
    "REAL": "FLOAT",
    "VARCHAR": "STRING",
    "CHAR": "STRING",
}
"""What the information schema calls types that have another name in SQL."""

_STOPS = (
    "DEFAULT",
    "COMMENT",
    "NOT",
    "RETURNS",
    "RETURN",
    "LANGUAGE",
    "DETERMINISTIC",
    "CONTAINS",
    "READS",
    "AS",
    "SQL",
)


def details(sql: str) -> dict[str, Any]:
    """Parameters, result, body and clauses of the function that a statement creates.

    Returns:
        `parameters` and, of a table function, `columns`: lists of dicts with `name` and the keys of a type;
        `data_type`, `full_data_type`, `numeric_precision` and `numeric_scale` of the result; `definition`,
        `body` (SQL or EXTERNAL), `language`, `is_deterministic`, `sql_data_access`, `comment`. What it does
        not say is not there.
    """
    try:
        return _details(Reader(sql))
    except EmulatorError:
        return {}


def _details(reader: Reader) -> dict[str, Any]:
    reader.expect("CREATE")
    while not reader.accept("FUNCTION"):
        reader.token()
    reader.accept("IF", "NOT", "EXISTS")
    reader.name()
    found: dict[str, Any] = {"parameters": _columns(reader)}
    while not reader.is_done:
        if reader.accept("RETURNS", "TABLE"):
            found["data_type"] = found["full_data_type"] = "TABLE"
            if reader.peek() == "(":
                found["columns"] = _columns(reader)
        elif reader.accept("RETURNS"):
            found |= _type(reader)
        elif reader.accept("COMMENT"):
            found["comment"] = reader.string()
        elif reader.accept("LANGUAGE"):
            language = reader.identifier().upper()
            if language != "SQL":
                found |= {"language": language, "body": "EXTERNAL"}
        elif reader.accept("NOT", "DETERMINISTIC"):
            found["is_deterministic"] = "NO"
        elif reader.accept("READS", "SQL", "DATA"):
            found["sql_data_access"] = "READS_SQL_DATA"
        elif reader.accept("RETURN") or reader.accept("AS"):
            found["definition"] = json_paths.restored(
                restored(reader.sql[reader.here :].strip().removesuffix(";").rstrip())
            )
            break
        else:
            reader.token()
    return found


def _columns(reader: Reader) -> list[dict[str, Any]]:
    reader.expect("(")
    columns = []
    while not reader.accept(")"):
        column: dict[str, Any] = {"name": reader.identifier(), **_type(reader)}
        if reader.accept("DEFAULT"):
            column["default"] = reader.skip_item("COMMENT")
        if reader.accept("COMMENT"):
            column["comment"] = reader.string()
        columns.append(column)
        reader.accept(",")
    return columns


def _type(reader: Reader) -> dict[str, Any]:
    """Read a type: words, then what stands in parentheses or angle brackets."""
    start, depth = reader.here, 0
    while not reader.is_done and (depth or reader.peek() not in (",", ")", *_STOPS)):
        text = reader.token().text
        depth += text.count("<") + text.count("(") - text.count(">") - text.count(")")
    full = reader.sql[start : reader.read_to].strip().lower()
    base, _, arguments = full.partition("(")
    word = base.partition("<")[0].strip().upper()
    found: dict[str, Any] = {
        "data_type": _DATA_TYPES.get(word, word),
        "full_data_type": full.replace(" ", ""),
    }
    if found["data_type"] == "DECIMAL":
        numbers = [int(each) for each in arguments.rstrip(")").split(",") if each.strip().isdigit()]
        found["numeric_precision"], found["numeric_scale"] = (
            (*numbers, 10, 0)[:2] if len(numbers) != 1 else (*numbers, 0)
        )
    return found
