"""Reads tables through the SQL warehouse with the official connector."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ingestion.errors import WarehouseError
from ingestion.settings import WarehouseSettings

if TYPE_CHECKING:
    from databricks.sql.client import Connection, Cursor

REACH_SECONDS = 5.0
"""How long to wait for the port; the connector itself tries for more than 10 minutes."""

ANSWER_SECONDS = 60.0
"""How long one request may stay without an answer: a running statement is asked for again and again."""

RETRY_SECONDS = 300.0
"""How long the connector tries again: a stopped warehouse takes minutes to start."""

MISSING = ("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND", "CATALOG_NOT_FOUND")
"""Error classes that say that something has not been built."""

MOST_TEXT = 300


class Warehouse:
    """An open session. Tables are named by layer, as in `silver.order_details`."""

    def __init__(self, cursor: Cursor, settings: WarehouseSettings) -> None:
        self._cursor = cursor
        self._settings = settings

    def table(self, name: str) -> str:
        """The name in SQL of `layer.name`, with the schema prefix of the target."""
        schema, _, table = name.partition(".")
        return f"`{self._settings.schema_prefix}{schema}`.`{table}`"

    @property
    def landed(self) -> str:
        """The name in SQL of the table that the ingester writes and dbt reads as its source."""
        return f"`{self._settings.bronze_schema}`.`order_events`"

    @property
    def recorded(self) -> str:
        """The name in SQL of the ingester's record of its batches."""
        return f"`{self._settings.ops_schema}`.`ingest_batches`"

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """All rows of a query.

        Raises:
            WarehouseError: a table is missing, or the statement fails.
        """
        try:
            return [tuple(row) for row in self._cursor.execute(statement).fetchall()]
        except Exception as error:
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> WarehouseError:
        reason = _first_line(error)
        if any(each in reason for each in MISSING):
            return WarehouseError(
                f"not everything is built ({reason}): run `dbt build --target {self._settings.target}` first."
            )
        return WarehouseError(f"the SQL warehouse cannot answer: {reason}")


@contextmanager
def session(settings: WarehouseSettings) -> Iterator[Warehouse]:
    """Open a session and close it at the end.

    Raises:
        WarehouseError: nobody listens, or the credentials are refused.
    """
    where = f"{settings.host}:{settings.port}"
    try:
        socket.create_connection((settings.host, settings.port), REACH_SECONDS).close()
    except OSError as error:
        raise WarehouseError(
            f"cannot reach the SQL warehouse {where} ({error.strerror or error}): check the variables of "
            f"target {settings.target!r}, the network and, locally, `python -m emulators status`."
        ) from error
    # The connector logs what it raises.
    logging.getLogger("databricks").addHandler(logging.NullHandler())
    try:
        connection = _connect(settings)
    except Exception as error:
        raise WarehouseError(f"the SQL warehouse {where} opens no session: {_first_line(error)}") from error
    with connection, connection.cursor() as cursor:
        yield Warehouse(cursor, settings)


def _connect(settings: WarehouseSettings) -> Connection:
    # Deferred: it loads pandas and Arrow.
    from databricks import sql

    options: dict[str, Any] = {
        "catalog": settings.catalog,
        "enable_telemetry": False,
        "_socket_timeout": ANSWER_SECONDS,
        "_retry_stop_after_attempts_duration": RETRY_SECONDS,
    }
    if settings.url:
        options["_connection_uri"] = settings.url.rstrip("/") + settings.http_path
    if settings.token:
        options["access_token"] = settings.token
    else:
        from databricks.sdk.core import Config, oauth_service_principal

        config = Config(
            host=f"https://{settings.host}",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
        )
        options["credentials_provider"] = lambda: oauth_service_principal(config)
    return sql.connect(settings.url or settings.host, settings.http_path, **options)


def _first_line(error: Exception) -> str:
    text = str(error).partition("\n")[0].partition(" {'")[0].strip()
    return text[:MOST_TEXT].rstrip(". ") or type(error).__name__
