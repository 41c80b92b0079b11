"""Whether the warehouse answers: for those who start it and those who connect to it."""

from __future__ import annotations

import http.client
from http import HTTPStatus

from emulators.settings import Settings

HEALTH_PATH = "/health"


def is_ready(settings: Settings) -> bool:
    """Whether the warehouse answers statements; never raises."""
    connection = http.client.HTTPConnection(settings.warehouse_address, settings.warehouse_port, timeout=2)
    try:
        connection.request("GET", HEALTH_PATH)
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
