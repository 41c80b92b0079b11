"""The environment variables that point the ordinary clients at the emulators."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from emulators.hubs import CONFIG_VARIABLE, HUBS_VARIABLE
from emulators.runtime.java import find_java, home_of
from emulators.settings import CATALOG, HTTP_PATH, LOOPBACK, REPOSITORY, Settings

ADAPTER_WARNING = "ignore::RuntimeWarning:agate.type_tester"
"""dbt-databricks makes agate warn during `dbt docs generate`; its reader can do nothing about it."""


def client_environment(settings: Settings, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables for `ingestion`, dbt and local Spark; what Azure and Databricks need is set the same way."""
    binaries = str(REPOSITORY / ".venv" / "bin")
    path = [binaries, *(part for part in base.get("PATH", "").split(os.pathsep) if part != binaries)]
    bundle = str(settings.tls / "ca-bundle.pem")
    variables = {
        "PATH": os.pathsep.join(path),
        "SPARK_CONF_DIR": str(settings.spark_conf),
        "SPARK_LOCAL_IP": LOOPBACK,
        "EVENTHUBS_CONNECTION_STRING": settings.connection_string,
        "EVENTHUBS_HUB": settings.hubs[0].name,
        "EVENTHUBS_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "EVENTHUBS_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "INGESTION_BRONZE_PATH": str(settings.bronze),
        "INGESTION_CHECKPOINT": str(settings.home / "checkpoints" / settings.hubs[0].name),
        "INGESTION_STATE": str(settings.home / "simulator" / "state.json"),
        "INGESTION_LOG": str(settings.log / "ingester.log"),
        "LOCAL_WAREHOUSE_URL": settings.warehouse_url,
        "LOCAL_WAREHOUSE_HTTP_PATH": HTTP_PATH,
        "LOCAL_WAREHOUSE_TOKEN": settings.warehouse_token,
        "LOCAL_WAREHOUSE_CATALOG": CATALOG,
        "DBT_LOG_PATH": str(settings.log),
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "PYTHONWARNINGS": ",".join(filter(None, (base.get("PYTHONWARNINGS"), ADAPTER_WARNING))),
    }
    if java := find_java(base):
        variables["JAVA_HOME"] = str(home_of(java))
    return variables


def service_environment(
    settings: Settings, java: Path, base: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Variables of the emulators' own processes: everything inherited, plus Java and Spark.

    Which hubs there are, the settings have kept: a relative path would mean another file where they run.
    """
    return {
        **{name: value for name, value in base.items() if name not in (CONFIG_VARIABLE, HUBS_VARIABLE)},
        "EMULATORS_HOME": str(settings.home),
        "JAVA_HOME": str(home_of(java)),
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUNBUFFERED": "1",
        "SPARK_CONF_DIR": str(settings.spark_conf),
        "SPARK_LOCAL_IP": LOOPBACK,
    }


def as_shell(variables: Mapping[str, str]) -> str:
    """`export` lines for `eval` in a POSIX shell."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())
