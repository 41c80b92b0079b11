"""A Kafka client of the hubs: what it puts there and counts there, the AMQP front has no part in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # re-exported

from tests.harness.processes import wait_until


class KafkaClient:
    """Creates, fills, reads and deletes hubs as topics of the broker."""

    def __init__(self, bootstrap: str, connection_string: str) -> None:
        self.config: dict[str, Any] = {
            "bootstrap.servers": bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": "$ConnectionString",
            "sasl.password": connection_string,
        }

    def create(self, hub: str, partitions: int = 1) -> None:
        admin = AdminClient(self.config)  # forgotten, it would not wait for the answer
        admin.create_topics([NewTopic(hub, partitions, 1)])[hub].result(timeout=20)

    def delete(self, hub: str) -> None:
        """Delete a hub and wait until it is gone."""
        admin = AdminClient(self.config)
        admin.delete_topics([hub])[hub].result(timeout=20)
        wait_until(lambda: hub not in admin.list_topics(timeout=10).topics, "the hub is gone")

    def expire(self, hub: str, before: dict[int, int]) -> None:
        """Let the messages before these offsets expire, by partition, as retention does."""
        ends = [TopicPartition(hub, partition, offset) for partition, offset in before.items()]
        admin = AdminClient(self.config)
        for future in admin.delete_records(ends).values():
            future.result(timeout=20)

    def produce(self, hub: str, bodies: Iterable[bytes | None], **options: Any) -> None:
        """Put messages into a hub; to a partition by key as Kafka's Java clients do."""
        producer = Producer(
            self.config | {"queue.buffering.max.messages": 1_000_000, "partitioner": "murmur2_random"}
        )
        for body in bodies:
            producer.produce(hub, body, **options)
        assert producer.flush(60) == 0

    def messages(self, hub: str, partitions: int = 1) -> list[Message]:
        """Everything a hub holds, in order within each partition."""
        consumer = Consumer(self.config | {"group.id": "count", "enable.auto.commit": False})
        messages: list[Message] = []
        try:
            for partition in range(partitions):
                begin, end = consumer.get_watermark_offsets(TopicPartition(hub, partition), timeout=20)
                consumer.assign([TopicPartition(hub, partition, begin)])
                left = end - begin
                while left:
                    for message in consumer.consume(min(left, 5000), timeout=5):
                        assert message.error() is None
                        messages.append(message)
                        left -= 1
        finally:
            consumer.close()
        return messages
