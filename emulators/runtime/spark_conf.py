"""Writes the Spark configuration that every local session shares: the warehouse's and the ingester's."""

from __future__ import annotations

from pathlib import Path

from emulators.runtime.class_archive import java_options
from emulators.runtime.jars import pyspark_jars
from emulators.settings import LOOPBACK, Settings

LOGGING = """\
# Only errors, on standard error, which the caller sends to a log file.
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss} %p %c{1}: %m%n%ex
"""


def defaults(settings: Settings, java: Path) -> dict[str, str]:
    """`spark-defaults.conf` of the local sessions.

    Time zone and ANSI mode are those of a Databricks SQL warehouse; the small numbers of partitions suit
    tables that fit a laptop (Delta's default of 50 snapshot partitions dominates small tables). PySpark's own
    jars come first on the class path: the archive of classes knows no jar behind a folder with files, which
    that of the configuration is.
    """
    return {
        "spark.master": "local[*]",
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.host": LOOPBACK,
        "spark.driver.memory": "2g",
        "spark.local.dir": str(settings.home / "spark" / "scratch"),
        "spark.sql.warehouse.dir": str(settings.home / "spark" / "tables"),
        "spark.driver.extraClassPath": f"{pyspark_jars() / '*'}:{settings.jars / 'spark' / '*'}",
        "spark.driver.extraJavaOptions": java_options(settings, java),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.shuffle.partitions": "4",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }


def write_spark_conf(settings: Settings, java: Path) -> Path:
    """Write `spark-defaults.conf` and `log4j2.properties`; returns the folder, a `SPARK_CONF_DIR`."""
    folder = settings.spark_conf
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{name} {value}\n" for name, value in defaults(settings, java).items() if value]
    (folder / "spark-defaults.conf").write_text("".join(lines))
    (folder / "log4j2.properties").write_text(LOGGING)
    return folder
