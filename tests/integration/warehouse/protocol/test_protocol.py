"""The protocol beyond a statement's rows: timeouts, parameters of a session, history, the page for people."""

from __future__ import annotations

import base64
import http.client
import re
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from databricks.sql.exc import Error, ServerOperationError

from emulators.settings import LOOPBACK
from emulators.warehouse.results import spool
from emulators.warehouse.sessions.operations import LINGER_SECONDS
from tests.integration.warehouse.conftest import Warehouse

ENDLESS = "select count(*) from range(1000000000000) where rand() < 2"


def get(warehouse: Warehouse, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(LOOPBACK, warehouse.settings.warehouse_port, timeout=30)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def scratch_files(warehouse: Warehouse) -> list[Path]:
    folder = warehouse.settings.warehouse_data / "scratch" / "results"
    return [each for each in folder.rglob("*") if each.is_file()]


# 800 MB: a driver that collected it would not live. By its own estimate Spark expects 3 MB.
@pytest.mark.parametrize("width", [800, pytest.param(8000, marks=pytest.mark.nightly)])
def test_a_large_result_is_in_files_until_it_is_closed(warehouse: Warehouse, width: int) -> None:
    with warehouse.cursor() as cursor:
        cursor.execute(f"select id, repeat('x', {width}) as x from range(100000) order by id desc")
        assert sum(each.stat().st_size for each in scratch_files(warehouse)) > width * 100_000
        first = cursor.fetchmany_arrow(2000)
        assert first["id"].to_pylist() == list(range(99_999, 97_999, -1))
        cursor.execute("select explode(sequence(1, 200000)) as `n.1`")  # Spark expects one row
        assert cursor.fetchall_arrow()["n.1"].to_pylist() == list(range(1, 200_001))
    deadline = time.monotonic() + LINGER_SECONDS + 20
    while scratch_files(warehouse):
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.parametrize("is_downloaded", [True, False])
def test_rows_are_the_same_behind_links_and_in_pages(warehouse: Warehouse, is_downloaded: bool) -> None:
    statement = (
        "select id, cast(id / 4 as decimal(12, 2)) as d, timestamp_seconds(id) as at, "
        "if(id % 7 = 0, null, array(id, null)) as a from range(300000) order by id"
    )
    with warehouse.cursor(use_cloud_fetch=is_downloaded) as cursor:
        cursor.execute(statement)
        rows = pa.concat_tables([cursor.fetchmany_arrow(150_000), cursor.fetchall_arrow()])

    assert rows["id"].to_pylist() == list(range(300_000))
    assert rows.slice(299_998).to_pylist() == [
        {
            "id": 299_998,
            "d": Decimal("74999.50"),
            "at": datetime(1970, 1, 4, 11, 19, 58, tzinfo=UTC),
            "a": [299_998, None],
        },
        {
            "id": 299_999,
            "d": Decimal("74999.75"),
            "at": datetime(1970, 1, 4, 11, 19, 59, tzinfo=UTC),
            "a": None,
        },
    ]


def test_a_link_holds_while_its_statement_is_open_and_is_nobody_elses(
    warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG", "databricks.sql"), warehouse.cursor() as cursor:
        cursor.execute("select id, repeat('x', 100) as x from range(100000)")
        cursor.fetchmany(10)
        path = (
            found.group(1)
            if (found := re.search(r"fileLink='http://[^/]*(/results/[^']*)/0'", caplog.text))
            else ""
        )

        assert get(warehouse, f"{path}/0")[0] == 200
        assert get(warehouse, f"{path}/1000")[0] == 404
        assert get(warehouse, f"{path[:-1]}{'0' if path[-1] != '0' else '1'}/0")[0] == 404
        assert get(warehouse, "/results/nothing")[0] == 404
    assert get(warehouse, f"{path}/0")[0] == 200  # what drivers have begun to download, they finish
    time.sleep(LINGER_SECONDS + 2)
    assert get(warehouse, f"{path}/0")[0] == 404


# A batch of 16,384 of them is more than Java may hold for Arrow.
@pytest.mark.parametrize("rows", [20, pytest.param(1200, marks=pytest.mark.nightly)])
def test_rows_as_wide_as_a_megabyte_harm_nobody(warehouse: Warehouse, rows: int) -> None:
    with warehouse.cursor() as cursor, warehouse.cursor() as other:
        cursor.execute(f"select id, repeat('x', 1000000) as x from range({rows})")
        assert [(row.id, len(row.x)) for row in cursor.fetchmany(2)] == [(0, 1_000_000), (1, 1_000_000)]
        other.execute("set spark.sql.execution.arrow.maxBytesPerBatch")
        assert tuple(other.fetchone() or ())[1] == spool.UNBOUND


def test_names_may_come_twice(warehouse: Warehouse) -> None:
    with warehouse.cursor() as cursor:
        cursor.execute("select 1 as a, 'x' as b, 2 as a, interval '1' day as a")
        assert [each[0] for each in cursor.description or []] == ["a", "b", "a", "a"]
        assert [tuple(row) for row in cursor.fetchall()] == [(1, "x", 2, "1 00:00:00.000000000")]


def test_complex_values_travel_as_json_when_the_client_wants(warehouse: Warehouse) -> None:
    statement = (
        "select array(1, null) as a, map('k', 1.50) as m, "
        "named_struct('t', timestamp'2024-01-01 00:00:00', 'n', cast(null as int)) as s"
    )
    with warehouse.cursor(_use_arrow_native_complex_types=False) as cursor:
        cursor.execute("set timezone = America/New_York")
        cursor.execute(statement)
        assert tuple(cursor.fetchone() or ()) == (
            "[1,null]",
            '{"k":1.50}',
            '{"t":"2024-01-01 00:00:00","n":null}',
        )


NESTED_TEXTS = {
    "named_struct('sku', 'a', 'end', cast(null as date), 'attrs', parse_json('{\"x\":null}'))": (
        '{"sku":"a","end":null,"attrs":{"x":null}}'
    ),
    "named_struct('at', timestamp'2024-01-01 00:00:00', 'took', interval 1 day, 'n', null)": (
        '{"at":"2024-01-01 00:00:00","took":"1 00:00:00.000000000","n":null}'
    ),
    "array(parse_json('1'), null, parse_json('null'), parse_json('\"s\"'))": '[1,null,null,"s"]',
    "map('k', interval '1-2' year to month, 'n', null)": '{"k":"1-2","n":null}',
    "map(interval 1 day, 1.50)": '{"1 00:00:00.000000000":1.50}',
    "array(named_struct('v', array(parse_json('{}'))), named_struct('v', null), null)": (
        '[{"v":[{}]},{"v":null},null]'
    ),
    "named_struct('a', 1, 'a', named_struct('b.c', array(1), 'b.c', cast(null as int)))": (
        '{"a":1,"a":{"b.c":[1],"b.c":null}}'
    ),
    "named_struct('a', 1, 'a', named_struct('b', parse_json('[1]'), 'b', null, 'b', interval 1 day))": (
        '{"a":1,"a":{"b":[1],"b":null,"b":"1 00:00:00.000000000"}}'
    ),
    "array(named_struct('v', parse_json('\"s\"'), 'v', interval '1-2' year to month), null)": (
        '[{"v":"s","v":"1-2"},null]'
    ),
    "if(rand() < 2, null, named_struct('v', parse_json('1'), 'v', 1))": None,
    "if(rand() < 2, null, named_struct('v', parse_json('1')))": None,
}


def test_variants_and_intervals_in_nested_values_leave_the_rest_as_it_is(warehouse: Warehouse) -> None:
    statement = f"select {', '.join(NESTED_TEXTS)}"
    with warehouse.cursor(_use_arrow_native_complex_types=False) as cursor:
        cursor.execute(statement)
        assert tuple(cursor.fetchone() or ()) == tuple(NESTED_TEXTS.values())
    with warehouse.cursor() as cursor:
        cursor.execute(statement)
        found = list(cursor.fetchall_arrow().to_pylist()[0].values())
        assert found[0] == {"sku": "a", "end": None, "attrs": '{"x":null}'}
        assert found[5:] == [
            [{"v": ["{}"]}, {"v": None}, None],
            {"a": 1, "a_1": {"b.c": [1], "b.c_1": None}},
            {"a": 1, "a_1": {"b": "[1]", "b_1": None, "b_2": "1 00:00:00.000000000"}},
            [{"v": '"s"', "v_1": "1-2"}, None],
            None,
            None,
        ]


@pytest.mark.parametrize("compressed", [True, False])
def test_rows_are_the_same_with_and_without_lz4(warehouse: Warehouse, compressed: bool) -> None:
    with warehouse.cursor(enable_query_result_lz4_compression=compressed) as cursor:
        cursor.execute("select id, timestamp'2024-01-01' as at from range(70000)")
        assert cursor.fetchall_arrow()["id"].to_pylist() == list(range(70_000))


def test_a_statement_ends_when_its_time_is_up(warehouse: Warehouse) -> None:
    with warehouse.cursor(session_configuration={"STATEMENT_TIMEOUT": "1"}) as cursor:
        with pytest.raises(ServerOperationError, match="timed out after 1 seconds"):
            cursor.execute(ENDLESS)
        cursor.execute("reset statement_timeout")
        cursor.execute("set statement_timeout")
        assert tuple(cursor.fetchone() or ()) == ("STATEMENT_TIMEOUT", "172800")
        with pytest.raises(ServerOperationError, match="INVALID_CONF_VALUE"):
            cursor.execute("set statement_timeout = soon")


def test_a_sessions_parameters_are_its_own(warehouse: Warehouse) -> None:
    with warehouse.cursor(
        session_configuration={"timezone": "America/New_York", "ansi_mode": "false"}
    ) as one:
        one.execute("select timestamp'2024-01-01 00:00:00' as at, cast('x' as int) as n")
        assert tuple(one.fetchone() or ()) == (datetime(2024, 1, 1, 5, tzinfo=UTC), None)
        with warehouse.cursor() as other:
            other.execute("select current_timezone() as zone")
            assert tuple(other.fetchone() or ()) == ("UTC",)
            with pytest.raises(ServerOperationError, match="CAST_INVALID_INPUT"):
                other.execute("select cast('x' as int)")
    with pytest.raises(Error, match="INVALID_CONF_VALUE"):
        warehouse.connect(session_configuration={"STATEMENT_TIMEOUT": "-1"})


def test_every_statement_is_in_the_history(warehouse: Warehouse) -> None:
    with warehouse.cursor(
        session_configuration={"QUERY_TAGS": "team:sales,urgent"}, user_agent_entry="check"
    ) as cursor:
        cursor.execute("select 'in the history' as x, :n as n", {"n": 1})
        with pytest.raises(ServerOperationError):
            cursor.execute("select 'in the history' from missing")
        cursor.execute(
            "select execution_status, statement_type, produced_rows, error_message, client_application, "
            "client_driver, query_tags, query_parameters, start_time, total_duration_ms "
            "from system.query.history where statement_text like '%in the history%' order by start_time"
        )
        good, bad = cursor.fetchall()
        cursor.execute(
            "select compute.warehouse_id as id, count(distinct session_id) > 0 as some "
            "from system.query.history where start_time > current_timestamp() - interval 1 hour group by 1"
        )
        assert [tuple(row) for row in cursor.fetchall()] == [("local", True)]

    assert tuple(good)[:3] == ("FINISHED", "SELECT", 1)
    assert "check" in good.client_application
    assert good.client_driver.startswith("PyDatabricksSqlConnector/")
    assert dict(good.query_tags) == {"team": "sales", "urgent": None}
    assert dict(good.query_parameters["named_parameters"]) == {"n": "1"}
    assert datetime.now(UTC) - good.start_time < timedelta(minutes=5)
    assert (bad.execution_status, bad.produced_rows) == ("FAILED", None)
    assert "TABLE_OR_VIEW_NOT_FOUND" in bad.error_message


def page(warehouse: Warehouse, token: str) -> tuple[int, str]:
    given = base64.b64encode(f"token:{token}".encode()).decode()
    status, content = get(warehouse, "/", {"Authorization": f"Basic {given}"})
    return status, content.decode()


def test_the_page_shows_what_runs_and_what_ran(warehouse: Warehouse) -> None:
    with warehouse.cursor() as cursor:
        cursor.execute("select '<script>' as ran")
        cursor.execute_async(ENDLESS)
        time.sleep(0.5)
        status, text = page(warehouse, warehouse.settings.warehouse_token)
        cursor.cancel()

    assert status == 200
    running, _, recent = text.partition("<h2>The last")
    assert "rand() &lt; 2" in running
    assert "&lt;script&gt;" in recent
    assert "<script" not in text
    assert page(warehouse, "wrong")[0] == 401
