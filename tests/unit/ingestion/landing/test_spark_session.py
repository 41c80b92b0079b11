from __future__ import annotations

import sys
from unittest.mock import MagicMock

import pytest
from pyspark.sql import SparkSession

from ingestion.errors import ConfigurationError
from ingestion.landing.spark_session import is_remote, spark_session


def test_on_databricks_the_session_is_the_runtimes_own_and_needs_no_jvm_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    brought = MagicMock()
    monkeypatch.setattr(SparkSession, "getActiveSession", lambda: brought)
    for module in ("py4j", "pyspark.java_gateway"):  # serverless compute does not bring them
        monkeypatch.setitem(sys.modules, module, None)
    with spark_session(on_databricks=True, log=None) as spark:
        assert spark is brought
    brought.stop.assert_not_called()


def test_a_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object, remote: str) -> None:
        raise RuntimeError(f"nobody listens at {remote}")

    monkeypatch.setattr("pyspark.sql.session.SparkSession.Builder.remote", fail)
    monkeypatch.setenv("SPARK_REMOTE", "sc://nowhere:1")
    with (
        pytest.raises(ConfigurationError, match=r"SPARK_REMOTE='sc://nowhere:1' does not answer \(nobody"),
        spark_session(on_databricks=False, log=None),
    ):
        pass


def test_a_session_without_a_jvm_is_remote() -> None:
    assert is_remote(MagicMock(spec=["sql"]))
    assert not is_remote(MagicMock(spec=["sql", "_jvm"]))
