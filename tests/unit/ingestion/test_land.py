from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from ingestion.land import ATTEMPTS, BronzeTable
from ingestion.settings import BronzeSettings


@pytest.fixture
def table(tmp_path: Path) -> BronzeTable:
    (tmp_path / "order_events" / "_delta_log").mkdir(parents=True)
    return BronzeTable(MagicMock(), BronzeSettings(path=str(tmp_path), catalog=None, schema="bronze"))


def batch_that(*outcomes: Any) -> tuple[MagicMock, MagicMock]:
    """A micro-batch whose writes end like this, and what saves it."""
    batch = MagicMock()
    save = batch.selectExpr().write.format().mode().option().option().save
    save.side_effect = outcomes
    return batch, save


def changed() -> Exception:
    return RuntimeError("[DELTA_METADATA_CHANGED] The metadata of the table has been changed")


def test_a_batch_is_written_again_when_the_tables_properties_changed(table: BronzeTable) -> None:
    batch, save = batch_that(changed(), changed(), None)
    table.batch_writer("app")(batch, 1)
    assert save.call_count == 3


def test_a_batch_is_not_written_again_for_ever(table: BronzeTable) -> None:
    batch, save = batch_that(*(changed() for _ in range(ATTEMPTS + 1)))
    with pytest.raises(RuntimeError, match="DELTA_METADATA_CHANGED"):
        table.batch_writer("app")(batch, 1)
    assert save.call_count == ATTEMPTS


def test_any_other_failure_ends_the_stream(table: BronzeTable) -> None:
    batch, save = batch_that(RuntimeError("disk full"), None)
    with pytest.raises(RuntimeError, match="disk full"):
        table.batch_writer("app")(batch, 1)
    assert save.call_count == 1
