"""Parameters of a session: the few that a SQL warehouse has, by the names that Databricks gives them.

https://docs.databricks.com/en/sql/language-manual/sql-ref-parameters.html
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import types as t

from emulators.warehouse.errors import SqlError
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import Column, ResultSet
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql.lexer import Reader, first_word, tokenize

STATEMENT_TIMEOUT = "STATEMENT_TIMEOUT"
QUERY_TAGS = "QUERY_TAGS"
MOST_SECONDS = 172_800
"""Two days: the longest a statement may take, and what it may take unless told otherwise."""

_OF_SPARK = {
    "ANSI_MODE": "spark.sql.ansi.enabled",
    "LEGACY_TIME_PARSER_POLICY": "spark.sql.legacy.timeParserPolicy",
    "MAX_FILE_PARTITION_BYTES": "spark.sql.files.maxPartitionBytes",
    "TIMEZONE": "spark.sql.session.timeZone",
}

_DEFAULTS = {
    STATEMENT_TIMEOUT: str(MOST_SECONDS),
    "ENABLE_PHOTON": "TRUE",
    "READ_ONLY_EXTERNAL_METASTORE": "FALSE",
    "USE_CACHED_RESULT": "TRUE",
    QUERY_TAGS: "",
}
"""What Spark has no setting for: the timeout is kept to, the others can be read back."""


def statement(sql: str, session: Session) -> ResultSet | None:
    """Carry out `SET` and `RESET` of such a parameter; None when the statement is anything else.

    Raises:
        SqlError: the value is not one of the parameter's.
    """
    first = first_word(sql).upper()
    if first not in ("SET", "RESET"):
        return None
    reader = Reader(sql, tokenize(sql))
    is_reset = reader.token().keyword == "RESET"
    name = reader.peek()
    if name not in _OF_SPARK and name not in _DEFAULTS:
        return None
    reader.token()
    if is_reset:
        reset(session, name)
        return result_set.empty()
    if reader.accept("="):
        value = sql[reader.here :].strip().removesuffix(";").strip().strip("'\"")
        put(session, name, value)
    columns = [Column("key", t.StringType()), Column("value", t.StringType())]
    return result_set.from_rows(columns, [(name, get(session, name))])


def configure(session: Session, configuration: Mapping[str, str]) -> None:
    """Give a new session the configuration that its client asks for; what it does not know is left aside.

    Raises:
        SqlError: a value is not one of its parameter's.
    """
    for name, value in configuration.items():
        if not put(session, name, value) and name.startswith(("spark.sql.", "spark.databricks.delta.")):
            session.spark.conf.set(name, value)


def put(session: Session, name: str, value: str) -> bool:
    """Set a parameter, whatever the case of its name; False when there is none of this name.

    Raises:
        SqlError: the value is not one of the parameter's.
    """
    name = name.upper()
    if name in _OF_SPARK:
        session.spark.conf.set(_OF_SPARK[name], value)
    elif name in _DEFAULTS:
        if name == STATEMENT_TIMEOUT and not (value.isdecimal() and int(value) <= MOST_SECONDS):
            raise SqlError(
                "INVALID_CONF_VALUE.DEFAULT",
                f"The value '{value}' in the config \"{name}\" is invalid. "
                f"It is a number of seconds from 0 to {MOST_SECONDS}.",
                "22022",
            )
        session.parameters[name] = value
    else:
        return False
    return True


def reset(session: Session, name: str) -> None:
    """Give a parameter back its first value."""
    if name in _OF_SPARK:
        session.spark.conf.unset(_OF_SPARK[name])
    session.parameters.pop(name, None)


def get(session: Session, name: str) -> str:
    """The value of a parameter."""
    if name in _OF_SPARK:
        return str(session.spark.conf.get(_OF_SPARK[name]))
    return session.parameters.get(name, _DEFAULTS[name])


def timeout_of(session: Session) -> int:
    """How many seconds a statement of this session may take; 0 is as long as it likes."""
    return int(session.parameters.get(STATEMENT_TIMEOUT, 0))


def tags_of(text: str) -> dict[str, str | None]:
    r"""Tags that a client wrote as `key:value,key`, with `\` before a colon, comma or backslash of theirs."""
    found: dict[str, str | None] = {}
    parts, escaped = [""], False
    for each in f"{text},":
        if escaped:
            parts[-1], escaped = parts[-1] + each, False
        elif each == "\\":
            escaped = True
        elif each == ":" and len(parts) == 1:
            parts.append("")
        elif each == ",":
            if parts != [""]:
                found[parts[0].strip()] = parts[1] if len(parts) > 1 else None
            parts = [""]
        else:
            parts[-1] += each
    return found
