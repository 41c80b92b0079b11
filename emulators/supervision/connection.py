"""Connects to the local SQL warehouse with the official connector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulators.errors import EmulatorError
from emulators.settings import HTTP_PATH, Settings
from emulators.warehouse.protocol import readiness

if TYPE_CHECKING:
    from databricks.sql.client import Connection


def connect(settings: Settings) -> Connection:
    """Open a session on this home's warehouse.

    Raises:
        EmulatorError: it is not up. The connector would try again for a quarter of an hour.
    """
    if not readiness.is_ready(settings):
        raise EmulatorError("The SQL warehouse is not up: start it with `.venv/bin/python -m emulators up`.")
    # Deferred: it loads pandas and Arrow.
    from databricks import sql

    return sql.connect(
        server_hostname=settings.warehouse_url,
        http_path=HTTP_PATH,
        access_token=settings.warehouse_token,
        _connection_uri=settings.warehouse_url + HTTP_PATH,
        enable_telemetry=False,
    )
