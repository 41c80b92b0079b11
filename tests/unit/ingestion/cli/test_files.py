"""No command deletes or overwrites a file that is not its own, however the file is named."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingestion.cli import app
from tests.unit.ingestion.cli.test_commands import PREFIXES

HUB = "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0;UseDevelopmentEmulator=true"
LAND = {
    "EVENTHUBS_CONNECTION_STRING": HUB,
    "EVENTHUBS_KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "INGESTION_BRONZE_PATH": "bronze",
    "INGESTION_CHECKPOINT": "checkpoint",
    "INGESTION_LOG": "ingester.log",
}
OWN = b'{"event_id": "1"}\nnot json\n{"event_id": "2"}\n'
NOTES = b"what I must not forget\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's, in which the commands run."""
    for name in os.environ:
        if name.startswith(PREFIXES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("EVENTHUBS_CONNECTION_STRING", HUB)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.jsonl").write_bytes(OWN)
    (tmp_path / "notes").write_bytes(NOTES)
    (tmp_path / "hard").hardlink_to("own.jsonl")
    (tmp_path / "link").symlink_to("own.jsonl")
    (tmp_path / "folder").mkdir()
    (tmp_path / "here").symlink_to(".")
    return tmp_path


def held(folder: Path) -> dict[str, object]:
    return {
        str(each.relative_to(folder)): each.readlink()
        if each.is_symlink()
        else each.read_bytes()
        if each.is_file()
        else None
        for each in folder.rglob("*")
    }


def refused(folder: Path, command: str, **variables: str) -> str:
    """Run a command that must be refused; returns its one line, after seeing that it touched nothing."""
    before = held(folder)
    answer = CliRunner().invoke(app, shlex.split(command), env=variables)
    assert held(folder) == before
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.startswith("error: ")
    assert answer.stderr.count("\n") == 1
    return answer.stderr


@pytest.mark.parametrize(
    "name", ["own.jsonl", "./own.jsonl", "here/own.jsonl", "folder/../own.jsonl", "hard", "link"]
)
@pytest.mark.parametrize("option", ["--rejects", "--cursor", "--restart --cursor"])
def test_the_input_is_never_written(folder: Path, option: str, name: str) -> None:
    said = refused(folder, f"send own.jsonl {option} {name}")
    assert f"the input own.jsonl and {option.split()[-1]} are the same file, {Path(name)}:" in said


@pytest.mark.parametrize("option", ["--rejects", "--cursor", "--restart --cursor", "--from-line 2 --cursor"])
def test_a_file_of_the_user_takes_no_rejects_and_no_cursor(folder: Path, option: str) -> None:
    said = refused(folder, f"send own.jsonl {option} notes")
    assert "notes is there and not a " in said
    assert option.split()[-1] in said


@pytest.mark.parametrize("name", ["own.jsonl.cursor", "own.rejected.jsonl"])
@pytest.mark.parametrize("restart", ["", "--restart"])
def test_the_files_beside_the_input_are_looked_at_too(folder: Path, name: str, restart: str) -> None:
    (folder / name).write_bytes(NOTES)
    assert f"{name} is there and not a " in refused(folder, f"send own.jsonl {restart}")


@pytest.mark.parametrize("option", ["--rejects", "--cursor"])
@pytest.mark.parametrize("name", ["folder", "no-folder/file", "own.jsonl/file"])
def test_what_cannot_be_written_is_named(folder: Path, option: str, name: str) -> None:
    said = refused(folder, f"send own.jsonl {option} {name}")
    assert "cannot write" in said
    assert name in said
    assert option in said


@pytest.mark.parametrize("options", ["--rejects new --cursor here/new", "--rejects here/own.jsonl.cursor"])
def test_the_two_files_of_a_sender_differ(folder: Path, options: str) -> None:
    assert "--cursor and --rejects are the same file" in refused(folder, f"send own.jsonl {options}")


def test_standard_input_from_a_file_is_that_file(folder: Path) -> None:
    rejects = folder / "r.jsonl"
    rejects.write_text('{"line": 1, "reason": "not JSON", "body": "x"}\n')
    command = [sys.executable, "-m", "ingestion", "send", "-", "--rejects", "r.jsonl"]
    with rejects.open("rb") as stream:
        answer = subprocess.run(command, stdin=stream, capture_output=True, text=True)
    assert answer.returncode == 2
    assert "standard input and --rejects are the same file" in answer.stderr
    assert rejects.read_text().count("\n") == 1


@pytest.mark.parametrize("option", ["--out", "--truth", "--state"])
def test_a_simulation_replaces_nothing_but_its_own(folder: Path, option: str) -> None:
    out = "" if option == "--out" else "--out new.jsonl"
    for name in ("notes", "own.jsonl", "link"):
        said = refused(folder, f"simulate --events 5 {out} {option} {name}")
        assert name in said
        assert " not a " in said


def test_bookings_beside_the_state_are_not_of_the_user(folder: Path) -> None:
    (folder / "shop.bookings").write_bytes(NOTES)
    said = refused(folder, "simulate --events 5 --out new.jsonl --state shop")
    assert "shop.bookings is there and not a file of bookings" in said


@pytest.mark.parametrize(
    "options",
    [
        "--out a --truth a",
        "--out a --truth ./a",
        "--out a --state here/a",
        "--truth a --out b --state a",
        "--truth a.bookings --out b --state a",
        "--out a.bookings --state a",
        "--out dangling --truth a",
    ],
)
def test_the_files_of_a_simulation_differ(folder: Path, options: str) -> None:
    (folder / "dangling").symlink_to("a")
    assert "are the same file" in refused(folder, f"simulate --events 5 {options}")


@pytest.mark.parametrize("variable", ["a", "./a"])
def test_a_state_that_a_variable_names_counts(folder: Path, variable: str) -> None:
    assert "the shop's state and --truth are the same file" in refused(
        folder, "simulate --events 5 --truth a", INGESTION_STATE=variable
    )


@pytest.mark.parametrize("options", ["--out folder", "--out a --truth folder", "--out a --state notes/state"])
def test_a_simulation_that_could_not_be_kept_does_not_begin(folder: Path, options: str) -> None:
    said = refused(folder, f"simulate --events 5 {options}")
    assert "folder: Is a directory" in said or "notes/state" in said


def test_a_state_that_is_refused_leaves_the_output_as_it_was(folder: Path) -> None:
    (folder / "events").write_bytes(b'{"event_id":"1"}\n')
    (folder / "state").write_text('{"version": 2}')
    assert "not a simulator state" in refused(folder, "simulate --events 5 --out events --state state")


def test_what_a_simulation_wrote_is_written_anew(folder: Path) -> None:
    command = "simulate --events 50 --fault all=0.3 --out events --truth truth --state state"
    for _ in range(2):
        (folder / "state").unlink(missing_ok=True)
        answer = CliRunner().invoke(app, shlex.split(command))
        assert answer.exit_code == 0, answer.output
    first = held(folder)
    (folder / "state").unlink()
    CliRunner().invoke(app, shlex.split(command))
    assert held(folder) == first


def test_links_stay_links_and_devices_stay_devices(folder: Path) -> None:
    for name in ("truth", "state"):
        (folder / f"{name}-link").symlink_to(name)
    options = "--out /dev/null --truth truth-link --state state-link"
    assert CliRunner().invoke(app, shlex.split(f"simulate --events 5 {options}")).exit_code == 0
    assert (folder / "truth-link").is_symlink()
    assert (folder / "state-link").is_symlink()
    assert (folder / "truth").is_file()
    assert (folder / "state").is_file()
    options = "--out /dev/null --truth /dev/null"
    assert CliRunner().invoke(app, shlex.split(f"simulate --events 5 {options}")).exit_code == 0
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--metrics notes", "notes is there and not a file of metrics"),
        ("--metrics own.jsonl", "own.jsonl is there and not a file of metrics"),
        ("--metrics ingester.log", "INGESTION_LOG and --metrics are the same file"),
        ("--metrics here/ingester.log", "INGESTION_LOG and --metrics are the same file"),
        ("--metrics folder", "cannot write folder: Is a directory"),
        ("--metrics no-folder/file", "cannot write no-folder/file"),
    ],
)
def test_metrics_are_added_to_files_of_metrics_alone(folder: Path, options: str, said: str) -> None:
    assert said in refused(folder, f"land {options}", **LAND)
