"""The runbooks of docs/operations.md, followed command by command as they are written there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from emulators.settings import REPOSITORY
from ingestion.simulation.simulator import Simulator
from tests.integration.ingestion.conftest import Place

pytestmark = pytest.mark.nightly


def commands(title: str) -> str:
    """The shell commands under a heading."""
    text = (REPOSITORY / "docs" / "operations.md").read_text()
    section = re.split(r"^#+ ", text.split(f"### {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)
    assert blocks, title
    return "\n".join(blocks)


def follow(place: Place, title: str) -> str:
    """Run the commands in one shell, and stop at the first that fails; returns what they print."""
    answer = subprocess.run(
        ["/bin/sh", "-euc", commands(title)],
        cwd=REPOSITORY,
        env=os.environ | place.environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    return answer.stdout


def test_checkpoint_lost(place: Place) -> None:
    place.produce(Simulator(51).take(400))
    place.summary("land", "--max-offsets", "150")
    place.produce(Simulator(52).take(200))
    shutil.rmtree(place.folder / "checkpoint" / "offsets")  # torn: Spark cannot go on
    refused = place.run("land")
    assert refused.returncode == 1
    assert "already holds messages of hub" in refused.stderr
    assert "200 rows landed" in follow(place, "Checkpoint lost")
    assert place.landed() == place.held()
    numbers = [batch["ingest_batch_id"] for batch in place.check_batches()]
    assert numbers == list(range(len(numbers)))


def test_hub_recreated(place: Place) -> None:
    place.produce(Simulator(53).take(300))
    place.summary("land")
    before = place.held()
    place.delete_hub()
    place.create_hub()
    place.produce(Simulator(54).take(10))
    refused = place.run("land")
    assert refused.returncode == 1
    assert "it was recreated" in refused.stderr
    new = replace(place, hub=f"{place.hub}-2")
    new.create_hub()
    new.produce(Simulator(55).take(400))
    assert "400 rows landed" in follow(place, "Hub recreated")
    rows = place.rows()
    landed = {(row["event_hub"], row["partition"], row["offset"]): row["body"] for row in rows}
    assert len(landed) == len(rows) == 700
    assert landed == {(place.hub, *at): body for at, body in before.items()} | {
        (new.hub, *at): body for at, body in new.held().items()
    }
    assert [batch["ingest_batch_id"] for batch in place.check_batches()] == [0, 1]
