"""What every client of the broker needs to reach it."""

from __future__ import annotations

import logging
from typing import Any

from emulators.eventhubs.broker import USER
from emulators.settings import Settings


def client_config(settings: Settings) -> dict[str, Any]:
    """What every client of the broker needs to reach it."""
    return {
        "bootstrap.servers": settings.kafka_bootstrap,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": USER,
        "sasl.password": settings.connection_string,
        # Be back soon when the broker is.
        "reconnect.backoff.ms": 100,
        "reconnect.backoff.max.ms": 1000,
        "socket.nagle.disable": True,
        "logger": _quiet_logger(),
    }


def _quiet_logger() -> logging.Logger:
    """A logger for librdkafka, which reports every attempt to reach a broker that is down."""
    logger = logging.getLogger("librdkafka")
    logger.setLevel(logging.CRITICAL)
    return logger
