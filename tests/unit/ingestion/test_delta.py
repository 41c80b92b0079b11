from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import pytest

from ingestion.delta import ATTEMPTS, append


def rows_that(*outcomes: Any) -> tuple[MagicMock, MagicMock]:
    """Rows whose writes end like this, and what saves them."""
    rows = MagicMock()
    save = rows.write.format().mode().option().option().save
    save.side_effect = outcomes
    return rows, save


def changed() -> Exception:
    return RuntimeError("[DELTA_METADATA_CHANGED] The metadata of the table has been changed")


def test_rows_are_written_again_when_the_tables_properties_changed() -> None:
    rows, save = rows_that(changed(), changed(), None)
    append(rows, "/bronze/order_events", "", "app", 1)
    assert save.call_count == 3


def test_rows_are_not_written_again_for_ever() -> None:
    rows, save = rows_that(*(changed() for _ in range(ATTEMPTS + 1)))
    with pytest.raises(RuntimeError, match="DELTA_METADATA_CHANGED"):
        append(rows, "/bronze/order_events", "", "app", 1)
    assert save.call_count == ATTEMPTS


def test_any_other_failure_ends_the_stream() -> None:
    rows, save = rows_that(RuntimeError("disk full"), None)
    with pytest.raises(RuntimeError, match="disk full"):
        append(rows, "/bronze/order_events", "", "app", 1)
    assert save.call_count == 1
