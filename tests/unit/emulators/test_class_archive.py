"""The archive of Spark's classes; `tests/integration/warehouse` sees that the JVM maps it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from emulators import class_archive
from emulators.class_archive import archive_of, ensure_class_archive, java_options


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Settings with one jar of each kind, as far as the archive needs them."""
    for jar in ("pyspark/spark-core.jar", "jars/spark/delta-spark.jar", "java"):
        (tmp_path / jar).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / jar).write_text("")
    monkeypatch.setattr(class_archive, "pyspark_jars", lambda: tmp_path / "pyspark")
    monkeypatch.setattr(class_archive, "service_environment", lambda *_: {})
    return SimpleNamespace(jars=tmp_path / "jars", java=tmp_path / "java", pyspark=tmp_path / "pyspark")


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


def test_it_is_written_once_and_mapped(place: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = rehearse(monkeypatch, WRITE)
    assert java_options(place, place.java) == ""
    for _ in range(2):
        ensure_class_archive(place, place.java)
    assert len(commands) == 1
    archive = archive_of(place, place.java)
    assert java_options(place, place.java).split()[0] == f"-XX:SharedArchiveFile={archive}"


@pytest.mark.parametrize("changed", ["java", "pyspark/spark-core.jar", "jars/spark/delta-spark.jar"])
def test_another_java_or_jar_takes_another(
    place: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    rehearse(monkeypatch, WRITE)
    ensure_class_archive(place, place.java)
    former = archive_of(place, place.java)
    (place.pyspark.parent / changed).write_text("changed")
    assert java_options(place, place.java) == ""
    ensure_class_archive(place, place.java)
    assert list(place.jars.glob("classes-*")) == [archive_of(place, place.java)] != [former]


def test_a_java_that_cannot_write_it_is_told_of(
    place: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearse(monkeypatch, "import sys; sys.exit('Unrecognized VM option')")
    ensure_class_archive(place, place.java)
    assert "could not be archived, and it starts slower (Unrecognized VM option)" in capsys.readouterr().err
    assert java_options(place, place.java) == ""
