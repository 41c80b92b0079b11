from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from emulators.settings import REPOSITORY
from ingestion.checkpoint import (
    Identity,
    check_identity,
    exclusive,
    new_identity,
    planned_offsets,
    read_identity,
)
from ingestion.errors import LandingError


def test_an_identity_is_kept_and_each_is_new(tmp_path: Path) -> None:
    assert read_identity(tmp_path / "a") is None
    first = new_identity(tmp_path / "a", "table-1", "orders", "topic-1")
    assert read_identity(tmp_path / "a") == first
    assert new_identity(tmp_path / "a", "table-1", "orders", "topic-1").app_id != first.app_id


def test_a_checkpoint_of_another_stream_is_refused(tmp_path: Path) -> None:
    (tmp_path / "offsets").mkdir()
    with pytest.raises(LandingError, match="not the ingester's own"):
        read_identity(tmp_path)


def test_a_broken_identity_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ingester.json").write_text('{"app_id"')
    with pytest.raises(LandingError, match=r"ingester\.json is not readable"):
        read_identity(tmp_path)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (Identity("a", "table-2", "orders", "topic-1"), "another table"),
        (Identity("a", "table-1", "returns", "topic-1"), "belongs to hub 'orders'"),
        (Identity("a", "table-1", "orders", "topic-2"), "recreated"),
    ],
)
def test_a_checkpoint_serves_one_table_and_one_hub(tmp_path: Path, now: Identity, said: str) -> None:
    kept = Identity("a", "table-1", "orders", "topic-1")
    with pytest.raises(LandingError, match=said):
        check_identity(tmp_path, kept, now, "bronze.order_events")
    check_identity(tmp_path, kept, kept, "bronze.order_events")


def test_where_topics_have_no_ids_none_is_compared(tmp_path: Path) -> None:
    without = Identity("a", "table-1", "orders", None)
    check_identity(tmp_path, without, Identity("a", "table-1", "orders", "topic-1"), "t")
    check_identity(tmp_path, Identity("a", "table-1", "orders", "topic-1"), without, "t")


def test_planned_offsets_are_those_of_the_latest_batch(tmp_path: Path) -> None:
    assert planned_offsets(tmp_path, "orders") == {}
    offsets = tmp_path / "offsets"
    offsets.mkdir()
    for batch in (2, 9, 10):
        end = json.dumps({"orders": {"0": batch * 100, "1": 7}})
        (offsets / str(batch)).write_text(f'v1\n{{"batchWatermarkMs":0}}\n{end}')
    (offsets / ".10.crc").write_bytes(b"x")
    assert planned_offsets(tmp_path, "orders") == {"0": 1000, "1": 7}
    with pytest.raises(LandingError, match="hub 'returns'"):
        planned_offsets(tmp_path, "returns")


def test_one_ingester_at_a_time_until_its_process_ends(tmp_path: Path) -> None:
    hold = (
        "import sys, pathlib; from ingestion.checkpoint import exclusive\n"
        "with exclusive(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LandingError, match="another ingester"), exclusive(tmp_path):
            pass
        other.kill()
        other.wait()
    with exclusive(tmp_path):
        pass
