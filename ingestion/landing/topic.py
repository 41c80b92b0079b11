"""What a hub says of itself before anything is read from it, and what its failures mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ingestion.errors import HubError
from ingestion.settings import KafkaSettings

ANSWER_SECONDS = 15
"""How long a hub may take to say what it is."""

DATA_LOSS = (
    "KAFKA_DATA_LOSS",
    "offset was changed",
    "data may have been missed",
    "OffsetOutOfRange",
    "OFFSET_GREATER_THAN_END_OFFSET",
)
"""What Spark's Kafka source says of offsets that the hub no longer holds, by version."""


class Oldest(NamedTuple):
    """Where a partition begins.

    `offset` is that of its oldest message, or before it; None where nothing is known but that no message is
    there. `enqueued_at_ms`, since the epoch, is None where there is no message.
    """

    offset: int | None
    enqueued_at_ms: int | None


def _all_gone(wanted: Mapping[int, int]) -> list[int]:
    return list(wanted)


@dataclass(frozen=True)
class Topic:
    """A hub: the id that its broker gave it, if it gives ids, and how each partition begins.

    `gone` takes offsets, by partition, that lie before the oldest message, and returns the partitions that
    can no longer be read from there. Where `Oldest.offset` is where the log begins, that is all of them.
    """

    topic_id: str | None
    partitions: Mapping[int, Oldest]
    gone: Callable[[Mapping[int, int]], list[int]] = _all_gone


def is_data_loss(failure: str) -> bool:
    """Whether Spark says that the hub no longer holds what was to be read."""
    return any(each in failure for each in DATA_LOSS)


def explained(failure: str, settings: KafkaSettings) -> HubError:
    """One line for what a Kafka client said."""
    where = f"Kafka endpoint {settings.bootstrap}"
    if "UnknownTopicOrPartition" in failure:
        return HubError(
            f"event hub {settings.hub!r} does not exist at {where}: create it or set EVENTHUBS_HUB."
        )
    if "Authentication" in failure or "Authorization" in failure or "LoginException" in failure:
        if settings.connection_string:
            source = "EVENTHUBS_CONNECTION_STRING"
        elif settings.service_credential:
            source = f"service credential {settings.service_credential!r}"
        else:
            source = "AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
        return HubError(
            f"{where} refuses {source} for hub {settings.hub!r}: check the key and its Listen right."
        )
    if "Timeout" in failure:
        return HubError(
            f"{where} did not answer within {ANSWER_SECONDS} s: check EVENTHUBS_KAFKA_BOOTSTRAP and "
            f"EVENTHUBS_KAFKA_SECURITY_PROTOCOL ({settings.security_protocol})."
        )
    return HubError(f"{where} failed: {' '.join(failure.split())[:300]}")
