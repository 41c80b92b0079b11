"""How a session is set for its next statement."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.spark.spark_session import LARGE, SMALL
from emulators.warehouse.spark.tuning import Tuning


class Conf(dict[str, str]):
    """Settings of a Spark session."""

    def set(self, name: str, value: str) -> None:
        self[name] = value


@pytest.fixture
def conf() -> Conf:
    return Conf(SMALL)


@pytest.fixture
def session(conf: Conf) -> Session:
    spark: Any = MagicMock(conf=conf)
    return Session(spark, "main", "default")


def tuning(size: int, monkeypatch: pytest.MonkeyPatch) -> Tuning:
    """Of a warehouse with one table of so many bytes."""
    catalog: Any = MagicMock()
    catalog.records.relations.all.return_value = [MagicMock(is_delta=True)]
    monkeypatch.setattr(Tuning, "_size", lambda *_: size)
    return Tuning(catalog)


def test_small_tables_leave_a_session_as_it_is(
    conf: Conf, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuning(1000, monkeypatch).prepare(session)
    assert conf == SMALL


def test_once_a_table_is_large_statements_are_compiled(
    conf: Conf, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf["spark.sql.shuffle.partitions"] = "7"  # a client's own
    tuning(10_000_000, monkeypatch).prepare(session)
    assert conf == {**LARGE, "spark.sql.shuffle.partitions": "7"}


def test_who_looks_at_the_tables_lets_other_statements_go_on(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, may_go_on = threading.Event(), threading.Event()

    def size(*_: object) -> int:
        looking.set()
        return 10_000_000 if may_go_on.wait(10) else 0

    tuned = tuning(0, monkeypatch)
    monkeypatch.setattr(Tuning, "_size", size)
    first = threading.Thread(target=tuned.prepare, args=(session,), daemon=True)
    first.start()
    assert looking.wait(10)
    other = Session(MagicMock(conf=Conf(SMALL)), "main", "default")
    tuned.prepare(other)
    assert not other.is_set_for_large

    may_go_on.set()
    first.join(10)
    assert session.is_set_for_large


def test_the_size_of_a_table_is_read_anew_only_when_it_has_a_new_version(tmp_path: Path) -> None:
    log = tmp_path / "_delta_log"
    log.mkdir()
    tuned = Tuning(MagicMock())
    for version, size in enumerate((100, 200)):
        (log / f"{version:020d}.json").touch()
        checksum = log / f"{version:020d}.crc"
        checksum.write_text(f'{{"tableSizeBytes": {size}}}')
        assert tuned._size("s", "t", tmp_path.as_uri()) == size
        checksum.write_text('{"tableSizeBytes": 1}')
        assert tuned._size("s", "t", tmp_path.as_uri()) == size
