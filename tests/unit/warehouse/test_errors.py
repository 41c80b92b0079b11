from __future__ import annotations

import pytest

from emulators.warehouse.errors import SqlError, sql_error_from


def raised(condition: str, text: str, state: str = "XX000") -> SqlError:
    """An error as it comes out of Spark, told as a client sees it."""
    return sql_error_from(SqlError(condition, text, state))


@pytest.mark.parametrize(
    ("number", "text", "condition"),
    [
        ("0035", "Operation not allowed: CREATE TEMPORARY TABLE.", "UNSUPPORTED_FEATURE"),
        (
            "1332",
            "CreateIndex is not supported in this table s.b.",
            "UNSUPPORTED_FEATURE",
        ),
        (
            "3060",
            "Couldn't find column nope in:\nroot\n -- a: integer",
            "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
        ),
        ("1125", "Old database 'a' is strange.", "INVALID_STATEMENT_OR_CLAUSE"),
    ],
)
def test_what_spark_has_no_class_for_gets_one_of_databricks(number: str, text: str, condition: str) -> None:
    found = raised(f"_LEGACY_ERROR_TEMP_{number}", text)
    assert found.error_class == condition
    assert str(found).startswith(f"[{condition}] {text.splitlines()[0]}")
    assert "_LEGACY" not in str(found)


def test_a_class_that_spark_does_not_know_is_told_by_its_own_name() -> None:
    found = raised(
        "INTERNAL_ERROR", "Cannot find main error class 'COLUMN_IS_NOT_VARIANT_TYPE' (line 1, pos 7)"
    )
    assert str(found) == "[COLUMN_IS_NOT_VARIANT_TYPE] Column is not variant type. SQLSTATE: 42K09"


def test_columns_that_delta_cannot_keep_are_unsupported() -> None:
    found = raised(
        "DELTA_UNSUPPORTED_DATA_TYPES",
        "Found columns using unsupported data types: [name: STRING COLLATE UTF8_LCASE]. You can set "
        "'spark.databricks.delta.schema.typeCheck.enabled' to 'false' to disable the type check. Disabling "
        "it may allow users to create unsupported Delta tables.",
    )
    assert found.error_class == "UNSUPPORTED_FEATURE"
    assert "name: STRING COLLATE UTF8_LCASE" in str(found)
    assert "typeCheck" not in str(found)


@pytest.mark.parametrize(
    "advice",
    [
        "To disable this check, set spark.databricks.delta.retentionDurationCheck.enabled to false.",
        "You can set 'spark.databricks.delta.x.y' to 'false'",
    ],
)
def test_settings_of_delta_are_not_advised(advice: str) -> None:
    found = raised("DELTA_FAULT", f"The table a.b is broken. {advice}\nIt stays.", "0A000")
    assert str(found) == "[DELTA_FAULT] The table a.b is broken.\nIt stays. SQLSTATE: 0A000"
    assert (found.error_class, found.sql_state) == ("DELTA_FAULT", "0A000")


def test_other_errors_stay_as_they_are() -> None:
    found = SqlError("DIVIDE_BY_ZERO", 'If necessary set "spark.sql.ansi.enabled" to "false".', "22012")
    assert sql_error_from(found) is found
