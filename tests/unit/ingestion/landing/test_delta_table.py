from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from ingestion.errors import LandingError
from ingestion.landing.delta_table import ATTEMPTS, appender, check_folder, summary


def writer_that(*outcomes: Any) -> tuple[MagicMock, MagicMock]:
    """What writes rows, whose attempts end like this, and what saves them."""
    writer = MagicMock()
    save = writer.format().mode().save
    save.side_effect = outcomes
    return writer, save


def changed() -> Exception:
    return RuntimeError("[DELTA_METADATA_CHANGED] The metadata of the table has been changed")


def test_rows_are_written_again_when_the_tables_properties_changed() -> None:
    writer, save = writer_that(changed(), changed(), None)
    appender("/bronze/order_events", "")(writer)
    assert save.call_count == 3


def test_rows_are_not_written_again_for_ever() -> None:
    writer, save = writer_that(*(changed() for _ in range(ATTEMPTS + 1)))
    with pytest.raises(RuntimeError, match="DELTA_METADATA_CHANGED"):
        appender("/bronze/order_events", "")(writer)
    assert save.call_count == ATTEMPTS


def test_any_other_failure_ends_the_stream() -> None:
    writer, save = writer_that(RuntimeError("disk full"), None)
    with pytest.raises(RuntimeError, match="disk full"):
        appender("/bronze/order_events", "")(writer)
    assert save.call_count == 1


def write_log(table: Path, version: int, checksum: Any) -> None:
    """A commit and, if there is one, what Delta says of the table after it."""
    log = table / "_delta_log"
    log.mkdir(exist_ok=True)
    (log / f"{version:020}.json").write_text("{}")
    if checksum is not None:
        text = checksum if isinstance(checksum, str) else json.dumps(checksum)
        (log / f"{version:020}.crc").write_text(text)


def test_the_latest_checksum_says_which_table_it_is_and_how_many_files_it_holds(tmp_path: Path) -> None:
    write_log(tmp_path, 9, {"metadata": {"id": "before"}, "numFiles": 0})
    write_log(tmp_path, 10, {"metadata": {"id": "now"}, "numFiles": 3})
    (tmp_path / "_delta_log" / f"{0:020}.{11:020}.compacted.json").write_text("{}")
    assert summary(tmp_path) == ("now", 3)


@pytest.mark.parametrize("checksum", [None, "", "{", "[]", '{"numFiles": 1}', '{"metadata": {"id": "now"}}'])
def test_a_checksum_that_is_missing_or_torn_says_nothing(tmp_path: Path, checksum: str | None) -> None:
    assert summary(tmp_path) is None
    write_log(tmp_path, 0, {"metadata": {"id": "before"}, "numFiles": 0})
    write_log(tmp_path, 1, checksum)
    assert summary(tmp_path) is None


def test_a_table_is_made_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "_delta_log").mkdir()
    (tmp_path / "a.parquet").touch()
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path, tmp_path / "empty", tmp_path / "new"):
        check_folder(folder)


def test_a_folder_of_somebody_else_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("mine")
    with pytest.raises(LandingError, match=r"is not a Delta table, but holds 'orders\.csv'"):
        check_folder(tmp_path)
    with pytest.raises(LandingError, match=r"INGESTION_BRONZE_PATH=.*/orders\.csv' cannot hold the table"):
        check_folder(tmp_path / "orders.csv" / "order_events")
