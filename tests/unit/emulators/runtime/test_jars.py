import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from emulators.errors import EmulatorError
from emulators.runtime import jars
from emulators.settings import REPOSITORY


def _put_jar(folder: Path, content: bytes) -> None:
    (folder / "spark").mkdir(parents=True)
    (folder / "spark" / "some-1.0.jar").write_bytes(content)


def test_the_lock_names_every_jar_once_with_a_sha256() -> None:
    lines = [line.split() for line in jars.LOCK.read_text().splitlines()]
    assert len({name for _, name in lines}) == len(lines) > 40
    assert all(len(checksum) == 64 for checksum, _ in lines)
    assert {name.split("/")[0] for _, name in lines} == {"kafka", "spark"}


def test_a_tampered_jar_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "jars.lock"
    lock.write_text(f"{'0' * 64}  spark/some-1.0.jar\n")
    monkeypatch.setattr(jars, "LOCK", lock)
    monkeypatch.setattr(jars, "_retrieve", lambda folder, java: _put_jar(folder, b"other"))
    with pytest.raises(EmulatorError, match=r"spark/some-1.0.jar"):
        jars.ensure_jars(tmp_path / "jars", Path("java"))
    assert not (tmp_path / "jars" / ".verified").exists()


def test_a_verified_folder_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "jars.lock"
    monkeypatch.setattr(jars, "LOCK", lock)
    fetched: list[Path] = []

    def retrieve(folder: Path, _java: Path) -> None:
        fetched.append(folder)
        _put_jar(folder, b"right")

    monkeypatch.setattr(jars, "_retrieve", retrieve)
    _put_jar(tmp_path / "reference", b"right")
    lock.write_text(
        "".join(f"{checksum}  {name}\n" for name, checksum in jars.checksums(tmp_path / "reference").items())
    )
    for _ in range(2):
        jars.ensure_jars(tmp_path / "jars", Path("java"))
    assert len(fetched) == 1


def test_no_registry_is_named() -> None:
    for path in (jars.DEPENDENCIES, jars.LOCK, REPOSITORY / "requirements.lock"):
        assert "http" not in path.read_text().replace("http://ant.apache.org/ivy/maven", "")


def test_two_homes_that_start_at_once_fetch_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, folder = tmp_path / "jars.lock", tmp_path / "jars"
    _put_jar(tmp_path / "reference", b"right")
    lock.write_text(
        "".join(f"{checksum}  {name}\n" for name, checksum in jars.checksums(tmp_path / "reference").items())
    )
    monkeypatch.setattr(jars, "LOCK", lock)
    fetched: list[Path] = []

    def retrieve(target: Path, _java: Path) -> None:
        fetched.append(target)
        time.sleep(0.1)
        _put_jar(target, b"right")

    monkeypatch.setattr(jars, "_retrieve", retrieve)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(jars.ensure_jars, [folder] * 4, [Path("java")] * 4))
    assert len(fetched) == 1
    assert jars.checksums(folder) == jars.checksums(tmp_path / "reference")
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "jars",
        "jars.in-use",
        "jars.lock",
        "reference",
    ]


def test_jars_in_use_stay_until_the_new_ones_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "jars"
    _put_jar(folder, b"of the former lock")

    def fail(_folder: Path, _java: Path) -> None:
        raise EmulatorError("the network is away")

    monkeypatch.setattr(jars, "_retrieve", fail)
    with pytest.raises(EmulatorError, match="the network is away"):
        jars.ensure_jars(folder, Path("java"))
    assert (folder / "spark" / "some-1.0.jar").read_bytes() == b"of the former lock"
