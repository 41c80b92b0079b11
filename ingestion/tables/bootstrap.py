"""The SQL that creates every schema and table of the ingester."""

from __future__ import annotations

from ingestion.settings import BronzeSettings
from ingestion.tables import ingest_batches, order_events


def statements(settings: BronzeSettings) -> list[str]:
    """Statements that create what is missing, in the order to run them."""
    return [
        statement
        for table in (order_events.DEFINITION, ingest_batches.DEFINITION)
        for statement in table.bootstrap_statements(settings)
    ]
