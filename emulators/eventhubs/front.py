"""The AMQP front: accepts clients of Event Hubs and turns what they say into Kafka."""

from __future__ import annotations

import asyncio
import socket

from emulators.eventhubs.amqp.connection import Connection
from emulators.eventhubs.amqp.errors import RESOURCE_LIMIT, SHUTTING_DOWN, AmqpError
from emulators.eventhubs.amqp.performatives import SASL_HEADER
from emulators.eventhubs.client import Client
from emulators.eventhubs.kafka_log import KafkaLog
from emulators.eventhubs.namespace import Namespace
from emulators.eventhubs.seats import Seats
from emulators.settings import LOOPBACK, Settings

MAX_CONNECTIONS = 5000
"""Connections at a time: the limit of Event Hubs' Standard tier."""
MAX_WITHOUT_TOKEN = 100
"""Connections at a time that have not shown a token."""

_PROBE_TIMEOUT = 1.0


class Front:
    """What all clients share."""

    def __init__(self, settings: Settings, kafka: KafkaLog) -> None:
        self._settings = settings
        self._namespace = Namespace(settings.hubs)
        self._kafka = kafka
        self._seats = Seats()
        self._connections: dict[Client, Connection] = {}

    def connect(self, connection: Connection) -> Client:
        """Welcome a new connection.

        Raises:
            AmqpError: resource-limit-exceeded, if there are too many.
        """
        if len(self._connections) >= MAX_CONNECTIONS:
            raise AmqpError(RESOURCE_LIMIT, f"there are {MAX_CONNECTIONS} connections")
        if sum(not client.is_authorized for client in self._connections) >= MAX_WITHOUT_TOKEN:
            raise AmqpError(RESOURCE_LIMIT, f"there are {MAX_WITHOUT_TOKEN} connections without a token")
        client = Client(
            self._settings,
            self._namespace,
            self._kafka,
            self._seats,
            close=connection.close,
            gone=self._connections.pop,
        )
        self._connections[client] = connection
        return client

    async def close(self) -> None:
        """Tell every client that it is over for now, and let go of what worked for them."""
        for connection in list(self._connections.values()):
            connection.close(AmqpError(SHUTTING_DOWN, "The server is shutting down."))
        await self._kafka.close()


async def serve(settings: Settings) -> None:
    """Serve until cancelled: first wait for the broker, then see that the hubs are there."""
    kafka = KafkaLog(settings)
    front = Front(settings, kafka)
    server = None
    try:
        await kafka.create_hubs(settings.hubs)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(front.connect), LOOPBACK, settings.amqp_port)
        await loop.create_future()
    finally:
        if server:
            server.close()
        await front.close()


def is_ready(settings: Settings) -> bool:
    """Whether the front answers with the protocol header of SASL."""
    try:
        with socket.create_connection((LOOPBACK, settings.amqp_port), _PROBE_TIMEOUT) as connection:
            connection.sendall(SASL_HEADER)
            return connection.recv(len(SASL_HEADER)) == SASL_HEADER
    except OSError:
        return False
