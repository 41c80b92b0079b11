"""The SDK's client of one hub, made to send what it is given once. Import it late: the SDK loads slowly."""

from __future__ import annotations

from typing import Any

from azure.eventhub import EventHubProducerClient

from ingestion.settings import HubSettings


class HubClient(EventHubProducerClient):
    """Sends a batch once for every call.

    The SDK's own (5.15.1, `send_batch`) sends a batch that failed a second time whatever the cause, also when
    the first may have arrived, and does not say so. In between it calls this method, and from nowhere else.
    """

    def _start_producer(self, partition_id: str, send_timeout: float | None = None) -> None:
        raise  # what is being handled: why the batch failed


def hub_client(settings: HubSettings, answer_seconds: float) -> EventHubProducerClient:
    """A client that is not connected yet; it is for the caller to try again and to bound waits.

    Args:
        settings: which hub, and the credentials.
        answer_seconds: how long the caller waits for one answer.
    """
    options: dict[str, Any] = {
        "retry_total": 0,
        # Longer than the caller waits: the SDK would take silence for wrong credentials.
        "auth_timeout": 2 * answer_seconds,
        # In this time one frame of 63 KiB must leave, or the SDK gives the connection up; it also delays the
        # SDK's own look at some errors. Its default, 0.2 s, asks for 2.5 Mbit/s.
        "socket_timeout": 1.0,
    }
    if settings.connection_string:
        return HubClient.from_connection_string(
            settings.connection_string.text, eventhub_name=settings.hub, **options
        )
    from azure.identity import DefaultAzureCredential

    return HubClient(settings.host, settings.hub, DefaultAzureCredential(), **options)
