from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emulators.settings import REPOSITORY
from ingestion.__main__ import main

PREFIXES = ("EVENTHUBS_", "INGESTION_", "AZURE_", "DATABRICKS_", "LOCAL_WAREHOUSE_", "DBT_")


def environment(**variables: str) -> dict[str, str]:
    """The surroundings of a person who has set nothing but these."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIXES)} | variables


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ingestion", *arguments],
        cwd=REPOSITORY,
        env=environment(**variables),
        capture_output=True,
        text=True,
    )


def test_help_names_every_command() -> None:
    answer = run("--help")
    assert answer.returncode == 0
    for command in ("simulate", "send", "land", "verify", "bootstrap", "schema"):
        assert f"  {command} " in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("simulate", "--events", "5"), "EVENTHUBS_CONNECTION_STRING"),
        (("simulate", "--events", "5", "--continuous"), "--events, --days and --continuous"),
        (("simulate", "--days", "2", "--continuous"), "--events, --days and --continuous"),
        (("simulate", "--fault", "latte=0.1", "--out", "/dev/null"), "late, out_of_order, malformed_json"),
        (
            ("simulate", "--out", "/dev/null", "--truth", "/nowhere/truth.json"),
            "cannot write /nowhere/truth.json",
        ),
        (("simulate", "--out", "/nowhere/at/all.jsonl"), "cannot write /nowhere/at/all.jsonl"),
        (("send", "missing.jsonl"), "EVENTHUBS_CONNECTION_STRING"),
        (("land",), "EVENTHUBS_CONNECTION_STRING"),
        (("verify", "--truth", "missing.json"), "cannot read missing.json"),
        (("bootstrap",), "INGESTION_CATALOG"),
    ],
)
def test_a_mistake_ends_in_one_line_and_exit_code_2(arguments: tuple[str, ...], said: str) -> None:
    answer = run(*arguments)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert answer.stderr.startswith("error: ")
    assert answer.stderr.count("\n") == 1
    assert said in answer.stderr


def test_verbose_shows_where_it_happened() -> None:
    assert "Traceback" in run("land", "--verbose").stderr


def test_a_file_is_simulated_without_a_hub(tmp_path: Path) -> None:
    out = tmp_path / "orders.jsonl"
    answer = run("simulate", "--events", "12345", "--seed", "3", "--out", str(out), "--json")
    assert answer.stderr == ""
    assert json.loads(answer.stdout)["sent"] == 12345
    assert len(out.read_bytes().splitlines()) == 12345
    assert not (REPOSITORY / "state.json").exists()


def test_a_state_file_continues_a_file(tmp_path: Path) -> None:
    whole, first, second = (tmp_path / name for name in ("whole", "first", "second"))
    state = str(tmp_path / "state.json")
    run("simulate", "--events", "700", "--out", str(whole))
    run("simulate", "--events", "300", "--out", str(first), "--state", state)
    run("simulate", "--events", "400", "--out", str(second), "--state", state)
    assert first.read_bytes() + second.read_bytes() == whole.read_bytes()


def test_days_of_faulty_history_come_with_their_truth(tmp_path: Path) -> None:
    out, truth = tmp_path / "orders.jsonl", tmp_path / "truth.json"
    arguments = ("--days", "10", "--fault", "all=0.05", "--out", str(out), "--truth", str(truth), "--json")
    answer = run("simulate", *arguments)
    assert (answer.returncode, answer.stderr) == (0, "")
    summary = json.loads(answer.stdout)
    said = json.loads(truth.read_text())
    assert summary["clock"] == "2026-01-11T00:00:00.000+00:00"
    assert said["messages"]["sent"] == summary["sent"] == out.read_bytes().count(b"\n")
    assert said["messages"]["refused"] == summary["refused"] == said["faults"]["oversized"] > 0
    assert max(map(len, out.read_bytes().splitlines())) < 2000


def test_the_truth_of_a_kept_shop_can_be_asked_for_later(tmp_path: Path) -> None:
    state, truth = tmp_path / "state.json", tmp_path / "truth.json"
    for _ in range(2):
        run("simulate", "--events", "200", "--out", str(tmp_path / "orders"), "--state", str(state))
    last = ("--events", "1", "--out", str(tmp_path / "orders"), "--state", str(state))
    assert run("simulate", *last, "--truth", str(truth)).returncode == 0
    assert json.loads(truth.read_text())["messages"]["sent"] == 401
    Path(f"{state}.bookings").unlink()
    answer = run("simulate", *last)
    assert answer.returncode == 2
    assert f"{state}.bookings does not hold the bookings" in answer.stderr


def test_an_old_state_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"version": 1, "seed": 42}')
    answer = run("simulate", "--out", str(tmp_path / "orders"), "--state", str(state))
    assert answer.returncode == 2
    assert f"{state} was kept by another version of the simulator" in answer.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_continuous_work_stops_at_a_signal_and_keeps_its_state(
    tmp_path: Path, number: signal.Signals
) -> None:
    out, state, truth = (tmp_path / name for name in ("orders.jsonl", "state.json", "truth.json"))
    command = [
        "simulate",
        "--continuous",
        "--rate",
        "500",
        "--out",
        str(out),
        "--state",
        str(state),
        "--truth",
        str(truth),
        "--json",
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "ingestion", *command],
        cwd=REPOSITORY,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 20
        while not state.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
        printed, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    sent = json.loads(printed)["sent"]
    assert sent == len(out.read_bytes().splitlines())
    assert json.loads(state.read_text())["events"] == sent
    assert json.loads(truth.read_text())["messages"] == {"generated": sent, "sent": sent, "refused": 0}


def test_bootstrap_prints_statements_for_the_catalog() -> None:
    answer = run("bootstrap", "--catalog", "main")
    assert answer.stdout.count(";") == 4
    assert "`main`.`bronze`.`order_events`" in answer.stdout
    assert "`main`.`ops`.`ingest_batches`" in answer.stdout


COMMANDS_THAT_PRINT = ["schema", "bootstrap --catalog main", "simulate --events 5 --out /dev/null --json"]


@pytest.mark.parametrize("command", COMMANDS_THAT_PRINT)
def test_a_reader_that_has_gone_is_no_error_of_the_command(command: str) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as stdout:
        answer = subprocess.run(
            [sys.executable, "-m", "ingestion", *command.split()],
            cwd=REPOSITORY,
            env=environment(),
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (answer.returncode, answer.stderr) == (141, "")


@pytest.mark.parametrize("command", COMMANDS_THAT_PRINT)
def test_output_that_cannot_be_written_is_one_line(command: str) -> None:
    with Path("/dev/full").open("wb") as stdout:
        answer = subprocess.run(
            [sys.executable, "-m", "ingestion", *command.split()],
            cwd=REPOSITORY,
            env=environment(),
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: ")
    assert "No space left on device" in answer.stderr
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS_THAT_PRINT)
def test_a_closed_output_changes_nothing(command: str) -> None:
    answer = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -m ingestion {command} >&-', sys.executable],
        cwd=REPOSITORY,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert (answer.returncode, answer.stderr) == (0, "")


def test_standard_input_that_is_closed_is_one_line() -> None:
    answer = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -m ingestion send - <&-', sys.executable],
        cwd=REPOSITORY,
        env=environment(EVENTHUBS_NAMESPACE="shop.servicebus.windows.net"),
        capture_output=True,
        text=True,
    )
    assert (answer.returncode, answer.stderr.count("\n")) == (2, 1)
    assert "standard input is closed" in answer.stderr


def test_a_python_without_the_dependencies_is_told_what_to_do() -> None:
    # -S leaves out site-packages, -E the variables that could bring them back.
    answer = subprocess.run(
        [sys.executable, "-S", "-E", "-m", "ingestion", "--help"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert "make setup" in answer.stderr
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "module",
    [
        "contract",
        "cli",
        "settings",
        "tables.order_events",
        "landing.kafka_source",
        "landing.stream",
        "landing.recorder",
        "sending.lines",
        "sending.simulated",
        "simulation.account",
        "verification.reads",
        "verification.searches",
        "verification.sql_warehouse",
    ],
)
def test_modules_load_nothing_heavy(module: str) -> None:
    code = (
        f"import sys, ingestion.{module}\n"
        "print([name for name in ('pyspark', 'azure.eventhub', 'faker', 'pandas') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert answer.stdout == "[]\n"


def test_nothing_here_imports_the_emulators() -> None:
    for file in (REPOSITORY / "ingestion").rglob("*.py"):
        assert "import emulators" not in file.read_text()
        assert "from emulators" not in file.read_text()


METRICS_TO_NOBODY = """
from ingestion.cli.land import _lines
from ingestion.cli.reporting import reported
from ingestion.errors import LandingError
with reported(False), _lines("-") as emit:
    while True:
        try:
            emit("{}" * 9999)
        except OSError as error:
            raise LandingError("nobody reads") from error
"""


def test_a_reader_of_metrics_that_goes_away_is_one_line() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", METRICS_TO_NOBODY],
        cwd=REPOSITORY,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()
    assert told.startswith("error: nobody reads\n")
    assert "BrokenPipe" not in told


def test_the_entry_point_returns_when_all_went_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # What a wheel task of Databricks calls, which may take any SystemExit for a failure.
    monkeypatch.setattr(sys, "argv", ["ingestion", "schema"])
    main()
    assert json.loads(capsys.readouterr().out)["title"]
    monkeypatch.setattr(sys, "argv", ["ingestion", "schema", "--nonsense"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("Usage: ")
