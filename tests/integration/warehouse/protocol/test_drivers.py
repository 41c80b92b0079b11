"""The official drivers for Node.js and JDBC: they connect, list, query, page, cancel and see errors.

Their packages are fetched once, into `.local/drivers`, and checked against a lock file and a hash.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from emulators.certificates import BUNDLE_FILE
from emulators.runtime.java import home_of
from emulators.settings import HTTP_PATH, LOOPBACK
from tests.integration.node_packages import FETCH_SECONDS, FETCHED, node_packages
from tests.integration.warehouse.conftest import Warehouse

SOURCES = Path(__file__).with_name("drivers")
JDBC = ("com.databricks", "databricks-jdbc", "3.4.5")
JDBC_SHA256 = "e6e346ef307c9c9b5f269419431880d0fd219b0152ec262162c13b1ba69e48e8"
RUN_SECONDS = 240

TYPED = """
create or replace table drivers.typed (
    id bigint not null, b boolean, i int, f float, d double, n decimal(10, 2), s string, x binary, day date,
    at timestamp, local timestamp_ntz, a array<int>, m map<string, int>, st struct<p: int, q: string>,
    v variant,
    constraint typed_pk primary key (id)
)
"""
ROW = """
insert into drivers.typed select
    1, true, 2, 1.5f, 2.5d, 3.25bd, 'it\\'s ü', x'00ff', date'2024-02-29',
    timestamp'2024-01-01 00:00:00.123456', timestamp_ntz'2024-01-01 00:00:00', array(1, 2), map('k', 1),
    named_struct('p', 1, 'q', 'z'), parse_json('{"a":1}')
"""


@pytest.fixture(scope="module", autouse=True)
def _tables(warehouse: Warehouse) -> None:
    with warehouse.cursor() as cursor:
        for statement in (
            "create schema if not exists drivers",
            TYPED,
            ROW,
            "create volume if not exists drivers.landing",
            "create or replace table drivers.changed as select id from range(3)",
        ):
            cursor.execute(statement)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of a client, with a file to send."""
    (tmp_path / "sent.txt").write_text("sent")
    return tmp_path


def environment(warehouse: Warehouse, folder: Path) -> dict[str, str]:
    settings = warehouse.settings
    return {
        **os.environ,
        "WAREHOUSE_HOST": LOOPBACK,
        "WAREHOUSE_PORT": str(settings.warehouse_port),
        "WAREHOUSE_PATH": HTTP_PATH,
        "WAREHOUSE_TOKEN": settings.warehouse_token,
        "WAREHOUSE_FOLDER": str(folder),
        "WAREHOUSE_JDBC_URL": (
            f"jdbc:databricks://{LOOPBACK}:{settings.warehouse_port}/default;transportMode=http;ssl=0;"
            f"AuthMech=3;httpPath={HTTP_PATH};EnableTelemetry=0;VolumeOperationAllowedLocalPaths={folder}"
        ),
        "NODE_EXTRA_CA_CERTS": str(settings.tls / BUNDLE_FILE),
    }


def output(command: list[str], warehouse: Warehouse, folder: Path) -> str:
    done = subprocess.run(
        command,
        env=environment(warehouse, folder),
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def jdbc_jar(java: Path) -> Path:
    """The JDBC driver, as one jar."""
    jar = FETCHED / f"{JDBC[1]}-{JDBC[2]}.jar"
    if not jar.exists():
        spark = find_spec("pyspark")
        assert spark
        ivy = next((Path(str(spark.origin)).parent / "jars").glob("ivy-*.jar"))
        pattern = str(FETCHED / "[artifact]-[revision].[ext]")
        command = [str(java), "-jar", str(ivy), "-error", "-dependency", *JDBC, "-confs", "default"]
        done = subprocess.run(
            [*command, "-types", "jar", "bundle", "-retrieve", pattern],
            capture_output=True,
            text=True,
            timeout=FETCH_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            pytest.skip(f"the JDBC driver could not be fetched, so it was not run: {done.stderr[-300:]}")
    assert hashlib.sha256(jar.read_bytes()).hexdigest() == JDBC_SHA256, f"{jar} is not the one pinned here"
    return jar


@pytest.mark.nightly
def test_node(warehouse: Warehouse, folder: Path) -> None:
    command = ["node", str(SOURCES / "node" / "check.mjs"), str(node_packages(SOURCES / "node"))]

    seen: dict[str, Any] = json.loads(output(command, warehouse, folder))

    assert seen["one"] == [{"one": 1, "name": "drivers"}]
    assert "spark_catalog" in seen["catalogs"]
    assert seen["schemas"] == ["drivers"]
    assert seen["tables"] == [["changed", "TABLE"], ["typed", "TABLE"]]
    assert " ".join(dict(seen["columns"])) == "id b i f d n s x day at local a m st v"
    assert dict(seen["columns"])["n"] == "DECIMAL(10,2)"
    assert seen["types"] > 10
    assert seen["keys"] == ["id"]
    assert seen["typed"] == [
        {
            "id": 1,
            "b": True,
            "i": 2,
            "f": 1.5,
            "d": 2.5,
            "n": 3.25,
            "s": "it's ü",
            "x": {"type": "Buffer", "data": [0, 255]},
            "day": "2024-02-29T00:00:00.000Z",
            "at": "2024-01-01T00:00:00.123Z",
            "local": "2024-01-01T00:00:00.000Z",
            "a": [1, 2],
            "m": {"k": 1},
            "st": {"p": 1, "q": "z"},
            "v": '{"a":1}',
        }
    ]
    assert (seen["named"], seen["ordinal"]) == ([{"a": 42, "b": "it's"}], [{"a": "x"}])
    assert seen["pages"] == [250_000, 249_999]
    assert "canceled by a client" in seen["cancelled"]
    assert "TABLE_OR_VIEW_NOT_FOUND" in seen["failed"]
    assert "timed out after 1 seconds" in seen["timedOut"]
    assert seen["after"] == [{"two": 2}]
    assert (folder / "node.txt").read_text() == "sent"
    assert "409" in seen["refused"]
    assert (seen["file"], seen["removed"]) == ([{"value": "sent"}], [])


@pytest.mark.nightly
def test_jdbc(warehouse: Warehouse, folder: Path) -> None:
    if not (home_of(warehouse.java) / "bin" / "javac").exists():
        pytest.skip("There is a Java runtime but no compiler (JDK): the JDBC driver was not run")
    command = [str(warehouse.java), "--add-opens=java.base/java.nio=ALL-UNNAMED", "-cp"]
    command += [str(jdbc_jar(warehouse.java)), str(SOURCES / "jdbc" / "Check.java")]

    lines = [line.partition(": ") for line in output(command, warehouse, folder).splitlines()]
    seen = {name: value for name, _, value in lines}

    assert seen["product"] == "SparkSQL"
    assert "spark_catalog" in seen["catalogs"]
    assert (seen["schemas"], seen["tables"], seen["keys"]) == ("[drivers]", "[changed, typed]", "[id]")
    assert seen["columns"] == "[id, b, i, f, d, n, s, x, day, at, local, a, m, st, v]"
    assert seen["column types"].startswith(
        "[BIGINT, BOOLEAN, INT, FLOAT, DOUBLE, DECIMAL, STRING, BINARY, DATE"
    )
    assert seen["types"] == "true"
    assert seen["typed"] == (
        "[id=1, b=true, i=2, f=1.5, d=2.5, n=3.25, s=it's ü, x=AP8=, day=2024-02-29, "
        'at=2024-01-01 00:00:00.123456, local=2024-01-01 00:00:00.0, a=[1,2], m={"k":1}, '
        'st={"p":1,"q":"z"}, v={"a":1}]'
    )
    assert seen["changed"] == "3"
    assert seen["failed"].startswith("42P01 ")
    assert "TABLE_OR_VIEW_NOT_FOUND" in seen["failed"]
    assert seen["parameters"] == "[42, it's, 1.50]"
    assert seen["pages"] == "250000 true"
    assert seen["cancelled"].startswith("DatabricksSQLException HY008")
    assert seen["timed out"].startswith("DatabricksTimeoutException")
    assert seen["after"] == "2"
    assert (folder / "jdbc.txt").read_text() == "sent"
    assert (seen["files"], seen["removed"]) == ("[jdbc.txt]", "[]")
