from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emulators.settings import REPOSITORY
from ingestion.errors import LandingError
from ingestion.landing import locks
from ingestion.settings import BronzeSettings, KafkaSettings, LandSettings

HOLD = """
import subprocess, sys, pathlib
from ingestion.landing.locks import exclusive, sign
with exclusive(pathlib.Path(sys.argv[1]), "busy") as descriptor:
    # As a JVM does: inherits the lock, and ends when its standard input does.
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[descriptor])
    sign(descriptor, child.pid)
    print(child.pid, flush=True)
    sys.stdin.read()
"""


@contextmanager
def ingester(place: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that holds the lock, and the one it started."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(place)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
        process.kill()


def kill(pid: int, name: str) -> None:
    os.kill(pid, signal.Signals[f"SIG{name}"])


def test_one_ingester_at_a_time_until_its_process_ends(tmp_path: Path) -> None:
    with ingester(tmp_path / "i") as (other, _):
        with pytest.raises(LandingError, match="busy"), locks.exclusive(tmp_path / "i", "busy"):
            pass
        with locks.exclusive(tmp_path / "j", "busy"):
            pass
        other.kill()
        other.wait()
        with locks.exclusive(tmp_path / "i", "busy"):
            pass
    with locks.exclusive(tmp_path / "i", "busy"):
        pass


def test_the_next_one_waits_for_what_a_killed_one_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "ORPHAN_SECONDS", 0.3)
    with ingester(tmp_path / "i") as (other, orphan):
        kill(orphan, "STOP")
        other.kill()
        other.wait()
        with pytest.raises(LandingError, match=f"pid={orphan}"), locks.exclusive(tmp_path / "i", "busy"):
            pass
        kill(orphan, "CONT")
        with locks.exclusive(tmp_path / "i", "busy"):
            pass


def test_on_databricks_nothing_is_locked(tmp_path: Path) -> None:
    settings = LandSettings(
        KafkaSettings("orders", "h:1", "SASL_SSL", on_databricks=True),
        BronzeSettings(str(tmp_path / "bronze"), None, "bronze"),
        tmp_path / "checkpoint",
        None,
    )
    with locks.locked(settings) as descriptors:
        assert descriptors == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("foreign", ["checkpoint", "bronze"])
def test_no_lock_is_put_into_folders_of_somebody_else(tmp_path: Path, foreign: str) -> None:
    for folder in ("checkpoint", "bronze/order_events"):
        (tmp_path / folder).mkdir(parents=True)
    mine = tmp_path / ("checkpoint/notes.txt" if foreign == "checkpoint" else "bronze/order_events/a.csv")
    mine.write_text("mine")
    settings = LandSettings(
        KafkaSettings("orders", "h:1", "SASL_SSL", on_databricks=False),
        BronzeSettings(str(tmp_path / "bronze"), None, "bronze"),
        tmp_path / "checkpoint",
        None,
    )
    with pytest.raises(LandingError, match=r"notes\.txt|a\.csv"), locks.locked(settings):
        pass
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [mine]
