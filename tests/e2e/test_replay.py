"""Hostile messages, run after run: every table is what they add up to, however it came about.

The same messages arrive in two orders, into schemas of their own. On the way a build is killed half-way,
run again without news, and refreshed in full. No hub is involved: the messages are put into bronze.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest

from emulators.settings import REPOSITORY
from tests.e2e import adversary
from tests.e2e.place import Place
from tests.e2e.recount import Message
from tests.e2e.tables import Table, differences, row_changes, tables

pytestmark = pytest.mark.timeout(900)

SEED = int(os.environ.get("REPLAY_SEED", "42"))
"""Any other makes another test of the same rules."""

ARRIVAL = {
    "bronze.stg_orders__order_events": "has a row per message, with its position",
    "silver.order_event_ledger": "counts messages by partition",
    "silver.quarantined_order_events": "has a row per message, with its position",
    "gold.minute_restatements": "tells what each micro-batch moved",
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
    """Empty schemas with this prefix: those of the target dev, in the warehouse of the target local."""
    folder.mkdir()
    profile = (REPOSITORY / "profiles.yml").read_text()
    local = profile[profile.index("    local:") : profile.index("    dev:")]
    own = local.replace("local:", "dev:", 1).replace("schema: gold", f"schema: {prefix}")
    (folder / "profiles.yml").write_text(f"order_intelligence:\n  target: dev\n  outputs:\n{own}")
    own_place = replace(
        place,
        environment=place.environment
        | {"DBT_PROFILES_DIR": str(folder), "INGESTION_BRONZE_SCHEMA": f"{prefix}_bronze"},
        target="dev",
        schema_prefix=f"{prefix}_",
        folder=folder,
    )
    own_place.create_bronze()
    return Replay(own_place, {})


def _kill_when(place: Place, done: str) -> None:
    """Start a run and kill it once it reports this model as done."""
    command = ["dbt", "--log-path", str(place.folder / "logs"), "run", "--target", place.target]
    command += ["--target-path", str(place.folder / "target")]
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=place.environment, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout
        lines = []
        for line in run.stdout:
            lines.append(line)
            if "OK created" in line and place.table(done) in line:
                run.kill()
                break
    assert run.returncode == -signal.SIGKILL, "".join(lines)


@pytest.fixture(scope="module")
def sent() -> list[adversary.Sent]:
    return adversary.messages(SEED)


@pytest.fixture(scope="module")
def replay(place: Place, sent: list[adversary.Sent], tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """The messages in three parts, each of several micro-batches, with a run after each; one was killed."""
    assert place.emulators("up", "--only", "warehouse").returncode == 0
    replay = _start(place, tmp_path_factory.mktemp("replay") / "replayed", "replayed")
    batches = adversary.arrive(sent, SEED, 7)
    replay.land(batches[:2])
    replay.place.dbt("build", "--resource-types", "seed", "model")
    replay.land(batches[2:5])
    _kill_when(replay.place, "silver.order_details")
    replay.land(batches[5:])
    replay.place.dbt("run")
    replay.read()
    return replay


def test_every_table_is_what_the_messages_add_up_to(replay: Replay) -> None:
    assert [name for name, table in replay.found.items() if not table.rows] == []
    assert differences(replay.place, replay.found) == []


def test_a_run_without_news_changes_no_row(replay: Replay) -> None:
    hashes, commits = replay.hashes(), row_changes(replay.place)
    replay.place.dbt("run")
    assert replay.read() == hashes
    assert row_changes(replay.place) == commits


def test_a_full_refresh_gives_the_same_rows(replay: Replay) -> None:
    hashes = replay.hashes()
    replay.place.dbt("run", "--full-refresh")
    assert replay.read() == hashes


def test_another_order_of_arrival_gives_the_same_rows(
    replay: Replay, sent: list[adversary.Sent], tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = _start(replay.place, tmp_path_factory.mktemp("replay") / "shuffled", "shuffled")
    batches = adversary.arrive(sent, SEED + 1, 4)
    other.land(batches[:1])
    other.place.dbt("build", "--resource-types", "seed", "model")
    other.land(batches[1:])
    other.place.dbt("run")
    other.read()
    for name in sorted(replay.found.keys() - ARRIVAL.keys()):
        left_out = ARRIVAL_COLUMNS.get(name, ())
        assert other.found[name].hash(left_out) == replay.found[name].hash(left_out), name
    assert differences(other.place, other.found) == []
