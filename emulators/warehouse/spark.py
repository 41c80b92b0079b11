"""The one Spark session behind the warehouse, and what it alone is configured with."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from pathlib import Path

from pyspark.sql import SparkSession

from emulators.settings import Settings

JVM_OPTIONS = (
    # Statements are small and mostly new: what C2 and the verifier cost, they never pay back.
    "-XX:TieredStopAtLevel=1",
    "-XX:ReservedCodeCacheSize=256m",  # C1's own default of 48 MB fills up, and compilation then stops
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-BytecodeVerificationRemote",
    # Growing from the small defaults takes a fifth of a build's time in collections.
    "-XX:+UseSerialGC",
    "-Xms1g",
    "-Xmn512m",
    "-XX:MetaspaceSize=384m",
    "-Xss4m",  # deep plans
)


def configuration(settings: Settings) -> dict[str, str]:
    """Settings of the warehouse's session, beside those that every local session shares."""
    return {
        "spark.app.name": "warehouse",
        "spark.driver.extraJavaOptions": " ".join(JVM_OPTIONS),
        "spark.local.dir": str(scratch_folder(settings)),
        # What the driver collects, it holds: a result beyond this is written by the tasks themselves.
        "spark.driver.maxResultSize": "256m",
        "spark.scheduler.mode": "FAIR",
        "spark.sql.warehouse.dir": str(tables_folder(settings)),
        "spark.sql.catalogImplementation": "in-memory",  # `records.py` is what persists
        "spark.sql.sources.default": "delta",
        # Markers are bound when a statement is analysed: Delta's parser loses values put into its text.
        "spark.sql.legacy.parameterSubstitution.constantsOnly": "true",
        # Planning dominates small statements: plan once, and describe plans briefly.
        "spark.sql.adaptive.enabled": "false",
        # A full VACUUM lists the files of a table in so many tasks: Spark's 10,000 take a minute.
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
        "spark.sql.constraintPropagation.enabled": "false",
        "spark.sql.ui.explainMode": "simple",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
        **SMALL,
    }


SMALL = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.leafNodeDefaultParallelism": "1",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
}
"""While tables are small: expressions are evaluated as they are, because compiling them takes longer than
all the rest; one task does it all, and joins sort what a broadcast needs a job of its own for."""

LARGE = {
    "spark.sql.codegen.wholeStage": "true",
    "spark.sql.codegen.factoryMode": "FALLBACK",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.leafNodeDefaultParallelism": "2",
    "spark.sql.autoBroadcastJoinThreshold": "10485760",
}
"""Beyond that: the same settings as Spark has them, for two cores."""


def tables_folder(settings: Settings) -> Path:
    """Folder of managed schemas and tables."""
    return settings.warehouse_data / "tables"


def scratch_folder(settings: Settings) -> Path:
    """Folder of what Spark spills and shuffles."""
    return settings.warehouse_data / "scratch"


def start(settings: Settings) -> SparkSession:
    """Start Spark; `SPARK_CONF_DIR` says the rest."""
    logging.getLogger("SQLQueryContextLogger").disabled = True  # every failed statement, with its stack
    tables_folder(settings).mkdir(parents=True, exist_ok=True)
    shutil.rmtree(scratch_folder(settings), ignore_errors=True)  # a killed process leaves its behind
    scratch_folder(settings).mkdir()
    os.environ["PYSPARK_PYTHON"] = sys.executable  # of the tasks that run Python
    builder = SparkSession.builder
    for name, value in configuration(settings).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()
