"""The one Spark session behind the warehouse, and what it alone is configured with."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from pyspark.sql import SparkSession

from emulators.settings import Settings

JVM_OPTIONS = (
    "-XX:TieredStopAtLevel=1",  # statements are small and the process short-lived: C2 never pays back
    "-XX:+UseSerialGC",
    "-XX:ReservedCodeCacheSize=256m",  # without C2 the default of 48 MB fills up, and compilation stops
    "-Xss4m",
)


def configuration(settings: Settings) -> dict[str, str]:
    """Settings of the warehouse's session, beside those that every local session shares."""
    return {
        "spark.app.name": "warehouse",
        "spark.driver.extraJavaOptions": " ".join(JVM_OPTIONS),
        "spark.sql.warehouse.dir": str(tables_folder(settings)),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.sources.default": "delta",
        "spark.scheduler.mode": "FAIR",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
        "spark.sql.pyspark.dataFrameDebugging.enabled": "false",
        "spark.local.dir": str(settings.warehouse_data / "scratch"),
    }


def tables_folder(settings: Settings) -> Path:
    """Folder of managed schemas and tables."""
    return settings.warehouse_data / "tables"


def start(settings: Settings) -> SparkSession:
    """Start Spark; `SPARK_CONF_DIR` says the rest."""
    logging.getLogger("SQLQueryContextLogger").disabled = True  # every failed statement, with its stack
    folder = tables_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    (settings.warehouse_data / "scratch").mkdir(exist_ok=True)
    builder = SparkSession.builder
    for name, value in configuration(settings).items():
        builder = builder.config(name, value)
    with _quiet():
        return builder.getOrCreate()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the JVM's greeting off this process's standard error while it is launched."""
    sys.stderr.flush()
    kept = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)
