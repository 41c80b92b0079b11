"""Runs the local SQL warehouse in the foreground: `python -m emulators.warehouse`."""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys
import threading
import time
from functools import partial
from queue import SimpleQueue

from pyspark.sql import SparkSession

from emulators import certificates
from emulators.errors import EmulatorError
from emulators.settings import Settings, catalogs_from, is_loopback, load
from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.records.records import Records
from emulators.warehouse.catalog.recovery import Recovery
from emulators.warehouse.engine import Engine
from emulators.warehouse.files.volumes import Volumes
from emulators.warehouse.protocol.http_server import WarehouseServer
from emulators.warehouse.protocol.status_page import StatusPage
from emulators.warehouse.protocol.thrift_service import Service
from emulators.warehouse.relations import streaming_tables
from emulators.warehouse.sessions.history import HISTORY_FILE, History
from emulators.warehouse.sessions.operations import Operations
from emulators.warehouse.sessions.sessions import Sessions
from emulators.warehouse.spark import spark_session
from emulators.warehouse.spark.relation_names import new_session
from emulators.warehouse.thrift_types import Processor

log = logging.getLogger("emulators.warehouse")


class Exit:
    """Remembers the first reason to stop, from whichever thread it comes."""

    def __init__(self) -> None:
        # A handler of signals may call its `put` in the middle of its `get`, which no Event or lock allows.
        self._asked = SimpleQueue[int]()

    def ask(self, status: int) -> None:
        """Ask the process to end with this exit status."""
        self._asked.put(status)

    def wait(self) -> int:
        """Wait until somebody asks; returns the exit status."""
        return self._asked.get()


def main() -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    log.setLevel(logging.INFO)
    try:
        settings = load()
        is_large = spark_session.is_large(settings)
        certificates.ensure_certificates(settings)
        server = listen(settings)
    except EmulatorError as error:
        log.error("%s", error)
        return 1
    end = Exit()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: end.ask(0))
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    threading.Thread(target=_start, args=(settings, is_large, server, end), name="start", daemon=True).start()
    status = end.wait()
    server.server_close()
    return status


def listen(settings: Settings) -> WarehouseServer:
    """Take the warehouse's address.

    Raises:
        EmulatorError: this machine has no such address, or the port is taken.
    """
    try:
        server = WarehouseServer(
            settings.warehouse_host,
            settings.warehouse_port,
            settings.warehouse_token,
            certificates.server_certificate(settings),
        )
    except OSError as error:
        host, port = settings.warehouse_host, settings.warehouse_port
        remedy = (
            "free the port or set WAREHOUSE_PORT"
            if error.errno == errno.EADDRINUSE
            else "set WAREHOUSE_HOST to an address of this machine and WAREHOUSE_PORT to a free port"
        )
        raise EmulatorError(
            f"The SQL warehouse cannot listen on {host}, port {port} ({error.strerror}): {remedy}."
        ) from None
    if not is_loopback(settings.warehouse_host):
        log.warning(
            "Listening on %s: whoever reaches it needs the token alone, which plain http lets others read; "
            "use https",
            settings.warehouse_host,
        )
    return server


def _start(settings: Settings, is_large: bool, server: WarehouseServer, end: Exit) -> None:
    """Start Spark, put the catalog back and let clients in."""
    try:
        began = time.monotonic()
        session = spark_session.start(settings, is_large)
        threading.Thread(target=_watch, args=(session, end), name="watch", daemon=True).start()
        records = Records(settings.warehouse_data / "records.sqlite")
        catalog = Catalog(session, records, spark_session.tables_folder(settings))
        recovery = Recovery(session, catalog, spark_session.tables_folder(settings))
        recovery.restore(catalogs_from())
        session.sql("select 1").toArrow()
        history = History(settings.warehouse_data / HISTORY_FILE)
        sessions, operations = Sessions(partial(new_session, session)), Operations(session, history)
        server.resources.page = StatusPage(sessions, operations, history).render
        server.resources.result_file = operations.file
        volumes = Volumes(catalog, settings.warehouse_data / "volumes", server.resources.file_links)
        volumes.sweep()
        streaming_tables.sweep(records)
        server.resources.file_links.file_of = volumes.paths.file_of
        engine = Engine(session, catalog, volumes, history)
        recovery.restore_functions()
        server.resources.processor = Processor(Service(engine, sessions, operations))
        log.info("Serving on port %d after %.1f s", settings.warehouse_port, time.monotonic() - began)
    except Exception:
        log.exception("The SQL warehouse could not start")
        end.ask(1)


def _watch(session: SparkSession, end: Exit) -> None:
    """End with Spark: a warehouse without its JVM answers nothing, and a supervisor can start it again."""
    gateway = session.sparkContext._gateway
    if gateway is not None:
        gateway.proc.wait()
        log.error("Spark's process has ended")
        end.ask(1)


if __name__ == "__main__":
    # Statements that still run are not waited for: Delta's commits are atomic, and the JVM ends with its
    # parent's pipe.
    exit_status = main()
    logging.shutdown()
    os._exit(exit_status)
