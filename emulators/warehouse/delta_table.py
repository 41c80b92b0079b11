"""What Databricks can do to a Delta table and the SQL of open-source Delta cannot."""

from __future__ import annotations

import json
from typing import Any

from pyspark.sql import SparkSession

from emulators.warehouse.errors import SqlError

Where = tuple[str, str]
"""Schema and table."""


def set_not_null(spark: SparkSession, where: Where, column: str) -> None:
    """Make an existing column NOT NULL, which Delta enforces from then on.

    Raises:
        SqlError: the column holds a null.
    """
    schema, table = where
    nulls = spark.sql(f"select 1 from `{schema}`.`{table}` where `{column}` is null limit 1")  # noqa: S608
    if nulls.collect():
        raise SqlError(
            "DELTA_NEW_NOT_NULL_VIOLATION",
            f"Rows in {schema}.{table} violate the new NOT NULL constraint on {column}.",
            "23512",
        )
    jvm: Any = spark._jvm
    none = jvm.scala.Option.empty()
    delta = jvm.org.apache.spark.sql.delta
    identifier = jvm.org.apache.spark.sql.catalyst.TableIdentifier(table, jvm.scala.Option.apply(schema))
    transaction = delta.DeltaLog.forTable(spark._jsparkSession, identifier).startTransaction(none, none)
    metadata = transaction.metadata()
    fields = json.loads(metadata.schemaString())
    for each in fields["fields"]:
        if each["name"].lower() == column.lower():
            each["nullable"] = False
    transaction.updateMetadata(_with_schema(metadata, json.dumps(fields)), False)
    operation = getattr(getattr(delta, "DeltaOperations$ManualUpdate$"), "MODULE$")
    transaction.commit(getattr(getattr(jvm.scala.collection.immutable, "Nil$"), "MODULE$"), operation)


def _with_schema(metadata: Any, schema: str) -> Any:
    """A Metadata action with another schema; Scala's `copy` wants every argument."""
    arguments: list[Any] = []
    names = metadata.productElementNames()
    while names.hasNext():
        name, position = names.next(), len(arguments) + 1
        arguments.append(
            schema if name == "schemaString" else getattr(metadata, f"copy$default${position}")()
        )
    return metadata.copy(*arguments)
