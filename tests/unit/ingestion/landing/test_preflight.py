from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from ingestion.errors import LandingError
from ingestion.landing.checkpoint import Progress, new_identity
from ingestion.landing.preflight import EARLIEST, position
from ingestion.landing.topic import Oldest, Topic
from tests.unit.ingestion.landing.test_checkpoint import plan


def table(**answers: object) -> MagicMock:
    """A bronze table that answers so."""
    held = {"tail": {}, "latest": {}, "batches_after": {}, "row_count": 0} | answers
    mock = MagicMock(table_id="t", file_count=1, label="bronze.order_events")
    for name, answer in held.items():
        getattr(mock, name).return_value = answer
    return mock


def start(
    checkpoint: Path, bronze: MagicMock, record: MagicMock, topic: Topic, from_table: bool = False
) -> tuple[str, list[str]]:
    """Where the stream starts, and what was warned of."""
    warnings: list[str] = []
    progress = Progress(checkpoint, "orders")
    _, starting = position(bronze, record, progress, topic, from_table, 3, warnings.append)
    return starting, warnings


def test_a_log_that_only_spark_reads_is_a_warning(tmp_path: Path) -> None:
    new_identity(tmp_path, "t", "orders", None, 0)
    plan(tmp_path, 0, {"0": 5})
    (tmp_path / "offsets" / "0").write_text('v2\n{}\n{"0":{"orders":{"0":5}}}')
    bronze = table()
    starting, (warning,) = start(tmp_path, bronze, MagicMock(), Topic(None, {}))
    assert starting == "earliest"
    assert f"{tmp_path}/offsets/0 is of version v2" in warning
    # An old copy is told by the numbers of batches then.
    bronze.batches_after.return_value = {1: [[0, 5, 9, 5, None]]}
    with pytest.raises(LandingError, match="is older than what"):
        start(tmp_path, bronze, MagicMock(), Topic(None, {}))


@pytest.mark.parametrize(
    ("is_same_table", "starts"),
    [
        (True, {"0": 12, "1": EARLIEST, "2": 4}),
        (False, {"0": 10, "1": EARLIEST, "2": EARLIEST}),  # the record is of a table that was there before
    ],
)
def test_going_on_after_the_table_goes_on_after_marks_of_transactions(
    tmp_path: Path, is_same_table: bool, starts: dict[str, int]
) -> None:
    bronze = table(next_offsets={0: 10}, next_batch_id=3, row_count=int(is_same_table))
    record = MagicMock(file_count=1)
    record.ends.return_value = {0: 12, 2: 4}
    record.latest_with_rows.return_value = 2
    topic = Topic(None, {0: Oldest(0, 1), 1: Oldest(None, None), 2: Oldest(0, 1)})
    starting, _ = start(tmp_path, bronze, record, topic, from_table=True)
    assert json.loads(starting) == {"orders": starts}


@pytest.mark.parametrize(("held", "is_refused"), [([0], True), ([], False)])
def test_what_lies_before_the_oldest_message_may_still_be_held(
    tmp_path: Path, held: list[int], is_refused: bool
) -> None:
    new_identity(tmp_path, "t", "orders", None, 0)
    plan(tmp_path, 0, {"0": 5, "1": 7})
    asked: list[dict[int, int]] = []

    def gone(wanted: dict[int, int]) -> list[int]:
        asked.append(wanted)
        return held

    topic = Topic(None, {0: Oldest(8, 1), 1: Oldest(7, 1)}, gone)  # type: ignore[arg-type]
    if is_refused:
        with pytest.raises(LandingError, match="offsets 5 to 7 of partition 0: they expired"):
            start(tmp_path, table(), MagicMock(), topic)
    else:
        assert start(tmp_path, table(), MagicMock(), topic) == ("earliest", [])
    assert asked == [{0: 5}]


def test_a_recreated_hub_is_noticed_where_marks_of_transactions_come_last(tmp_path: Path) -> None:
    new_identity(tmp_path, "t", "orders", None, 0)
    plan(tmp_path, 0, {"0": 5})
    bronze = table(latest={0: (3, 1000)})
    with pytest.raises(LandingError, match="it was recreated"):
        start(tmp_path, bronze, MagicMock(), Topic(None, {0: Oldest(0, 2000)}))
    bronze.latest.assert_called_once_with("orders", [0])
