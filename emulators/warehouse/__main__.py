"""Runs the local SQL warehouse in the foreground: `python -m emulators.warehouse`."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time

from emulators.errors import EmulatorError
from emulators.settings import CATALOG, Settings, load
from emulators.warehouse import certificates, spark
from emulators.warehouse.catalog import Catalog
from emulators.warehouse.engine import Engine
from emulators.warehouse.operations import Operations
from emulators.warehouse.records import Records
from emulators.warehouse.server import WarehouseServer
from emulators.warehouse.service import Service
from emulators.warehouse.sessions import Sessions
from emulators.warehouse.thrift import Processor

log = logging.getLogger("emulators.warehouse")


def main() -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    try:
        settings = load()
        certificates.ensure_certificates(settings)
        server = WarehouseServer(
            settings.warehouse_port, settings.warehouse_token, certificates.server_certificate(settings)
        )
    except EmulatorError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the one line a person reads
        return 1
    except OSError as error:
        print(f"The SQL warehouse cannot listen on port {settings.warehouse_port}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    stopped = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopped.set())
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    threading.Thread(target=_start, args=(settings, server, stopped), name="start", daemon=True).start()
    stopped.wait()
    server.server_close()
    return 0


def _start(settings: Settings, server: WarehouseServer, stopped: threading.Event) -> None:
    """Start Spark, put the catalog back and let clients in."""
    try:
        began = time.monotonic()
        session = spark.start(settings)
        records = Records(settings.warehouse_data / "records.sqlite")
        catalog = Catalog(session, records, CATALOG, spark.tables_folder(settings))
        catalog.restore()
        session.sql("select 1").collect()
        operations = Operations(session, settings.log / "warehouse-statements.jsonl")
        server.processor = Processor(Service(Engine(session, catalog), Sessions(session), operations))
        log.warning("Serving on port %d after %.1f s", settings.warehouse_port, time.monotonic() - began)
    except Exception:
        log.exception("The SQL warehouse could not start")
        stopped.set()


if __name__ == "__main__":
    sys.exit(main())
