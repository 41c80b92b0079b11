"""Errors of SQL statements, worded and coded as a Databricks SQL warehouse words and codes them."""

from __future__ import annotations

import re
from typing import Any

from pyspark.errors import PySparkException

from emulators.errors import EmulatorError
from emulators.warehouse.names import shown

GENERIC_SQL_STATE = "HY000"

_WRAPPERS = {None, "STREAM_FAILED", "TASK_WRITE_FAILED"}
"""Classes that say where something failed; the cause inside says what."""

_UNREAD = "FAILED_READ_FILE.NO_HINT"
"""The class of a file that cannot be read, whose message does not say why."""

_WITHOUT_TEXT = re.compile(r"Cannot find main error class '(\w+)'")
"""How Spark words an error whose class it does not know."""

_STATES = {"COLUMN_IS_NOT_VARIANT_TYPE": "42K09", "DELTA_MERGE_UNRESOLVED_EXPRESSION": "42601"}

_UNSUPPORTED_COLUMNS = re.compile(r"Found columns using unsupported data types: \[(.*)\]")
"""How Delta words columns that it cannot keep, before it says which of its settings lets them pass."""

_LEGACY = "_LEGACY_ERROR_TEMP_"
"""How the names begin of what Spark has given no class."""

_OF_LEGACY = (
    (r"couldn't find column|cannot resolve|no such", "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", "42703"),
    (r"already exists", "TABLE_OR_VIEW_ALREADY_EXISTS", "42P07"),
    (r"not (yet )?(be )?(supported|allowed)|unsupported|is not an?", "UNSUPPORTED_FEATURE", "0A000"),
    (r"", "INVALID_STATEMENT_OR_CLAUSE", "42601"),
)
"""By its words, the class and SQLSTATE of such an error; the last is for all the others."""

_ADVICE = re.compile(
    r"(?im)[ \t]*(?:[^.\n]|\.(?=\w))*\bspark\.databricks\.delta\.\w+(?:[^.\n]|\.(?=\w))*(?:\.|$)"
)
"""A sentence that names a setting of Delta's: a SQL warehouse has none of them."""


class SqlError(EmulatorError):
    """A statement that fails: error class, SQLSTATE and the text the client shows.

    Args:
        error_class: name from the public list of Databricks error classes, e.g. `TABLE_OR_VIEW_NOT_FOUND`.
        message: what is wrong, without the class and the SQLSTATE.
        sql_state: five characters.
    """

    def __init__(self, error_class: str, message: str, sql_state: str) -> None:
        super().__init__(f"[{error_class}] {message} SQLSTATE: {sql_state}")
        self.error_class = error_class
        self.sql_state = sql_state


def parse_error(found: str, sql: str, position: int) -> SqlError:
    """A `PARSE_SYNTAX_ERROR` at `position` of the statement, as Spark's own parser words it."""
    line = sql.count("\n", 0, position) + 1
    column = position - (sql.rfind("\n", 0, position) + 1)
    return SqlError(
        "PARSE_SYNTAX_ERROR", f"Syntax error at or near '{found}'. (line {line}, pos {column})", "42601"
    )


def unsupported(what: str) -> SqlError:
    """Refusal of something a real warehouse does and this one does not."""
    return SqlError("UNSUPPORTED_FEATURE", f"{what} is not supported by the local SQL warehouse.", "0A000")


def table_not_found(name: str) -> SqlError:
    """The error of a statement that names a relation which does not exist."""
    return SqlError(
        "TABLE_OR_VIEW_NOT_FOUND",
        f"The table or view {name} cannot be found. Verify the spelling and correctness of the schema and "
        "catalog.",
        "42P01",
    )


def canceled() -> SqlError:
    """The error of a statement that was cancelled."""
    return SqlError("OPERATION_CANCELED", "Operation was canceled.", "HY008")


def refused_by_catalog(text: str) -> SqlError:
    """An error that Unity Catalog words itself: it has no class."""
    return _error(None, text, None)


def timed_out(seconds: int) -> SqlError:
    """The error of a statement that took longer than it may: drivers know it by its SQLSTATE."""
    return _error(None, f"Statement has timed out after {seconds} seconds.", "57KD0")


_TAKEN = {"CATALOG": "42710", "TABLE_OR_VIEW": "42P07", "VOLUME": "42000"}
"""SQLSTATE of a name that is taken, by what has it."""


def already_exists(kind: str, name: str) -> SqlError:
    """The error of a statement whose new name is taken.

    Args:
        kind: what has it, as in `_TAKEN`.
        name: the name, quoted.
    """
    what = kind.lower().replace("_", " ")
    return SqlError(
        f"{kind}_ALREADY_EXISTS",
        f"Cannot create {what} {name} because it already exists. "
        "Choose a different name, drop or replace the existing object, or add the IF NOT EXISTS clause to "
        "tolerate pre-existing objects.",
        _TAKEN[kind],
    )


def schema_not_found(name: str) -> SqlError:
    """The error of a statement that names a schema which does not exist."""
    return SqlError(
        "SCHEMA_NOT_FOUND",
        f"The schema {name} cannot be found. Verify the spelling and correctness of the schema and catalog.",
        "42704",
    )


def no_such_catalog(name: str) -> SqlError:
    """The error of a statement or session that names a catalog which does not exist."""
    return SqlError(
        "NO_SUCH_CATALOG_EXCEPTION",
        f"Catalog '{name}' was not found. Please verify the catalog name and then retry the query or command "
        "again.",
        "42704",
    )


def sql_error_from(error: BaseException) -> SqlError:
    """Turn whatever running a statement raised into the error the client sees.

    It has no JVM stack trace, and names schemas as the client does.
    """
    failure = _of_databricks(_failure(error))
    text = shown(str(failure))
    return failure if text == str(failure) else _error(failure.error_class, text, failure.sql_state)


def _of_databricks(failure: SqlError) -> SqlError:
    """The same error in a class that Databricks has, without advice about settings that it does not have."""
    text = str(failure)
    if named := _WITHOUT_TEXT.search(text):  # Delta raises classes of Databricks that Spark has no text for
        what = named[1].replace("_", " ").capitalize()
        return SqlError(named[1], f"{what}.", _STATES.get(named[1], "42000"))
    if unsaved := _UNSUPPORTED_COLUMNS.search(text):
        return unsupported(f"A column of this type ({unsaved[1]})")
    if failure.error_class.startswith(_LEGACY):
        message = _ADVICE.sub("", text.partition("] ")[2] or text).partition("\n")[0].strip()
        condition, state = next(
            each for words, *each in _OF_LEGACY if re.search(words, message, re.IGNORECASE)
        )
        return SqlError(condition, message, state)
    without_advice = _ADVICE.sub("", text)
    if without_advice == text:
        return failure
    return _error(failure.error_class, without_advice, failure.sql_state)


def _failure(error: BaseException) -> SqlError:
    if isinstance(error, SqlError):
        return error
    if isinstance(error, PySparkException):
        return _from_spark(error)
    if java_exception := getattr(error, "java_exception", None):
        return _from_java(java_exception)
    return _error("INTERNAL_ERROR", f"{type(error).__name__}: {error}", "XX000")


def _from_spark(error: PySparkException) -> SqlError:
    """`getMessage` of a captured exception carries class, text, SQLSTATE and query context, no stack."""
    condition, origin = error.getCondition(), getattr(error, "_origin", None)
    if condition == "REQUIRES_SINGLE_PART_NAMESPACE":  # it has taken the name of a catalog for a schema's
        parameters = error.getMessageParameters() or {}
        name = next((value for key, value in parameters.items() if key != "sessionCatalog"), "")
        return no_such_catalog(name.partition(".")[0].strip("`"))
    if (condition in _WRAPPERS or condition == _UNREAD) and origin is not None:
        return _from_java(origin)
    text = str(error).split("\n\nJVM stacktrace:")[0].strip()
    return _error(condition, text, error.getSqlState())


def _from_java(error: Any) -> SqlError:
    """The outermost cause that says what went wrong in a class of its own, else the innermost cause."""
    causes = []
    while error is not None:
        causes.append(error)
        error = error.getCause()
    named = [(_call(each, "getCondition"), each) for each in causes]
    telling = [each for each in named if each[0] and each[0] not in _WRAPPERS]
    for condition, cause in [*telling, *(each for each in named if each[0])]:
        why = f"\n{causes[-1].getMessage()}" if condition == _UNREAD else ""
        return _error(condition, f"{cause.getMessage()}{why}", _call(cause, "getSqlState"))
    innermost = causes[-1]
    return _error(None, f"{innermost.getClass().getSimpleName()}: {innermost.getMessage()}", None)


def _call(error: Any, method: str) -> str | None:
    if method not in {each.getName() for each in error.getClass().getMethods()}:
        return None
    return getattr(error, method)()  # type: ignore[no-any-return]


def _error(condition: str | None, text: str, state: str | None) -> SqlError:
    """An error whose text may already begin with its class and end with its SQLSTATE."""
    result = SqlError.__new__(SqlError)
    name = condition or "INTERNAL_ERROR"
    message = text if text.startswith(f"[{name}") or condition is None else f"[{name}] {text}"
    EmulatorError.__init__(result, message)
    result.error_class = name
    result.sql_state = state or GENERIC_SQL_STATE
    return result
