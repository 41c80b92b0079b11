"""Every fault at once, from the simulator to gold: `verify` finds what the truth says, and finds damage.

With SOAK=1 (`make soak`) with 200,000 events. RECONCILIATION_SEED makes another run of the same test.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.place import Place, emulated

IS_SOAK = bool(os.environ.get("SOAK"))
EVENTS = 200_000 if IS_SOAK else 4_000
SEED = os.environ.get("RECONCILIATION_SEED", "42")

FAR = 1_000_000_000
SHORT = (
    *("--resource-types", "seed", "model", "--select", "+order_metrics", "+daily_sales"),
    *(
        "+sales_by_brand_category",
        "+location_performance",
        "+sales_by_state_minute",
        "+order_event_ledger",
        "order_event_drift",
    ),
)
"""What `verify` reads, without tests: other tests build and test the rest."""

pytestmark = [
    pytest.mark.timeout(3600 if IS_SOAK else 1500),
    pytest.mark.xdist_group("reconciliation"),
]


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
        place.dbt("build", *([] if IS_SOAK else SHORT))
        yield Run(place, truth)


def test_every_fault_is_in_the_truth(run: Run) -> None:
    truth = json.loads(run.truth.read_text())
    assert [kind for kind, count in truth["faults"].items() if count == 0] == []
    assert truth["messages"]["refused"] > 0
    assert min(truth["outcomes"].values()) > 0


def test_everything_is_what_the_truth_says(run: Run) -> None:
    answer = run.verify()
    assert (answer.returncode, answer.stderr) == (0, ""), answer.stdout
    assert answer.stdout.splitlines()[-1] == "exact: 12 comparisons, no difference"


@pytest.mark.parametrize(
    ("catalog", "said"),
    [
        ("main", r"not everything is built \(.*_NOT_FOUND.*\): run `dbt build --target local` first\."),
        ("nowhere", r".*'?nowhere'?.*"),
    ],
)
def test_what_is_not_built_is_one_line(run: Run, catalog: str, said: str) -> None:
    answer = run.verify(LOCAL_WAREHOUSE_CATALOG=catalog)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert re.fullmatch(f"error: {said}\n", answer.stderr), answer.stderr


def test_a_wrong_token_is_refused(run: Run) -> None:
    answer = run.verify(LOCAL_WAREHOUSE_TOKEN="wrong")
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: the SQL warehouse")
    assert "Invalid access token" in answer.stderr
    assert answer.stderr.count("\n") == 1


@contextmanager
def _one_more(place: Place, query: str) -> Iterator[None]:
    """A row more in bronze, at an offset far above all others."""
    place.execute(
        "alter table bronze.order_events set tblproperties ('delta.appendOnly' = 'false')",
        f"insert into bronze.order_events by name {query}",
    )
    yield
    place.execute(f"delete from bronze.order_events where `offset` = {FAR}")


def test_copies_that_were_sent_again_are_told_apart(run: Run) -> None:
    copy = (
        f"select * except (`offset`), {FAR} as `offset` from bronze.order_events "
        "left semi join (select * from silver.order_events limit 1) using (`partition`, `offset`)"
    )
    with _one_more(run.place, copy):
        values = run.differing()
        answer = run.verify("--resent", "1")
    assert {each["name"] for each in values["checks"] if each["differing"]} == {"sent = landed", "outcomes"}
    assert values["hints"][0].startswith("1 more landed than were sent, and just as many more are duplicates")
    assert (answer.returncode, answer.stderr) == (0, ""), answer.stdout


def test_what_has_landed_must_be_built(run: Run) -> None:
    broken = (
        f"select * except (body, `offset`), cast('{{' as binary) as body, {FAR} as `offset` "
        "from bronze.order_events limit 1"
    )
    with _one_more(run.place, broken):
        answer = run.verify()
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        "error: 1 messages have landed since the last build: run `dbt build` first, then verify.\n"
    )


def test_rows_that_were_damaged_are_named(run: Run) -> None:
    # Nothing takes this back: it is the last test.
    place = run.place
    # The last accepted event of its partition: it must not pass for one that is still to be built.
    ((event_id, partition, offset),) = place.query(
        "select event_id, `partition`, `offset` from silver.order_events order by `offset` desc limit 1"
    )
    ((order_id,),) = place.query(
        "select order_id from silver.order_details where order_status = 'delivered' and is_in_revenue "
        f"and order_id <> (select order_id from silver.order_events where event_id = '{event_id}') limit 1"
    )
    ((state, minute, revenue),) = place.query(
        "select state, string(minute_at), revenue from gold.sales_by_state_minute where revenue > 1 limit 1"
    )
    ((gone_from, gone),) = place.query(
        f"select `partition`, `offset` from bronze.order_events where `offset` < {offset} "
        "order by all limit 1 offset 7"
    )
    damages = (
        f"delete from silver.order_events where event_id = '{event_id}'",
        f"delete from silver.order_details where order_id = '{order_id}'",
        "update gold.sales_by_state_minute set revenue = revenue + 0.01 "
        f"where state = '{state}' and minute_at = '{minute}'",
        f"delete from bronze.order_events where `partition` = {gone_from} and `offset` = {gone}",
    )
    place.execute(*damages)
    values = run.differing()
    differing = {each["name"]: each["differences"] for each in values["checks"] if each["differing"]}
    assert {"sent = landed", "outcomes", "by partition", "orders", "orders by status"} < differing.keys()
    (in_minute,) = differing["revenue by minute"]
    assert in_minute["key"] == minute.replace(" ", "T") + "Z"
    assert Decimal(in_minute["found"]) - Decimal(in_minute["expected"]) == Decimal("0.01")
    rows = {
        each["table"]: [(row["key"], row["expected"], row["found"]) for row in each["differences"]]
        for each in values["differing_rows"]
    }
    lost = f"orders/{partition} offset {offset}, event_id {event_id}"
    assert (lost, 1, 0) in rows["silver.order_events, silver.quarantined_order_events"]
    assert rows["silver.order_details"] == [(order_id, 1, 0)]
    assert (f"orders/{gone_from} offset {gone}", 1, 0) in rows["bronze.order_events"]
    assert rows["gold.sales_by_state_minute"] == [
        (f"{state}, {minute}", str(revenue), str(revenue + Decimal("0.01")))
    ]
