"""Hostile messages, run after run: every table is what they add up to, however it came about.

The same messages arrive in two orders, in parts and at once, into schemas of their own; some are a month
late. On the way a run is killed half-way, two go on at once, one fails and is retried, one has no news, and
one refreshes in full. No hub is involved: the messages are put into bronze.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from tests.e2e import adversary
from tests.e2e.place import Place
from tests.e2e.recount import Message
from tests.e2e.tables import Table, differences, row_changes, tables

pytestmark = [pytest.mark.timeout(2400), pytest.mark.xdist_group("dbt")]

NOT_HOURLY = ("--exclude", "tag:hourly")
"""Marts that are computed from all orders: the runs before the last one need not build them."""

CONFLICT = re.compile("DELTA_(CONCURRENT|METADATA_CHANGED)")

SEED = int(os.environ.get("REPLAY_SEED", "42"))
"""Any other makes another test of the same rules."""

ARRIVAL = {
    "bronze.stg_orders__order_events": "has a row per message, with its position",
    "silver.order_event_ledger": "counts messages by partition",
    "silver.quarantined_order_events": "has a row per message, with its position",
    "gold.minute_restatements": "tells what each micro-batch moved",
    "ops.quarantined_order_events_by_rule": "tells how old messages are",
    "silver.order_event_drift": "tells where a field was first seen",
}
"""Tables that record arrival, and differ with it: design of the tables, see docs/decisions/0003 and 0008."""

ARRIVAL_COLUMNS = {
    # Where and when the first copy of an event arrived.
    "silver.order_events": (
        "event_hub",
        "partition",
        "offset",
        "ingest_batch_id",
        "enqueued_at",
        "ingested_at",
    ),
}


@dataclass
class Replay:
    """Schemas of their own in the warehouse, and what was last read from them."""

    place: Place
    found: dict[str, Table]

    def read(self) -> dict[str, str]:
        """Read all tables; returns the hash of each."""
        self.found = tables(self.place)
        return self.hashes()

    def hashes(self) -> dict[str, str]:
        return {name: table.hash() for name, table in self.found.items()}

    def land(self, batches: Sequence[Sequence[Message]]) -> None:
        self.place.insert([asdict(message) for batch in batches for message in batch])


def _start(place: Place, folder: Path, prefix: str) -> Replay:
    """Empty schemas with this prefix."""
    return Replay(place.in_schemas(folder, prefix), {})


def _run_twice_at_once(place: Place) -> None:
    """Two runs over the same news: each ends well, or with a conflict that Delta tells of."""
    run = ("run", *NOT_HOURLY)
    with place.begin_dbt("one", *run) as one, place.begin_dbt("other", *run) as other:
        printed = {each: each.communicate()[0] for each in (one, other)}
    for each, text in printed.items():
        assert each.returncode == 0 or CONFLICT.search(text), text


def _fail_and_retry(place: Place) -> None:
    """A run whose order_details fails; `dbt retry` runs it and what waited for it, nothing else."""
    orders = place.table("silver.order_details")
    place.execute(f"alter table {orders} set tblproperties ('delta.appendOnly' = 'true')")
    with place.begin_dbt("failed", "run") as run:
        text, _ = run.communicate()
    assert run.returncode == 1, text
    assert "DELTA_CANNOT_MODIFY_APPEND_ONLY" in text
    place.execute(f"alter table {orders} set tblproperties ('delta.appendOnly' = 'false')")
    with place.begin_dbt("failed", "retry") as retry:
        text, _ = retry.communicate()
    assert retry.returncode == 0, text
    results = json.loads((place.folder / "failed-target" / "run_results.json").read_text())["results"]
    ran = {result["unique_id"].split(".")[-1]: result["status"] for result in results}
    assert {"order_details", "order_amounts", "daily_sales", "mv_top_brands"} <= ran.keys()
    assert "order_events" not in ran
    assert set(ran.values()) == {"success"}


@pytest.fixture(scope="module")
def sent() -> list[adversary.Sent]:
    return adversary.messages(SEED)


@pytest.fixture(scope="module")
def replay(place: Place, sent: list[adversary.Sent], tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """The messages in parts of several micro-batches, with runs after each that are killed, meet or fail."""
    assert place.emulators("up", "--only", "warehouse").returncode == 0
    replay = _start(place, tmp_path_factory.mktemp("replay") / "replayed", "replayed")
    batches = adversary.arrive(sent, SEED, 9)
    replay.land(batches[:2])
    replay.place.dbt("build", "--resource-types", "seed", "model")
    replay.land(batches[2:4])
    replay.place.kill_run_after("silver.order_details", *NOT_HOURLY)
    replay.land(batches[4:6])
    _run_twice_at_once(replay.place)
    replay.land(batches[6:])
    _fail_and_retry(replay.place)
    replay.read()
    return replay


def test_every_table_is_what_the_messages_add_up_to(replay: Replay) -> None:
    empty = {name for name, table in replay.found.items() if not table.rows}
    assert empty == {"ops.order_event_corrections", "ops.order_event_replays"}
    assert differences(replay.place, replay.found) == []


def test_a_run_without_news_changes_no_row(replay: Replay) -> None:
    hashes, commits = replay.hashes(), row_changes(replay.place)
    replay.place.dbt("run")
    assert replay.read() == hashes
    assert row_changes(replay.place) == commits


@pytest.mark.nightly
def test_a_full_refresh_gives_the_same_rows(replay: Replay) -> None:
    hashes = replay.hashes()
    replay.place.dbt("run", "--full-refresh")
    assert replay.read() == hashes


@pytest.mark.nightly
def test_all_at_once_in_another_order_gives_the_same_rows(
    replay: Replay, sent: list[adversary.Sent], tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = _start(replay.place, tmp_path_factory.mktemp("replay") / "shuffled", "shuffled")
    other.land(adversary.arrive(sent, SEED + 1, 4))
    other.place.dbt("build", "--resource-types", "seed", "model")
    other.read()
    for name in sorted(replay.found.keys() - ARRIVAL.keys()):
        left_out = ARRIVAL_COLUMNS.get(name, ())
        assert other.found[name].hash(left_out) == replay.found[name].hash(left_out), name
    assert differences(other.place, other.found) == []
