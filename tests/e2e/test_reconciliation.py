"""Every fault at once, from the simulator to gold: `verify` finds what the truth says, and finds damage.

With SOAK=1 (`make soak`) with 200,000 events. RECONCILIATION_SEED makes another run of the same test.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.place import Place, emulated
from tests.e2e.tables import differences, tables

IS_SOAK = bool(os.environ.get("SOAK"))
EVENTS = 200_000 if IS_SOAK else 4_000
SEED = os.environ.get("RECONCILIATION_SEED", "42")

pytestmark = pytest.mark.timeout(3600 if IS_SOAK else 600)


@dataclass(frozen=True)
class Run:
    """What was sent, landed and built, and where the truth about it is."""

    place: Place
    truth: Path

    def verify(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ingestion", "verify", "--truth", str(self.truth), *arguments],
            cwd=self.place.environment["PYTHONPATH"],
            env=self.place.environment | variables,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def differing(self) -> dict[str, Any]:
        """What `verify --json` says once something differs."""
        answer = self.verify("--json")
        assert (answer.returncode, answer.stderr) == (1, "")
        values: dict[str, Any] = json.loads(answer.stdout)
        assert values["is_exact"] is False
        return values


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    # The truth speaks of one run: nothing else may land in these tables.
    folder = tmp_path_factory.mktemp("reconciliation")
    with emulated(folder) as place:
        assert place.emulators("up").returncode == 0
        truth = folder / "truth.json"
        faults = ("--fault", "all=0.05", "--truth", str(truth))
        sent = place.ingestion("simulate", "--events", str(EVENTS), "--seed", SEED, *faults)
        assert place.land() == sent["sent"]
        place.dbt("build", "--resource-types", "seed", "model", timeout=1800)
        yield Run(place, truth)


@contextmanager
def _damaged(place: Place, table: str, statement: str) -> Iterator[None]:
    """Change rows of a table behind everybody's back, and put them back at the end."""
    version = place.one(f"select max(version) from (describe history {table})")
    place.execute(f"alter table {table} set tblproperties ('delta.appendOnly' = 'false')", statement)
    try:
        yield
    finally:
        place.execute(f"restore table {table} to version as of {version}")


def _rows(values: dict[str, Any]) -> dict[str, list[tuple[str, Any, Any]]]:
    """Key, expected and found of the rows that differ, by table."""
    return {
        each["table"]: [(row["key"], row["expected"], row["found"]) for row in each["differences"]]
        for each in values["differing_rows"]
    }


def test_every_fault_is_in_the_truth(run: Run) -> None:
    truth = json.loads(run.truth.read_text())
    assert [kind for kind, count in truth["faults"].items() if count == 0] == []
    assert truth["messages"]["refused"] > 0
    assert min(truth["outcomes"].values()) > 0


def test_everything_is_what_the_truth_says(run: Run) -> None:
    answer = run.verify()
    assert (answer.returncode, answer.stderr) == (0, ""), answer.stdout
    assert answer.stdout.splitlines()[-1] == "exact: 11 comparisons, no difference"


@pytest.mark.skipif(IS_SOAK, reason="recomputes everything in memory")
def test_the_landed_bodies_add_up_to_the_same(run: Run) -> None:
    assert differences(run.place, tables(run.place)) == []


def test_a_lost_order_is_named(run: Run) -> None:
    order_id = run.place.one(
        "select max(order_id) from silver.order_details where order_status = 'delivered' and is_in_revenue"
    )
    with _damaged(
        run.place,
        "silver.order_details",
        f"delete from silver.order_details where order_id = '{order_id}'",
    ):
        values = run.differing()
    assert {each["name"] for each in values["checks"] if each["differing"]} == {"orders", "orders by status"}
    assert _rows(values)["silver.order_details"] == [(order_id, 1, 0)]


def test_a_cent_in_gold_is_named(run: Run) -> None:
    minute = run.place.one("select string(min(minute_at)) from gold.sales_by_state_minute where revenue > 1")
    ((state, revenue),) = run.place.query(
        "select state, revenue from gold.sales_by_state_minute "
        f"where minute_at = '{minute}' order by state limit 1"
    )
    with _damaged(
        run.place,
        "gold.sales_by_state_minute",
        "update gold.sales_by_state_minute set revenue = revenue + 0.01 "
        f"where minute_at = '{minute}' and state = '{state}'",
    ):
        values = run.differing()
    (check,) = (each for each in values["checks"] if each["differing"])
    assert check["name"] == "revenue by minute"
    assert [each["key"] for each in check["differences"]] == [minute.replace(" ", "T") + "Z"]
    ((key, expected, found),) = _rows(values)["gold.sales_by_state_minute"]
    assert (key, expected) == (f"{state}, {minute}", str(revenue))
    assert found != expected


def test_an_accepted_event_that_got_lost_is_named(run: Run) -> None:
    # The last one of its partition: it must not pass for a message that is still to be built.
    ((partition, offset, event_id),) = run.place.query(
        "select `partition`, `offset`, event_id from silver.order_events order by `offset` desc limit 1"
    )
    with _damaged(
        run.place,
        "silver.order_events",
        f"delete from silver.order_events where event_id = '{event_id}'",
    ):
        values = run.differing()
    assert {"outcomes", "by partition"} <= {each["name"] for each in values["checks"] if each["differing"]}
    lost = _rows(values)["silver.order_events, silver.quarantined_order_events"]
    assert (f"orders/{partition} offset {offset}, event_id {event_id}", 1, 0) in lost


def test_a_landed_message_that_is_gone_is_named(run: Run) -> None:
    ((partition, offset),) = run.place.query(
        "select `partition`, `offset` from bronze.order_events where `offset` = 7 order by `partition` limit 1"
    )
    with _damaged(
        run.place,
        "bronze.order_events",
        f"delete from bronze.order_events where `partition` = {partition} and `offset` = {offset}",
    ):
        answer = run.verify()
    assert (answer.returncode, answer.stderr) == (1, "")
    assert f"orders/{partition} offset {offset} " in answer.stdout
    assert "1 messages that were sent are not in bronze" in answer.stdout


def test_what_is_not_built_is_one_line(run: Run) -> None:
    answer = run.verify(LOCAL_WAREHOUSE_CATALOG="nowhere")
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert answer.stderr.startswith("error: ")


def test_a_wrong_token_is_refused(run: Run) -> None:
    answer = run.verify(LOCAL_WAREHOUSE_TOKEN="wrong")
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: the SQL warehouse")
    assert "Invalid access token" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_more_than_the_truth_knows_is_told_apart(run: Run) -> None:
    # Last: nothing takes this back. A copy of an accepted event lands, as after a lost acknowledgement.
    run.place.execute(
        "insert into bronze.order_events by name select * except (`offset`), 1000000 as `offset` "
        "from bronze.order_events left semi join (select * from silver.order_events limit 1) "
        "using (`partition`, `offset`)"
    )
    answer = run.verify()
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        "error: 1 messages have landed since the last build: run `dbt build` first, then verify.\n"
    )
    run.place.dbt("run", "--select", "order_events", "quarantined_order_events")
    values = run.differing()
    assert {each["name"] for each in values["checks"] if each["differing"]} == {"sent = landed", "outcomes"}
    assert values["hints"][0].startswith("1 more landed than were sent, and just as many more are duplicates")
    assert run.verify("--resent", "1").returncode == 0
