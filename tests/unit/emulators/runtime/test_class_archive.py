"""The archive of Spark's classes; `tests/integration/warehouse` sees that the JVM maps it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from emulators import settings
from emulators.runtime import class_archive
from emulators.runtime.class_archive import archive_of, ensure_class_archive, java_options
from emulators.settings import Settings

FILES = ("java", "pyspark/spark-core.jar", ".local/jars/spark/delta-spark.jar")


@pytest.fixture
def java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a Java and one jar of each kind, all empty."""
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    monkeypatch.setattr(settings, "REPOSITORY", tmp_path)
    monkeypatch.setattr(class_archive, "pyspark_jars", lambda: tmp_path / "pyspark")
    return tmp_path / "java"


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return settings.load({"EMULATORS_HOME": str(tmp_path / "home")})


def rehearse(monkeypatch: pytest.MonkeyPatch, script: str) -> list[list[str]]:
    """Run a script in place of the rehearsal; returns the commands that were asked for."""
    commands: list[list[str]] = []
    run = subprocess.run

    def instead(command: list[str], **rest: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return run([sys.executable, "-c", script, command[-1]], capture_output=True, text=True)

    monkeypatch.setattr(subprocess, "run", instead)
    return commands


WRITE = "import sys; open(sys.argv[1], 'w').close()"


def test_it_is_written_once_and_mapped(home: Settings, java: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = rehearse(monkeypatch, WRITE)
    assert java_options(home, java) == ""
    for _ in range(2):
        ensure_class_archive(home, java)
    assert len(commands) == 1
    archive = archive_of(home, java)
    assert shlex.split(java_options(home, java))[0] == f"-XX:SharedArchiveFile={archive}"


def test_two_homes_that_start_at_once_write_it_once(
    home: Settings, java: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = rehearse(monkeypatch, f"import time; time.sleep(0.2); {WRITE}")
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(ensure_class_archive, [home] * 3, [java] * 3))
    assert len(commands) == 1
    assert list(home.jars.glob("classes-*")) == [archive_of(home, java)]


@pytest.mark.parametrize("changed", FILES)
def test_another_java_or_jar_takes_another(
    home: Settings, java: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    rehearse(monkeypatch, WRITE)
    ensure_class_archive(home, java)
    former = archive_of(home, java)
    (java.parent / changed).write_text("changed")
    assert java_options(home, java) == ""
    ensure_class_archive(home, java)
    assert list(home.jars.glob("classes-*")) == [archive_of(home, java)] != [former]


def test_a_java_that_cannot_write_it_is_told_of(
    home: Settings, java: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearse(monkeypatch, "import sys; sys.exit('Unrecognized VM option')")
    ensure_class_archive(home, java)
    assert "could not be archived, and it starts slower (Unrecognized VM option)" in capsys.readouterr().err
    assert java_options(home, java) == ""
