"""Faulty messages on their way to a real hub: what it refuses, what it takes, and the truth of both."""

from __future__ import annotations

import json
import signal

from tests.integration.ingestion.conftest import Place, wait_until
from tests.unit.ingestion.answers import check


def test_the_truth_is_what_the_hub_holds(place: Place) -> None:
    truth = place.folder / "truth.json"
    for events in (2000, 1000):
        arguments = ("--events", str(events), "--fault", "all=0.05", "--truth", str(truth))
        place.summary("simulate", *arguments)
    answer = json.loads(truth.read_text())
    assert answer["messages"]["generated"] == 3000
    assert answer["messages"]["refused"] == answer["faults"]["oversized"] > 50
    check(answer, list(place.held().values()))


def test_the_truth_of_a_run_that_was_stopped_is_of_what_was_accepted(place: Place) -> None:
    truth, state = place.folder / "truth.json", place.folder / "state.json"
    arguments = ("--continuous", "--rate", "300", "--fault", "all=0.05", "--truth", str(truth))
    with place.start("simulate", *arguments) as process:
        wait_until(state.exists, "something was accepted")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0
    check(json.loads(truth.read_text()), list(place.held().values()))
