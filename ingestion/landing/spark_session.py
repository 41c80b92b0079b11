"""The Spark session of the ingester: that of the job on Databricks, a quiet one of its own elsewhere.

`SPARK_REMOTE`, where Spark Connect looks for its server, names one to use instead.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.errors import ConfigurationError
from ingestion.landing.locks import sign

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

JAVA_OPTIONS = "-XX:+UseSerialGC -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
"""Not verifying the classes of released jars again saves a tenth of the CPU of a start."""

SHORT_LIVED = "-XX:TieredStopAtLevel=1"
"""For a JVM that lives for seconds: measured on 2 cores, 300 rows land in 9.5 s instead of 14, and 300,000 in
12.5 s instead of 17, because the optimising compiler no longer competes with the work. One that goes on for
hours is better off with it."""


@contextmanager
def spark_session(
    on_databricks: bool, log: Path | None, locks: Sequence[int] = (), goes_on: bool = False
) -> Iterator[SparkSession]:
    """The session to work with; one that was started here is stopped at the end.

    Args:
        on_databricks: use the session the runtime brings, which may be one of Spark Connect.
        log: file for everything a JVM started here prints; discarded without one.
        locks: descriptors that a JVM started here holds as long as it lives.
        goes_on: it is to work until it is stopped, not until it is done.

    Raises:
        ConfigurationError: there is no PySpark, the JVM does not start, or Spark Connect's server is away.
    """
    if on_databricks:
        # Without the modules of the JVM, which serverless compute does not bring.
        from pyspark.sql import SparkSession

        yield SparkSession.getActiveSession() or SparkSession.builder.getOrCreate()
        return
    try:
        remote = os.environ.get("SPARK_REMOTE")
        spark = _connected(remote) if remote else _started(log, locks, goes_on)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{sys.executable} has no module {error.name!r}: run `make setup` and use .venv/bin/python."
        ) from error
    try:
        yield spark
    finally:
        spark.stop()


def is_remote(spark: SparkSession) -> bool:
    """Whether the driver is another process, to which each call is a request (Spark Connect)."""
    return getattr(spark, "_jvm", None) is None


def _connected(remote: str) -> SparkSession:
    """A session at a server of Spark Connect."""
    from pyspark.sql import SparkSession

    try:
        spark = SparkSession.builder.remote(remote).getOrCreate()
        _ = spark.version  # asks the server
    except ModuleNotFoundError:
        raise
    except Exception as error:
        raise ConfigurationError(
            f"SPARK_REMOTE={remote!r} does not answer ({' '.join(str(error).split())[:200]})."
        ) from error
    return spark


def _started(log: Path | None, locks: Sequence[int], goes_on: bool) -> SparkSession:
    """A session in a JVM that is started here."""
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    logging.getLogger("py4j").setLevel(logging.CRITICAL + 1)
    where = f"see {log}" if log else "set INGESTION_LOG to a file to see why"
    with _output_to(log):
        try:
            options = JAVA_OPTIONS if goes_on else f"{JAVA_OPTIONS} {SHORT_LIVED}"
            conf = SparkConf().setAppName("ingestion").set("spark.driver.defaultJavaOptions", options)
            # In a session of its own the JVM gets no signal meant for this process, which stops it in order.
            gateway = launch_gateway(  # type: ignore[no-untyped-call]  # of PySpark
                conf, {"pass_fds": tuple(locks), "start_new_session": True}
            )
            for each in locks:
                sign(each, gateway.proc.pid)
            SparkContext(conf=conf, gateway=gateway)
            return SparkSession.builder.getOrCreate()
        except (PySparkException, OSError, RuntimeError) as error:
            raise ConfigurationError(
                f"Spark does not start ({' '.join(str(error).split())[:200]}): check JAVA_HOME and "
                f"SPARK_CONF_DIR; {where}."
            ) from error


@contextmanager
def _output_to(log: Path | None) -> Iterator[None]:
    """Point this process's standard output and error at a file, for a child process to inherit them."""
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
    target = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    sys.stdout.flush()
    sys.stderr.flush()
    saved = {number: os.dup(number) for number in (1, 2)}
    try:
        for number in saved:
            os.dup2(target, number)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, copy in saved.items():
            os.dup2(copy, number)
            os.close(copy)
        os.close(target)
