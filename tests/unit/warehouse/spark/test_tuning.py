"""How a session is set for its next statement."""

from __future__ import annotations

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
    catalog.records.relations.return_value = [MagicMock(is_delta=True)]
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
