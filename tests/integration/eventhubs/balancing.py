"""A consumer that shares a hub's partitions with others, as a process: prints what it receives.

One JSON line per event, before its checkpoint is written: partition, sequence number, body; and one line per
partition that it takes or leaves.

    python -m tests.integration.eventhubs.balancing CONNECTION_STRING HUB GROUP BLOBS CONTAINER

`BLOBS` is the connection string of the blob service.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from azure.eventhub import EventData, EventHubConsumerClient
from azure.eventhub.extensions.checkpointstoreblob import BlobCheckpointStore

LOOK_SECONDS = 1.0
"""How often a consumer looks who owns which partition."""
EXPIRY_SECONDS = 4.0
"""How long a partition stays with a consumer that is not heard of."""


def main() -> None:
    connection_string, hub, group, blobs, container = sys.argv[1:]

    lock = threading.Lock()

    def tell(**values: Any) -> None:
        with lock:  # Each partition has a thread of its own.
            sys.stdout.write(json.dumps(values) + "\n")
            sys.stdout.flush()

    def on_event(context: Any, event: EventData | None) -> None:
        assert event
        # First the work, then the checkpoint: who is killed between them does the work twice.
        tell(partition=context.partition_id, sequence=event.sequence_number, body=event.body_as_str())
        context.update_checkpoint(event)

    client = EventHubConsumerClient.from_connection_string(
        connection_string,
        group,
        eventhub_name=hub,
        checkpoint_store=BlobCheckpointStore.from_connection_string(blobs, container),
        load_balancing_interval=LOOK_SECONDS,
        partition_ownership_expiration_interval=EXPIRY_SECONDS,
    )
    client.receive(
        on_event,
        on_partition_initialize=lambda context: tell(taken=context.partition_id),
        on_partition_close=lambda context, reason: tell(left=context.partition_id),
        on_error=lambda context, error: tell(error=str(error)),
        starting_position="-1",
    )


if __name__ == "__main__":
    main()
