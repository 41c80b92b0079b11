"""The record of batches, on a table of Delta's own: what it says of itself, and each batch written once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from ingestion.errors import LandingError
from ingestion.landing import delta_table, recorder
from ingestion.landing.batch import Batch, Partition
from ingestion.landing.recorder import BatchTable, Recorder
from ingestion.settings import BronzeSettings
from tests.integration.ingestion.conftest import wait_until


def batch(number: int) -> Batch:
    return Batch("orders", number, "c", (Partition(0, number, number + 1),), 1, datetime.now(UTC))


def table_in(folder: Path, spark: SparkSession) -> BatchTable:
    return BatchTable(spark, BronzeSettings(str(folder), None, "bronze"))


def recorded(table: BatchTable) -> list[int]:
    rows = table.spark.table(table.name).select("ingest_batch_id").collect()
    return sorted(number for (number,) in rows)


def log_of(table: BatchTable) -> Path:
    return Path(table.path or "") / "_delta_log"


def test_a_table_says_the_same_of_itself_with_and_without_checksums(
    tmp_path: Path, spark: SparkSession
) -> None:
    found = table_in(tmp_path, spark)
    assert found.file_count == 0
    for count in (1, 2):
        rows = spark.sql(f"select * from {found.name}").limit(0)
        rows = rows.unionByName(spark.sql("select 'orders' as event_hub"), allowMissingColumns=True)
        found.append(rows.coalesce(1))
        again = table_in(tmp_path, spark)
        assert (again.table_id, again.file_count) == (found.table_id, count)
        assert delta_table.summary(tmp_path / "ingest_batches") == (found.table_id, count)
    for file in log_of(found).glob("*.crc"):
        file.unlink()
    assert delta_table.summary(tmp_path / "ingest_batches") is None
    again = table_in(tmp_path, spark)
    assert (again.table_id, again.file_count) == (found.table_id, 2)


@pytest.mark.parametrize("is_written", [False, True])
def test_a_commit_that_failed_is_tried_again_unless_it_was_written(
    tmp_path: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch, is_written: bool
) -> None:
    table = table_in(tmp_path, spark)
    append = table.append
    attempts: list[DataFrame] = []

    def fail_first(rows: DataFrame) -> None:
        attempts.append(rows)
        if is_written or len(attempts) > 1:
            append(rows)
        if len(attempts) == 1:
            raise OSError("the disk is gone")

    monkeypatch.setattr(table, "append", fail_first)
    taken = Recorder(table, -1)
    taken.add(batch(0))
    wait_until(lambda: attempts, "the first commit fails")
    taken.add(batch(1))
    taken.add(batch(2))
    taken.close()
    assert recorded(table) == [0, 1, 2]
    assert len(attempts) == (2 if is_written else 3)


def test_what_cannot_be_recorded_is_told(
    tmp_path: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = table_in(tmp_path, spark)

    def fail(_: DataFrame) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(table, "append", fail)
    taken = Recorder(table, -1)
    taken.add(batch(0))
    with pytest.raises(LandingError, match=r"are not in .*ingest_batches \(the disk is gone\)"):
        taken.close()


@pytest.mark.parametrize("can_compact", [True, False])
def test_many_files_become_one(
    tmp_path: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch, can_compact: bool
) -> None:
    monkeypatch.setattr(recorder, "MANY_FILES", 3)
    for number in range(4):
        table = table_in(tmp_path, spark)
        if not can_compact:
            monkeypatch.setattr(table, "compact", failing(OSError("the disk is gone")))
        taken = Recorder(table, number - 1)
        taken.add(batch(number))
        taken.close()
    assert recorded(table) == [0, 1, 2, 3]
    # The third commit found three files.
    assert table_in(tmp_path, spark).file_count == (2 if can_compact else 4)


def failing(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail
