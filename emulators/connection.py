"""Connects to the local SQL warehouse with the official connector."""

from __future__ import annotations

from databricks import sql
from databricks.sql.client import Connection

from emulators.settings import HTTP_PATH, Settings


def connect(settings: Settings) -> Connection:
    """Open a session on this home's warehouse."""
    return sql.connect(
        server_hostname=settings.warehouse_url,
        http_path=HTTP_PATH,
        access_token=settings.warehouse_token,
        _connection_uri=settings.warehouse_url + HTTP_PATH,
        enable_telemetry=False,
    )
