"""The AMQP front: accepts clients of Event Hubs and turns what they say into Kafka."""

from __future__ import annotations

import asyncio
import socket

from emulators.eventhubs.amqp.connection import Connection
from emulators.eventhubs.amqp.errors import SHUTTING_DOWN, AmqpError
from emulators.eventhubs.amqp.performatives import SASL_HEADER
from emulators.eventhubs.client import Client
from emulators.eventhubs.kafka import Kafka
from emulators.eventhubs.seats import Seats
from emulators.settings import HUBS, LOOPBACK, Settings

_PROBE_TIMEOUT = 1.0


class Front:
    """What all clients share."""

    def __init__(self, settings: Settings, kafka: Kafka) -> None:
        self.settings = settings
        self.kafka = kafka
        self.seats = Seats()
        self.connections: dict[Client, Connection] = {}

    def connect(self, connection: Connection) -> Client:
        """Welcome a new connection."""
        client = Client(self, lambda: self.connections.pop(client, None))
        self.connections[client] = connection
        return client

    async def close(self) -> None:
        """Tell every client that it is over for now, and let go of what worked for them."""
        for connection in list(self.connections.values()):
            connection.close(AmqpError(SHUTTING_DOWN, "The server is shutting down."))
        await self.kafka.close()


async def serve(settings: Settings) -> None:
    """Serve until cancelled: first wait for the broker, then see that the hubs are there."""
    front = Front(settings, Kafka(settings))
    server = None
    try:
        await front.kafka.create_hubs(HUBS)
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
