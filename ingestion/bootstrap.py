"""The SQL that creates every schema and table of the ingester."""

from __future__ import annotations

from ingestion import batches, bronze
from ingestion.settings import BronzeSettings


def statements(settings: BronzeSettings) -> list[str]:
    """Statements that create what is missing, in the order to run them."""
    return [
        statement
        for table in (bronze.DEFINITION, batches.DEFINITION)
        for statement in table.bootstrap_statements(settings)
    ]
