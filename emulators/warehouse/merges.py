"""MERGE, whose commonest mistake Delta cannot tell: it raises a class that is not among Spark's own."""

from __future__ import annotations

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from emulators.warehouse.errors import SqlError, sql_error_from
from emulators.warehouse.lexer import tokenize

UNRESOLVED = "DELTA_MERGE_UNRESOLVED_EXPRESSION"


def run(spark: SparkSession, sql: str) -> DataFrame:
    """Run a statement; a MERGE that names a column there is not fails in the words of Databricks.

    Raises:
        SqlError: `DELTA_MERGE_UNRESOLVED_EXPRESSION`; every other error comes as Spark raises it.
    """
    try:
        return spark.sql(sql)
    except Exception as error:
        if f"Cannot find main error class '{UNRESOLVED}'" not in str(sql_error_from(error)):
            raise
        raise SqlError(UNRESOLVED, _reason(spark, sql), "42601") from error


def _reason(spark: SparkSession, sql: str) -> str:
    try:
        spark.sql(search_of(sql))
    except PySparkException as error:
        parameters = error.getMessageParameters() or {}
        if "objectName" in parameters:
            columns = parameters.get("proposal", "")
            return f"Cannot resolve {parameters['objectName']} in search condition given columns {columns}."
    return "Cannot resolve an expression in a clause of the MERGE."


def search_of(sql: str) -> str:
    """The query that a MERGE begins with: its source joined to its target by its search condition."""
    start, target, using, depth = 0, 0, (0, 0), 0
    for each in tokenize(sql):
        if each.keyword in ("(", "CASE"):
            depth += 1
        elif each.keyword in (")", "END"):
            depth -= 1
        elif depth == 0 and each.keyword == "MERGE":
            start = each.start
        elif depth == 0 and each.keyword == "INTO" and not using[0]:
            target = each.end
        elif depth == 0 and each.keyword == "USING" and not using[0]:
            using = (each.start, each.end)
        elif depth == 0 and each.keyword == "WHEN":
            break
    return f"{sql[:start]}select 1 from{sql[target : using[0]]}join{sql[using[1] : each.start]}"
