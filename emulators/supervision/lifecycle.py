"""Brings the emulators up and down and tells what is up."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from emulators.eventhubs import broker, front
from emulators.runtime.environment import service_environment
from emulators.runtime.jars import ensure_jars
from emulators.runtime.java import ensure_java
from emulators.runtime.spark_conf import write_spark_conf
from emulators.settings import CATALOG, HTTP_PATH, PORT_VARIABLES, Settings
from emulators.supervision import processes
from emulators.supervision.connection import connect
from emulators.supervision.processes import Service
from emulators.warehouse.protocol import readiness
from ingestion.settings import DEFAULT_BRONZE_SCHEMA, BronzeSettings
from ingestion.tables import bootstrap

GROUPS = {"eventhubs": ("kafka", "eventhubs"), "warehouse": ("warehouse",)}
"""What can be started alone, and the processes it consists of, in starting order."""


@dataclass(frozen=True)
class Status:
    """What a client needs to reach each emulator; None for what is down."""

    warehouse: dict[str, Any] | None
    eventhubs: dict[str, Any] | None


def prepare(settings: Settings) -> Path:
    """Get what the emulators run on: Java, jars, Spark's configuration, certificates; returns `java`."""
    # Deferred, as nothing else needs cryptography.
    from emulators.certificates import ensure_certificates

    java = ensure_java()
    ensure_jars(settings.jars, java)
    write_spark_conf(settings, java)
    ensure_certificates(settings)
    return java


def up(settings: Settings, groups: tuple[str, ...] = tuple(GROUPS)) -> None:
    """Start what is not running and wait until it serves; state of earlier runs is kept.

    Raises:
        EmulatorError: a process did not come up; what did come up stays up.
    """
    start(settings, groups)
    wait(settings, groups)


def start(settings: Settings, groups: tuple[str, ...] = tuple(GROUPS)) -> None:
    """Start what is not running, without waiting for it."""
    with processes.exclusively(settings):
        java = prepare(settings)
        if "eventhubs" in groups:
            broker.prepare(settings)
        environment = service_environment(settings, java)
        for service in _wanted(settings, groups):
            processes.start(settings, service, environment)


def wait(settings: Settings, groups: tuple[str, ...] = tuple(GROUPS)) -> None:
    """Wait until what was started serves, and the warehouse knows the ingester's tables.

    Raises:
        EmulatorError: a process did not come up.
    """
    with processes.exclusively(settings):
        for service in _wanted(settings, groups):
            processes.wait_until_ready(settings, service)
        if "warehouse" in groups:
            _create_landed(settings)


def down(settings: Settings) -> list[str]:
    """Stop every process; returns the names of those that ran."""
    names = [name for group in GROUPS.values() for name in group]
    with processes.exclusively(settings), ThreadPoolExecutor(len(names)) as threads:
        ran = list(threads.map(partial(processes.stop, settings), names))
    return [name for name, stopped in zip(names, ran, strict=True) if stopped]


def status(settings: Settings) -> Status:
    """Which emulators serve, and how to reach them."""
    services = _services(settings)
    serving = {
        group: all(processes.is_up(settings, services[name]) for name in names)
        for group, names in GROUPS.items()
    }
    warehouse = {
        "host": settings.warehouse_address,
        "port": settings.warehouse_port,
        "http_path": HTTP_PATH,
        "token": settings.warehouse_token,
        "catalog": CATALOG,
    }
    eventhubs = {
        "connection_string": settings.connection_string,
        "kafka_bootstrap": settings.kafka_bootstrap,
        "hubs": [hub.name for hub in settings.hubs],
    }
    return Status(
        warehouse=warehouse if serving["warehouse"] else None,
        eventhubs=eventhubs if serving["eventhubs"] else None,
    )


def _wanted(settings: Settings, groups: tuple[str, ...]) -> list[Service]:
    services = _services(settings)
    return [services[name] for group in groups for name in GROUPS[group]]


def _services(settings: Settings) -> dict[str, Service]:
    def service(
        name: str, is_ready: Callable[[Settings], bool], command: Callable[[], list[str]], *ports: str
    ) -> Service:
        return Service(
            name, command, is_ready, {PORT_VARIABLES[port]: getattr(settings, port) for port in ports}
        )

    def python(module: str) -> Callable[[], list[str]]:
        return lambda: [sys.executable, "-m", module]

    def kafka() -> list[str]:
        return broker.command(settings, ensure_java())

    services = (
        service("kafka", broker.is_ready, kafka, "kafka_port", "kafka_controller_port"),
        service("eventhubs", front.is_ready, python("emulators.eventhubs"), "amqp_port"),
        service("warehouse", readiness.is_ready, python("emulators.warehouse"), "warehouse_port"),
    )
    return {each.name: each for each in services}


def _create_landed(settings: Settings) -> None:
    """Register the empty tables of the ingester at their fixed paths, which it writes."""
    landed = BronzeSettings(str(settings.bronze), None, DEFAULT_BRONZE_SCHEMA)
    with connect(settings) as connection, connection.cursor() as cursor:
        for statement in bootstrap.statements(landed):
            cursor.execute(statement)
