"""What Databricks can do to a Delta table and the SQL of open-source Delta cannot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name everyone gives it

from emulators.warehouse.errors import SqlError
from emulators.warehouse.sql.quoting import quoted

Where = tuple[str, str]
"""Schema and table."""


def set_not_null(spark: SparkSession, where: Where, column: str) -> None:
    """Make an existing column NOT NULL, which Delta enforces from then on.

    Raises:
        SqlError: the column holds a null.
    """
    schema, table = where
    nulls = spark.sql(
        f"select 1 from {quoted(where)} where {quoted((column,))} is null limit 1"  # noqa: S608
    )
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


def overwrite(frame: DataFrame, folder: Path, partition_columns: Sequence[str]) -> None:
    """Put rows in the place of a table's in one commit; columns may become more, or have other types.

    Args:
        frame: the rows.
        folder: of the table.
        partition_columns: those of the table.
    """
    old = {
        each.name.lower(): each for each in frame.sparkSession.read.format("delta").load(str(folder)).schema
    }
    known = [(each, old[each.name.lower()]) for each in frame.schema if each.name.lower() in old]
    writer = frame.write.format("delta").mode("overwrite").option("mergeSchema", "true")
    if any(new.dataType != its.dataType for new, its in known):
        columns = [
            F.col(quoted((new.name,))).alias(its.name, metadata=its.metadata or {}) for new, its in known
        ]
        columns += [F.col(quoted((each.name,))) for each in frame.schema if each.name.lower() not in old]
        writer = frame.select(columns).write.format("delta").mode("overwrite")
        writer = writer.option("overwriteSchema", "true").partitionBy(*partition_columns)
    writer.save(str(folder))


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
