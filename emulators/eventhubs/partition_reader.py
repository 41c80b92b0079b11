"""Reads one partition of a hub for one receiver."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from confluent_kafka import Consumer, Message, TopicPartition

from emulators.eventhubs.messages import Header, Record


class PartitionReader:
    """Reads one partition for one receiver."""

    def __init__(self, config: dict[str, Any], start: TopicPartition, threads: ThreadPoolExecutor) -> None:
        self._threads = threads
        self._consumer = Consumer(
            config
            | {
                # A consumer must name a group; this one assigns its partition itself and commits nothing.
                "group.id": "eventhubs-emulator",
                "enable.auto.commit": False,
                # An offset that has passed its retention: go on with the oldest there is.
                "auto.offset.reset": "earliest",
                "queued.max.messages.kbytes": 8 * 1024,
                "fetch.wait.max.ms": 100,
            }
        )
        self._consumer.assign([start])

    async def read(self, limit: int, timeout: float) -> list[Record]:
        """The next events, at most so many; none if none came within so many seconds."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, limit, timeout)

    async def close(self) -> None:
        """Let go of the partition."""
        await asyncio.to_thread(self._consumer.close)

    def _read(self, limit: int, timeout: float) -> list[Record]:
        return [_record(message) for message in self._consumer.consume(limit, timeout) if not message.error()]


def _record(message: Message) -> Record:
    """What librdkafka read; a message without an error has an offset, and its headers are a list of bytes."""
    _, enqueued_at = message.timestamp()
    return Record(
        offset=cast(int, message.offset()),
        enqueued_at=enqueued_at,
        key=message.key(),
        value=message.value(),
        headers=cast(list[Header], message.headers() or []),
    )
