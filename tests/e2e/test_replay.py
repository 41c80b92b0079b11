"""Hostile messages, run after run: every table is what the messages add up to, however they came to be there.

The same messages arrive in two orders, into schemas of their own. What a build must survive happens on the
way: it is killed half-way, run again without news, and refreshed in full.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType

import pytest

from emulators.settings import REPOSITORY
from tests.e2e import adversary
from tests.e2e.place import Place
from tests.e2e.recount import Message
from tests.e2e.tables import changed_rows, content, differences, relations

SEED = int(os.environ.get("REPLAY_SEED", "42"))
"""Any other makes another test of the same rules."""

# What no model of the real path needs: no hub is involved here, the rows are put into bronze.
POSITION = ("event_hub", "partition", "offset", "ingest_batch_id", "enqueued_at", "ingested_at")
ARRIVAL_COLUMNS = {"silver.order_events": POSITION}
"""Columns that say where and when the first copy of an event arrived."""

ARRIVAL_TABLES = {
    "bronze.stg_orders__order_events": "has a row per message, with its position",
    "silver.order_event_ledger": "counts messages by partition",
    "silver.quarantined_order_events": "has a row per message, with its position",
    "gold.minute_restatements": "records what each run found final before",
}
"""Tables that record arrival, and so differ with it (see docs/decisions/0004)."""

REFRESHED = "materialized_view"
"""Recomputed and written whole by the emulator with every refresh, whether anything changed or not."""


def _own_schemas(place: Place, folder: Path, prefix: str) -> Place:
    """Schemas of their own in the same warehouse: the target dev, which prefixes them."""
    folder.mkdir()
    profile = (REPOSITORY / "profiles.yml").read_text()
    local = profile[profile.index("    local:") : profile.index("    dev:")]
    own = local.replace("local:", "dev:").replace("schema: gold", f"schema: {prefix}")
    head = "order_intelligence:\n  target: dev\n  outputs:\n"
    (folder / "profiles.yml").write_text(head + own)
    environment = place.environment | {
        "DBT_PROFILES_DIR": str(folder),
        "INGESTION_BRONZE_SCHEMA": f"{prefix}_bronze",
    }
    own_place = replace(
        place, environment=environment, target="dev", schema_prefix=f"{prefix}_", folder=folder
    )
    own_place.create_bronze()
    return own_place


def _insert(place: Place, batches: Sequence[Sequence[Message]]) -> None:
    place.insert([asdict(message) for batch in batches for message in batch])


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
                run.send_signal(signal.SIGKILL)
                break
    assert run.returncode == -signal.SIGKILL, "".join(lines)


def _contents(
    place: Place, columns_left_out: Mapping[str, tuple[str, ...]] = MappingProxyType({})
) -> dict[str, str]:
    """Hash of every table by its name."""
    return {
        name: content(place, name, columns_left_out.get(name, ()))
        for name, kind in relations(place).items()
        if kind != "metric_view"
    }


def _commits(place: Place) -> dict[str, dict[int, str]]:
    """The commits that changed rows, of every table that dbt adds to."""
    return {
        name: changed_rows(place, name)
        for name, kind in relations(place).items()
        if kind not in ("view", "metric_view", REFRESHED)
    }


@pytest.fixture(scope="module")
def sent() -> list[adversary.Sent]:
    return adversary.messages(SEED)


@pytest.fixture(scope="module")
def replayed(place: Place, sent: list[adversary.Sent], tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Three parts of the messages, each of several micro-batches, and a run after each."""
    assert place.emulators("up", "--only", "warehouse").returncode == 0
    own = _own_schemas(place, tmp_path_factory.mktemp("replay") / "replayed", "replayed")
    batches = adversary.arrive(sent, SEED, 7)
    _insert(own, batches[:2])
    own.dbt("build", "--resource-types", "seed", "model")
    assert differences(own) == []
    _insert(own, batches[2:5])
    _kill_when(own, "silver.order_details")
    _insert(own, batches[5:])
    own.dbt("run")
    return own


@pytest.mark.timeout(600)
def test_every_table_is_what_the_messages_add_up_to(replayed: Place) -> None:
    assert differences(replayed) == []


def test_a_run_without_news_changes_no_row(replayed: Place) -> None:
    contents, commits = _contents(replayed), _commits(replayed)
    replayed.dbt("run")
    assert _contents(replayed) == contents
    assert _commits(replayed) == commits


def test_a_full_refresh_gives_the_same_rows(replayed: Place) -> None:
    contents = _contents(replayed)
    replayed.dbt("run", "--full-refresh")
    assert _contents(replayed) == contents


def test_another_order_of_arrival_gives_the_same_rows(
    replayed: Place, sent: list[adversary.Sent], tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = _own_schemas(replayed, tmp_path_factory.mktemp("replay") / "shuffled", "shuffled")
    batches = adversary.arrive(sent, SEED + 1, 4)
    _insert(other, batches[:1])
    other.dbt("build", "--resource-types", "seed", "model")
    _insert(other, batches[1:])
    other.dbt("run")
    here, there = _contents(replayed, ARRIVAL_COLUMNS), _contents(other, ARRIVAL_COLUMNS)
    assert {name for name in here if here[name] != there[name]} <= set(ARRIVAL_TABLES)
    assert set(here) == set(there)
