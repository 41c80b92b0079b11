"""How a session is set for its next statement."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import pytest

from emulators.warehouse.sessions import Session
from emulators.warehouse.spark import LARGE, SMALL
from emulators.warehouse.tuning import DATA_SKIPPING, Tuning


class Conf(dict[str, str]):
    """Spark's settings of a session, with the times that they were set."""

    times = 0

    def set(self, name: str, value: str) -> None:
        self[name] = value
        self.times += 1


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
    catalog.records.relations.return_value = [MagicMock(is_delta=True)]
    monkeypatch.setattr(Tuning, "_size", lambda *_: size)
    return Tuning(catalog)


def test_queries_of_small_tables_skip_no_files_and_writes_do(
    conf: Conf, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = tuning(1000, monkeypatch)
    small.prepare(session)
    assert conf == SMALL  # skipping is on in a new session
    for is_query, skips in ((True, "false"), (True, "false"), (False, "true"), (True, "false")):
        small.prepare(session, is_query)
        assert conf[DATA_SKIPPING] == skips
    assert conf.times == 3  # each is a call of the JVM


def test_once_a_table_is_large_queries_skip_files(
    conf: Conf, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuning(1000, monkeypatch).prepare(session, is_query=True)
    conf["spark.sql.shuffle.partitions"] = "7"  # a client's own
    tuning(10_000_000, monkeypatch).prepare(session, is_query=True)
    assert conf == {**LARGE, "spark.sql.shuffle.partitions": "7", DATA_SKIPPING: "true"}
