"""The producer and `send`, with the real SDK, against hubs and lines that misbehave."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulators.eventhubs.amqp.errors import INTERNAL_ERROR, NOT_ALLOWED, SERVER_BUSY, SHUTTING_DOWN, AmqpError
from emulators.settings import REPOSITORY
from ingestion.errors import HubError
from ingestion.sending.producer import LINGER_SECONDS, Producer
from ingestion.settings import HubSettings
from ingestion.simulation.simulator import Simulator
from tests.integration.ingestion.conftest import wait_until
from tests.integration.ingestion.sending.peers import HUB, Batch, FaultyHub, Line

BOUND_SECONDS = 10.0
"""From the fault to an error, or to success."""
LATE_SECONDS = 6.0
"""From here on a success that did not come may have been on its way."""
MOST_LATE = 5
"""Of all cases: more than that says something of the producer, not of the machine."""
EVENTS = [b'{"number": %d, "filling": "%s"}' % (number, b"x" * 1000) for number in range(50)]

Treatment = Callable[[Batch], None]


def reject(condition: str) -> Treatment:
    return lambda batch: batch.delivery.reject(AmqpError(condition, "as told"))


def accept(batch: Batch) -> None:
    batch.accept()


def first(count: int, treatment: Treatment) -> Treatment:
    """Treat the first batches so; then take what comes."""
    return lambda batch: (treatment if batch.number <= count else accept)(batch)


def for_seconds(seconds: float, treatment: Treatment) -> Treatment:
    """Treat batches so from the first one on for some time."""
    began: list[float] = []

    def treat(batch: Batch) -> None:
        began.append(time.monotonic())
        (treatment if time.monotonic() - began[0] < seconds else accept)(batch)

    return treat


def detach(batch: Batch) -> None:
    batch.link.detach(AmqpError("amqp:link:detach-forced", "as told"))


def close(batch: Batch) -> None:
    batch.connection.close(AmqpError(SHUTTING_DOWN, "as told"))


def take_and_die(batch: Batch) -> None:
    batch.take()
    batch.drop()


def take_and_time_out(batch: Batch) -> None:
    batch.take()
    batch.delivery.reject(AmqpError("com.microsoft:timeout", "as told"))


def keep_silent(batch: Batch) -> None:
    pass


def refuse_links(condition: str, count: int) -> Callable[[int], None]:
    def attach(before: int) -> None:
        if before < count:
            raise AmqpError(condition, "as told")

    return attach


def sees(text: bytes) -> Callable[[bytes], bool]:
    return lambda sent: text in sent


@dataclass(frozen=True)
class Case:
    """A fault and what must come of it.

    `error` is a part of the message, None for success. `resent` and `copies` count whole batches: what the
    producer reports, and what the hub holds beyond one of each.
    """

    treat: Treatment = accept
    error: str | None = None
    resent: int | None = 0
    copies: int = 0
    is_in_doubt: bool = False
    attach: Callable[[int], None] = lambda _: None
    dies: Callable[[bytes], bool] | None = None
    lines: int | None = None
    bytes_per_second: float | None = None


NO_ANSWER = "does not answer"
CASES = {
    "nothing wrong": Case(),
    "throttled for ever": Case(reject(SERVER_BUSY), "is throttling: send more slowly"),
    "throttled for 3 s": Case(for_seconds(3, reject(SERVER_BUSY))),
    "throttled at the door for ever": Case(attach=refuse_links(SERVER_BUSY, 1000), error="is throttling"),
    "throttled at the door twice": Case(attach=refuse_links(SERVER_BUSY, 2)),
    "rejected": Case(reject(NOT_ALLOWED), "failed: as told"),
    "rejected once for an inner error": Case(first(1, reject(INTERNAL_ERROR)), resent=1),
    "timed out behind the hub": Case(first(3, take_and_time_out), resent=3, copies=3),
    "released for ever": Case(Batch.release, NO_ANSWER, None, is_in_doubt=True),
    "released once": Case(first(1, Batch.release), resent=1),
    "detached for ever": Case(detach, "broke the connection off", None, is_in_doubt=True),
    "detached once": Case(first(1, detach), resent=1),
    "closed for ever": Case(close, "failed: ", None, is_in_doubt=True),
    "closed once": Case(first(1, close), resent=1),
    "dropped after accept for ever": Case(take_and_die, "failed: ", None, copies=-1, is_in_doubt=True),
    "dropped after accept once": Case(first(1, take_and_die), resent=1, copies=1),
    "dropped after accept twice": Case(first(2, take_and_die), resent=2, copies=2),
    "silent": Case(keep_silent, NO_ANSWER, None, is_in_doubt=True),
    "slow to answer": Case(lambda batch: batch.later(3, batch.accept)),
    "slow to read": Case(bytes_per_second=25_000),
    "dead line at connect": Case(dies=sees(b""), error=NO_ANSWER),
    "dead line at connect once": Case(dies=sees(b""), lines=1),
    "dead line during SASL": Case(dies=sees(b"ANONYMOUS"), error=NO_ANSWER),
    "dead line at CBS": Case(dies=sees(b"put-token"), error=NO_ANSWER),
    "dead line at a transfer": Case(dies=sees(b"filling"), error=NO_ANSWER, resent=None, is_in_doubt=True),
    "dead line at a transfer once": Case(dies=sees(b"filling"), lines=1, resent=1),
}


@dataclass(frozen=True)
class Outcome:
    seconds: float
    error: str | None
    accepted: int
    resent: int
    in_doubt: int
    taken: list[bytes]


def hub_settings(connection_string: str) -> HubSettings:
    return HubSettings.load({"EVENTHUBS_CONNECTION_STRING": connection_string, "EVENTHUBS_HUB": HUB})


def run(case: Case) -> Outcome:
    error = None
    with ExitStack() as stack:
        hub = stack.enter_context(FaultyHub(case.treat, case.attach))
        server: FaultyHub | Line = hub
        if case.dies or case.bytes_per_second:
            server = stack.enter_context(
                Line(hub.port, case.dies or (lambda _: False), case.lines, case.bytes_per_second)
            )
        producer = Producer(hub_settings(server.connection_string))
        began = time.monotonic()
        try:
            with producer:
                if not case.dies:
                    began = time.monotonic()
                for event in EVENTS:
                    producer.add(event)
                producer.flush()
                seconds = time.monotonic() - began
        except HubError as failure:
            error, seconds = str(failure), time.monotonic() - began
        return Outcome(seconds, error, producer.accepted, producer.resent, producer.in_doubt, list(hub.taken))


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    """All cases at once, as they do little but wait. The SDK takes 6 of the 8 s that a success may take, and
    8 of the 10 s of an error: one that comes too late on a machine that stands still for two seconds runs
    again, alone. What fails early does not, and no more than a few may be late.
    """
    with ThreadPoolExecutor(len(CASES)) as threads:
        found = dict(zip(CASES, threads.map(run, CASES.values()), strict=True))
    late = [
        name
        for name, case in CASES.items()
        if found[name].seconds >= BOUND_SECONDS
        or (found[name].error and not case.error and found[name].seconds >= LATE_SECONDS)
    ]
    assert len(late) <= MOST_LATE, {name: found[name] for name in late}
    if late:
        warnings.warn(f"late at first, and run again alone: {', '.join(late)}", stacklevel=1)
    return found | {name: run(CASES[name]) for name in late}


@pytest.mark.parametrize("name", CASES)
def test_trouble_ends_in_success_or_an_error_in_time(name: str, outcomes: dict[str, Outcome]) -> None:
    case, outcome = CASES[name], outcomes[name]
    assert outcome.seconds < BOUND_SECONDS
    assert (outcome.error is None) == (case.error is None), outcome.error
    assert outcome.accepted == (0 if case.error else len(EVENTS))
    assert outcome.in_doubt == (len(EVENTS) if case.is_in_doubt else 0)
    if case.error:
        assert case.error in str(outcome.error)
        assert ("arrived is not known" in str(outcome.error)) == case.is_in_doubt
    else:
        assert set(outcome.taken) == set(EVENTS)
    if case.resent is not None:
        assert outcome.resent == case.resent * len(EVENTS)
    known = outcome.accepted + outcome.resent + outcome.in_doubt
    assert len(outcome.taken) <= known
    if case.copies >= 0 and not case.error:
        assert len(outcome.taken) == (1 + case.copies) * len(EVENTS)


def send(server: FaultyHub | Line, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ingestion", "send", *arguments, "--json"],
        cwd=folder,
        env=os.environ
        | {
            "PYTHONPATH": str(REPOSITORY),
            "EVENTHUBS_CONNECTION_STRING": server.connection_string,
            "EVENTHUBS_HUB": HUB,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any], str]:
    """Exit code, summary and what was said besides."""
    stdout, stderr = process.communicate(timeout=60)
    return process.returncode, json.loads(stdout) if stdout else {}, stderr


@pytest.fixture(scope="module")
def bodies() -> list[bytes]:
    return Simulator(21).take(20_000)


@pytest.fixture
def file(tmp_path: Path, bodies: list[bytes]) -> Path:
    file = tmp_path / "own.jsonl"
    file.write_bytes(b"\n".join(bodies[:7]) + b"\nnot json\n\n" + b"\n".join(bodies[7:]) + b"\n")
    return file


def test_a_killed_run_goes_on_after_the_last_acknowledged_line(file: Path, bodies: list[bytes]) -> None:
    running: list[subprocess.Popen[str]] = []

    def treat(batch: Batch) -> None:
        if batch.number in (3, 5, 6):
            # It is in the hub, and nobody will know.
            batch.take()
            running[-1].kill()
        else:
            batch.accept()

    with FaultyHub(treat) as hub:
        for _ in range(3):
            running.append(send(hub, file.parent, file.name))
            code, _, _ = finish(running[-1])
            assert code == -signal.SIGKILL
        running.append(send(hub, file.parent, file.name))
        code, summary, _ = finish(running[-1])
    assert code == 1  # for the line that is not JSON
    assert set(hub.taken) == set(bodies)
    assert summary["sent_in_all"] == len(bodies)
    assert 0 < summary["sent"] < len(bodies)
    assert summary["malformed"] == 1
    # Batch 3 is the third of the first run, 5 the second of the second, and 6 the same as 5 once more.
    assert summary["resent_in_all"] == len(hub.taken) - len(bodies) > 0
    assert [json.loads(line)["line"] for line in file.with_name("own.rejected.jsonl").open()] == [8]
    assert not file.with_name("own.jsonl.cursor").exists()


def test_a_run_that_was_given_up_goes_on_and_an_edited_file_does_not(file: Path, bodies: list[bytes]) -> None:
    with FaultyHub(lambda batch: (reject(SERVER_BUSY) if batch.number > 2 else accept)(batch)) as hub:
        code, summary, said = finish(send(hub, file.parent, file.name, "--patience", "0"))
        assert code == 1
        assert summary["sent"] == len(hub.taken) > 0
        assert (summary["in_doubt"], summary["resent"]) == (0, 0)
        assert f"is throttling: send more slowly (--rate) or add throughput units. {summary['sent']} " in said
        assert f"go on with line {summary['next_line']:,}." in said
        content = file.read_bytes()
        file.write_bytes(content.replace(b"not json", b"{}      "))
        code, _, said = finish(send(hub, file.parent, file.name))
        assert (code, hub.batches) == (2, 3)
        assert "own.jsonl is not what it was when sending was interrupted after line" in said
        file.write_bytes(content)
        hub.treat = accept
        code, rest, _ = finish(send(hub, file.parent, file.name))
    assert code == 1
    assert sorted(hub.taken) == sorted(bodies)
    assert rest["sent"] == len(bodies) - summary["sent"]
    assert (rest["resent_in_all"], rest["malformed"]) == (0, 1)


def test_a_run_begins_anew_when_told_to(file: Path, bodies: list[bytes]) -> None:
    with FaultyHub(lambda batch: (reject(SERVER_BUSY) if batch.number > 2 else accept)(batch)) as hub:
        finish(send(hub, file.parent, file.name, "--patience", "0"))
        hub.treat = accept
        hub.taken.clear()
        code, summary, _ = finish(send(hub, file.parent, file.name, "--restart"))
        assert (code, summary["sent"]) == (1, len(bodies))
        assert sorted(hub.taken) == sorted(bodies)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_slow_pipe_is_sent_in_time_and_a_signal_ends_it(number: int, tmp_path: Path) -> None:
    with FaultyHub(accept) as hub:
        process = send(hub, tmp_path, "-")
        assert process.stdin
        began = time.monotonic()
        wait_until(lambda: hub.attached, "the sender is up")
        for turn in range(3):
            process.stdin.write(f'{{"turn": {turn}}}\n')
            process.stdin.flush()
            written = time.monotonic()
            wait_until(lambda: len(hub.taken) > turn, "what was written is sent")  # noqa: B023
            assert time.monotonic() - max(written, began) < LINGER_SECONDS + 2
        process.stdin.write('{"turn": 3}\n')
        process.stdin.flush()
        time.sleep(0.3)
        process.send_signal(number)
        process.wait(BOUND_SECONDS)
        code, summary, said = finish(process)
    assert (code, summary["sent"], summary["next_line"]) == (130, 4, 5)
    assert said == "interrupted. Go on with --from-line 5.\n"
    assert len(hub.taken) == 4


def test_a_signal_ends_a_run_in_time_whatever_the_hub_does(tmp_path: Path, bodies: list[bytes]) -> None:
    def interrupted(name: str, treat: Treatment) -> tuple[float, int, dict[str, Any], str]:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "own.jsonl").write_bytes(b"\n".join(bodies))
        with FaultyHub(treat) as hub:
            process = send(hub, folder, "own.jsonl", "--patience", "60")
            wait_until(lambda: hub.batches, "the first batch is under way")
            began = time.monotonic()
            process.terminate()
            answer = finish(process)
            return time.monotonic() - began, *answer

    treatments = {"silent": keep_silent, "throttling": reject(SERVER_BUSY), "detaching": detach}
    with ThreadPoolExecutor(len(treatments)) as threads:
        answers = threads.map(interrupted, treatments, treatments.values())
    for seconds, code, summary, said in answers:
        assert seconds < BOUND_SECONDS
        assert (code, summary["sent"]) == (1, 0)
        assert re.search(r"go on with line 1\.$", said)


def test_two_runs_with_the_same_file_are_one_too_many(file: Path) -> None:
    with FaultyHub(keep_silent) as hub:
        process = send(hub, file.parent, file.name)
        wait_until(lambda: hub.batches, "the first batch is under way")
        code, _, said = finish(send(hub, file.parent, file.name))
        process.kill()
        process.communicate()
    assert code == 1
    assert "another process is sending with own.jsonl.cursor" in said
