"""The one Spark session behind the warehouse, and what it alone is configured with."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from pyspark.sql import SparkSession

from emulators.errors import EmulatorError
from emulators.settings import Settings
from emulators.warehouse.results.spool import BOUND, ROWS_PER_BATCH, UNBOUND
from emulators.warehouse.spark import functions

JVM_OPTIONS = (
    "-XX:ReservedCodeCacheSize=256m",  # C1's own default of 48 MB fills up, and compilation then stops
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-BytecodeVerificationRemote",  # released classes need no verification
    # Growing from the small defaults takes a fifth of a build's time in collections.
    "-XX:+UseSerialGC",
    "-Xms1g",
    "-Xmn512m",
    "-XX:MetaspaceSize=384m",
    "-XX:MaxDirectMemorySize=1g",  # of Arrow's batches
    "-Xss4m",  # deep plans
)


HUGE_PAGES = "-XX:+UseTransparentHugePages"
"""Pages of 2 MB, where Linux has them: small statements take a twentieth less time, and more on a virtual
machine whose host is busy."""

HUGE_PAGES_ENABLED = Path("/sys/kernel/mm/transparent_hugepage/enabled")
"""Where Linux says whether a process may ask for them: `always [madvise] never`."""

FIRST_COMPILER_ONLY = ("-XX:TieredStopAtLevel=1", "-XX:CompileThresholdScaling=0.3")
"""For a small warehouse: without the optimising compiler a start takes half the CPU, and the first builds of
300 orders a tenth less; 43 small models and tests take 11.3 s by four threads in place of 14.3 with that
compiler, even if it begins ten times later than by default. But 170,000 messages are parsed in 28 s in place
of 9, and a million rows fetched at half the speed. That the first compiler begins sooner takes a twentieth
of the time of such statements, and more of the first ones."""

LARGE_BYTES = 16 << 20
"""Rows on disk that make a warehouse large: about 50,000 events and their marts."""


def is_large(settings: Settings, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the JVM is to be set for much data: `WAREHOUSE_SIZE` (small or large), else what is on disk.

    Raises:
        EmulatorError: `WAREHOUSE_SIZE` is neither small nor large.
    """
    size = environment.get("WAREHOUSE_SIZE", "")
    if size not in ("", "small", "large"):
        raise EmulatorError(f"WAREHOUSE_SIZE={size!r} is not a size: set it to small or large, or unset it.")
    folders = (tables_folder(settings), settings.bronze)
    files = (file for folder in folders for file in folder.rglob("*.parquet"))
    return size == "large" or (not size and sum(file.stat().st_size for file in files) > LARGE_BYTES)


def jvm_options(is_large: bool, huge_pages_enabled: Path = HUGE_PAGES_ENABLED) -> str:
    """Options of the warehouse's JVM."""
    options = list(JVM_OPTIONS)
    if huge_pages_enabled.exists() and "[never]" not in huge_pages_enabled.read_text():
        options.append(HUGE_PAGES)
    if not is_large:
        options.extend(FIRST_COMPILER_ONLY)
    return " ".join(options)


def configuration(settings: Settings, is_large: bool = False) -> dict[str, str]:
    """Settings of the warehouse's session, beside those that every local session shares."""
    return {
        "spark.app.name": "warehouse",
        "spark.driver.defaultJavaOptions": jvm_options(is_large),
        "spark.local.dir": str(scratch_folder(settings)),
        # What the driver collects, it holds: a result beyond this is written by the tasks themselves.
        "spark.driver.maxResultSize": "256m",
        # A task that runs out of memory fails alone: the default ends the process.
        "spark.executor.killOnFatalError.depth": "0",
        "spark.scheduler.mode": "FAIR",
        "spark.sql.warehouse.dir": str(tables_folder(settings)),
        "spark.sql.catalogImplementation": "in-memory",  # the records are what persists
        "spark.sql.sources.default": "delta",
        # Markers are bound when a statement is analysed: Delta's parser loses values put into its text.
        "spark.sql.legacy.parameterSubstitution.constantsOnly": "true",
        # Planning dominates small statements: plan once, and describe plans briefly.
        "spark.sql.adaptive.enabled": "false",
        # A full VACUUM lists the files of a table in so many tasks: Spark's 10,000 take a minute.
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
        "spark.sql.constraintPropagation.enabled": "false",
        "spark.sql.ui.explainMode": "simple",
        # The stack of each call on a column is for errors of Python's DataFrames.
        "spark.sql.dataFrameQueryContext.enabled": "false",
        # A view over files shows those that are there when it is read.
        "spark.sql.filesourceTableRelationCacheSize": "0",
        # Delta writes the list of files into every checksum, and reads it only to compare at checkpoints.
        "spark.databricks.delta.allFilesInCrc.enabled": "false",
        # What a web interface would show: there is none, and a thousand plans are 60 MB.
        "spark.ui.retainedJobs": "10",
        "spark.ui.retainedStages": "10",
        "spark.ui.retainedTasks": "100",
        "spark.sql.ui.retainedExecutions": "10",
        "spark.ui.liveUpdate.period": "-1",
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(ROWS_PER_BATCH),
        BOUND: UNBOUND,
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


def start(settings: Settings, is_large: bool = False) -> SparkSession:
    """Start Spark, its JVM set for little or much data; `SPARK_CONF_DIR` says the rest."""
    logging.getLogger("SQLQueryContextLogger").disabled = True  # every failed statement, with its stack
    tables_folder(settings).mkdir(parents=True, exist_ok=True)
    shutil.rmtree(scratch_folder(settings), ignore_errors=True)  # a killed process leaves its behind
    scratch_folder(settings).mkdir()
    os.environ["PYSPARK_PYTHON"] = sys.executable  # of the tasks that run Python
    builder = SparkSession.builder
    for name, value in configuration(settings, is_large).items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    functions.register(spark)
    return spark
