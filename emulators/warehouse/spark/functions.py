"""Functions of Databricks that Spark has under another name, or has none of."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from emulators.warehouse.spark import json_paths

_BY_NAME = {
    "charindex": "locate",
    "getdate": "now",
    "iff": "if",
    # Nobody is a member of a group that is named: groups are not known here.
    "is_account_group_member": "isnull",
    "is_member": "isnull",
}
"""What each is called in Spark; https://docs.databricks.com/en/sql/language-manual/sql-ref-functions-builtin.html."""


def register(spark: SparkSession) -> None:
    """Let every session from now on know them, as built-in ones: views and functions may call them."""
    jvm: Any = spark._jvm
    catalyst = jvm.org.apache.spark.sql.catalyst
    registry = getattr(getattr(catalyst.analysis, "FunctionRegistry$"), "MODULE$").builtin()
    json_paths.register(spark)
    for name, in_spark in _BY_NAME.items():
        known = catalyst.FunctionIdentifier(in_spark)
        builder = registry.lookupFunctionBuilder(known).get()
        registry.registerFunction(
            catalyst.FunctionIdentifier(name), registry.lookupFunction(known).get(), builder
        )
