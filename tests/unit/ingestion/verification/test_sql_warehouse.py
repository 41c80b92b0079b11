from __future__ import annotations

import json
import socket
import time
from pathlib import Path

import pytest

from ingestion.errors import ConfigurationError, WarehouseError
from ingestion.settings import WarehouseSettings
from ingestion.verification import sql_warehouse
from tests.unit.ingestion.cli.test_commands import run
from tests.unit.ingestion.truths import values

LOCAL = {
    "LOCAL_WAREHOUSE_URL": "http://127.0.0.1:1234",
    "LOCAL_WAREHOUSE_HTTP_PATH": "/sql/1.0/warehouses/local",
    "LOCAL_WAREHOUSE_TOKEN": "secret",
}
CLOUD = {
    "DATABRICKS_HOST": "adb-1.azuredatabricks.net",
    "DATABRICKS_HTTP_PATH": "/sql/1.0/warehouses/a",
    "DATABRICKS_CATALOG": "main",
}


def test_the_local_target_takes_plain_schemas() -> None:
    settings = WarehouseSettings.load("local", LOCAL | {"DBT_SCHEMA": "ada"})
    assert (settings.host, settings.port, settings.catalog) == ("127.0.0.1", 1234, "spark_catalog")
    assert (settings.schema_prefix, settings.bronze_schema, settings.ops_schema) == ("", "bronze", "ops")


@pytest.mark.parametrize("host", ["adb-1.azuredatabricks.net", "https://adb-1.azuredatabricks.net/"])
def test_the_cloud_targets_take_a_token_or_an_application(host: str) -> None:
    prod = WarehouseSettings.load("prod", CLOUD | {"DATABRICKS_HOST": host, "DATABRICKS_TOKEN": "secret"})
    assert (prod.host, prod.port, prod.schema_prefix) == ("adb-1.azuredatabricks.net", 443, "")
    assert (prod.token, prod.url) == ("secret", None)
    application = {"DATABRICKS_CLIENT_ID": "id", "DATABRICKS_CLIENT_SECRET": "secret"}
    dev = WarehouseSettings.load(
        "dev",
        CLOUD
        | application
        | {
            "DBT_SCHEMA": "ada",
            "INGESTION_BRONZE_SCHEMA": "landed",
            "INGESTION_OPS_SCHEMA": "runs",
        },
    )
    assert (dev.token, dev.client_id, dev.client_secret) == (None, "id", "secret")
    assert (dev.schema_prefix, dev.bronze_schema, dev.ops_schema) == ("ada_", "landed", "runs")
    assert "secret" not in repr((prod, dev))


@pytest.mark.parametrize(
    ("target", "environment", "said"),
    [
        ("local", {}, "LOCAL_WAREHOUSE_URL, LOCAL_WAREHOUSE_HTTP_PATH, LOCAL_WAREHOUSE_TOKEN: for the local"),
        ("local", LOCAL | {"LOCAL_WAREHOUSE_URL": "http://127.0.0.1:many"}, "LOCAL_WAREHOUSE_URL='http"),
        ("prod", {"DATABRICKS_HOST": "a"}, "DATABRICKS_HTTP_PATH, DATABRICKS_CATALOG: see profiles"),
        ("prod", CLOUD, "DATABRICKS_CLIENT_ID, DATABRICKS_CLIENT_SECRET: or set DATABRICKS_TOKEN"),
        ("dev", CLOUD | {"DATABRICKS_TOKEN": "secret"}, "DBT_SCHEMA"),
    ],
)
def test_a_missing_variable_is_named(target: str, environment: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        WarehouseSettings.load(target, environment)
    assert said in str(caught.value)


@pytest.fixture
def truth_file(tmp_path: Path) -> Path:
    file = tmp_path / "truth.json"
    file.write_text(json.dumps(values()))
    return file


def test_a_dead_port_is_one_line_within_ten_seconds(truth_file: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        began = time.monotonic()
        answer = run("verify", "--truth", str(truth_file), **LOCAL | {"LOCAL_WAREHOUSE_URL": url})
    assert time.monotonic() - began < 10
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith("error: cannot reach the SQL warehouse 127.0.0.1:")
    assert answer.stderr.count("\n") == 1


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_warehouse, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(sql_warehouse, "RETRY_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        settings = WarehouseSettings.load("local", LOCAL | {"LOCAL_WAREHOUSE_URL": url})
        began = time.monotonic()
        with pytest.raises(WarehouseError, match="opens no session"), sql_warehouse.session(settings):
            pass
    assert time.monotonic() - began < 10
