from pathlib import Path

import pytest

from emulators.runtime.java import find_java, parse_version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "21" 2023-09-19', 21),
        ('java version "1.8.0_402"', 8),
        ("no such thing", None),
    ],
)
def test_version_is_the_feature_release(text: str, version: int | None) -> None:
    assert parse_version(text) == version


def _fake_java(folder: Path, version: str) -> Path:
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    java.chmod(0o755)
    return java


def test_java_home_is_preferred_to_the_path(tmp_path: Path) -> None:
    home, other = _fake_java(tmp_path / "home", "21.0.1"), _fake_java(tmp_path / "other", "17.0.1")
    found = find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(other.parent)})
    assert found == home


def test_an_old_java_home_is_passed_over(tmp_path: Path) -> None:
    _fake_java(tmp_path / "old", "11.0.2")
    new = _fake_java(tmp_path / "new", "17.0.1")
    assert find_java({"JAVA_HOME": str(tmp_path / "old"), "PATH": str(new.parent)}) == new


def test_a_release_that_is_tested_is_preferred_to_a_newer_one(tmp_path: Path) -> None:
    _fake_java(tmp_path / "newer", "25.0.1")
    tested = _fake_java(tmp_path / "tested", "21.0.1")
    assert find_java({"JAVA_HOME": str(tmp_path / "newer"), "PATH": str(tested.parent)}) == tested
