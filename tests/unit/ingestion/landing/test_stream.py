from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.errors import HubError, IngestionError, LandingError
from ingestion.landing.stream import _explained
from ingestion.settings import BronzeSettings, KafkaSettings, LandSettings

SETTINGS = LandSettings(
    KafkaSettings("orders", "h:1", "SASL_SSL", on_databricks=True, connection_string="c"),
    BronzeSettings(None, "main", "bronze"),
    Path("/Volumes/c"),
    None,
)


@pytest.mark.parametrize(
    ("failure", "kind", "said"),
    [
        (
            "[INFINITE_STREAMING_TRIGGER_NOT_SUPPORTED] Trigger type ProcessingTime is not supported for "
            "this cluster type. Use a different trigger type e.g. AvailableNow, Once. SQLSTATE: 0A000",
            LandingError,
            "Use --trigger available-now",
        ),
        ("[KAFKA_DATA_LOSS.START_OFFSET_RESET] Some data may have been lost", LandingError, "recreated"),
        ("UnknownTopicOrPartitionException", HubError, "event hub 'orders' does not exist"),
        ("SaslAuthenticationException: no", HubError, "refuses EVENTHUBS_CONNECTION_STRING"),
        ("kafka: TimeoutException\n\nJVM stacktrace:\nx", HubError, "stopped answering"),
        ("the disk\nis full", LandingError, "landing failed: the disk is full"),
    ],
)
def test_what_the_stream_ends_with_is_one_line(failure: str, kind: type[IngestionError], said: str) -> None:
    error = _explained(RuntimeError(failure), SETTINGS)
    assert type(error) is kind
    assert said in str(error)
    assert "\n" not in str(error)
