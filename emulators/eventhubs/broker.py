"""The Kafka broker behind the hubs: one KRaft node, its configuration, its command line and its readiness."""

from __future__ import annotations

import secrets
import socket
import struct
from base64 import urlsafe_b64encode
from pathlib import Path

from emulators.eventhubs.amqp.link import MAX_MESSAGE_SIZE
from emulators.files import write_private
from emulators.settings import LOOPBACK, Settings

USER = "$ConnectionString"
"""The user every Kafka client of Event Hubs names; its password is the whole connection string."""
MAX_RECORD_BATCH_BYTES = MAX_MESSAGE_SIZE + 16 * 1024
"""What the broker takes: the largest event, plus what Kafka puts around it."""

_NODE_ID = 1
_PROPERTIES = "server.properties"
_LOGGING = "log4j2.properties"
_PROBE_TIMEOUT = 1.0


def prepare(settings: Settings) -> None:
    """Write the broker's configuration, and on the first call format its storage.

    Formatting needs no JVM: with a static controller quorum all that the broker wants to find is one small
    file that names the cluster and the node.
    """
    data = settings.kafka_data / "data"
    data.mkdir(parents=True, exist_ok=True)
    write_private(settings.kafka_data / _PROPERTIES, _server_properties(settings).encode())
    write_private(settings.kafka_data / _LOGGING, _LOG4J2.encode())
    meta = data / "meta.properties"
    if not meta.exists():
        ids = f"cluster.id={_random_uuid()}\nnode.id={_NODE_ID}\ndirectory.id={_random_uuid()}\n"
        write_private(meta, f"version=1\n{ids}".encode())


def command(settings: Settings, java: Path) -> list[str]:
    """Argument vector that runs the broker in the foreground."""
    return [
        str(java),
        "-Xmx384m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xshare:auto",
        f"-Dlog4j2.configurationFile={settings.kafka_data / _LOGGING}",
        "-cp",
        str(settings.jars / "kafka" / "*"),
        "kafka.Kafka",
        str(settings.kafka_data / _PROPERTIES),
    ]


def is_ready(settings: Settings) -> bool:
    """Whether the broker answers an ApiVersions request, which needs no authentication."""
    request = struct.pack(">hhih", 18, 0, 1, -1)  # api key, version, correlation id, no client id
    try:
        with socket.create_connection((LOOPBACK, settings.kafka_port), _PROBE_TIMEOUT) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            return len(connection.recv(8)) == 8
    except OSError:
        return False


def created_at(settings: Settings, topic: str) -> int:
    """When a topic was created, in milliseconds since the epoch; Kafka itself keeps no record of it."""
    file = settings.kafka_data / "data" / f"{topic}-0" / "partition.metadata"
    return int(file.stat().st_mtime * 1000) if file.exists() else 0


def _server_properties(settings: Settings) -> str:
    password = settings.connection_string
    jaas = (
        "org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'username="{USER}" password="{password}" user_{USER}="{password}";'
    )
    values = {
        "process.roles": "broker,controller",
        "node.id": _NODE_ID,
        "controller.quorum.voters": f"{_NODE_ID}@{LOOPBACK}:{settings.kafka_controller_port}",
        "listeners": (
            f"CLIENT://{LOOPBACK}:{settings.kafka_port},"
            f"CONTROLLER://{LOOPBACK}:{settings.kafka_controller_port}"
        ),
        "advertised.listeners": f"CLIENT://{settings.kafka_bootstrap}",
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "CLIENT",
        "sasl.enabled.mechanisms": "PLAIN",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.client.plain.sasl.jaas.config": jaas,
        "listener.name.controller.plain.sasl.jaas.config": jaas,
        "log.dirs": settings.kafka_data / "data",
        "auto.create.topics.enable": "false",
        # Event Hubs stamps the time of arrival and keeps events for seven days in the Standard tier.
        "log.message.timestamp.type": "LogAppendTime",
        "log.retention.hours": 7 * 24,
        "log.segment.bytes": 128 * 1024 * 1024,
        "message.max.bytes": MAX_RECORD_BATCH_BYTES,
        "replica.fetch.max.bytes": MAX_RECORD_BATCH_BYTES,
        # One node: every internal topic has one copy, and one partition is plenty.
        "default.replication.factor": 1,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "share.coordinator.state.topic.num.partitions": 1,
        "group.initial.rebalance.delay.ms": 0,
        # A broker that was killed registers again only when its old session has run out.
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "background.threads": 2,
        "log.cleaner.dedupe.buffer.size": 8 * 1024 * 1024,
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


_LOG4J2 = """\
status=error
appender.stderr.type=Console
appender.stderr.name=stderr
appender.stderr.target=SYSTEM_ERR
appender.stderr.layout.type=PatternLayout
appender.stderr.layout.pattern=%d{ISO8601} %p %c{1}: %m%n
rootLogger.level=warn
rootLogger.appenderRef.stderr.ref=stderr
"""


def _random_uuid() -> str:
    """A Kafka `Uuid`: 16 random bytes in unpadded URL-safe base 64, not beginning with a dash."""
    while True:
        text = urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
        if not text.startswith("-"):
            return text
