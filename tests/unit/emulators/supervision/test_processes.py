import json
import os
import stat
import sys
import time
from pathlib import Path

import psutil
import pytest

from emulators.errors import EmulatorError
from emulators.settings import Settings, load
from emulators.supervision import processes
from emulators.supervision.processes import Service

SLEEPER = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
PARENT = (
    "import pathlib, subprocess, sys, time; "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
    "pathlib.Path(sys.argv[1]).write_text(str(child.pid)); time.sleep(60)"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"EMULATORS_HOME": str(tmp_path / "home")})


def _service(tmp_path: Path, code: str) -> Service:
    flag = tmp_path / "flag"
    return Service("sleeper", lambda: [sys.executable, "-c", code, str(flag)], lambda _: flag.exists())


def test_a_started_process_is_up_until_stopped(settings: Settings, tmp_path: Path) -> None:
    service = _service(tmp_path, SLEEPER)
    processes.start(settings, service, os.environ)
    processes.wait_until_ready(settings, service, timeout=10)
    assert processes.is_up(settings, service)
    assert processes.stop(settings, "sleeper")
    assert not processes.is_up(settings, service)
    assert not processes.stop(settings, "sleeper")


def test_starting_twice_keeps_the_first_process(settings: Settings, tmp_path: Path) -> None:
    service = _service(tmp_path, SLEEPER)
    processes.start(settings, service, os.environ)
    record = settings.run / "sleeper.json"
    first = record.read_text()
    processes.start(settings, service, os.environ)
    assert record.read_text() == first
    processes.stop(settings, "sleeper")


def test_stopping_ends_children_that_outlived_their_parent(settings: Settings, tmp_path: Path) -> None:
    service = _service(tmp_path, PARENT)
    processes.start(settings, service, os.environ)
    flag = tmp_path / "flag"
    deadline = time.monotonic() + 10
    while not (flag.exists() and flag.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    child = psutil.Process(int(flag.read_text()))
    parent = child.parent()
    assert parent is not None
    parent.kill()
    parent.wait(5)
    assert not processes.is_up(settings, service)
    assert processes.stop(settings, "sleeper")
    assert not child.is_running()


def test_a_reused_pid_is_not_mistaken_for_ours(settings: Settings, tmp_path: Path) -> None:
    service = _service(tmp_path, SLEEPER)
    (tmp_path / "flag").touch()
    settings.run.mkdir(parents=True)
    (settings.run / "sleeper.json").write_text(f'{{"pid": {os.getpid()}, "started_at": 1.0}}')
    assert not processes.is_up(settings, service)


def test_a_process_that_dies_is_reported_with_its_last_line(settings: Settings, tmp_path: Path) -> None:
    service = _service(tmp_path, "import sys; sys.exit('port 1 is taken')")
    processes.start(settings, service, os.environ)
    with pytest.raises(
        EmulatorError, match=r"stopped while starting: port 1 is taken \(more in .*sleeper.log"
    ):
        processes.wait_until_ready(settings, service, timeout=10)


def test_a_process_that_never_serves_is_reported(settings: Settings) -> None:
    service = Service("mute", lambda: [sys.executable, "-c", "import time; time.sleep(60)"], lambda _: False)
    processes.start(settings, service, os.environ)
    with pytest.raises(EmulatorError, match="mute did not serve within 0 s"):
        processes.wait_until_ready(settings, service, timeout=0.3)
    processes.stop(settings, "mute")


def test_why_a_process_died_stays_in_its_log(settings: Settings, tmp_path: Path) -> None:
    command = [sys.executable, "-c"]
    service = Service("sleeper", lambda: command, lambda _: False)
    for code, said in (
        ("print('out of memory')", "out of memory"),
        ("print('out of disk')", "out of disk"),
        ("pass", "no output"),
    ):
        command[2:] = [code]
        processes.start(settings, service, os.environ)
        with pytest.raises(EmulatorError, match=f"stopped while starting: {said} "):
            processes.wait_until_ready(settings, service, timeout=10)
    log = (settings.log / "sleeper.log").read_text()
    assert log.index("out of memory") < log.index("out of disk")


def test_a_log_that_has_grown_large_is_put_aside(settings: Settings, tmp_path: Path) -> None:
    settings.log.mkdir(parents=True)
    (settings.log / "sleeper.log").write_bytes(b"x" * (processes.LARGEST_LOG_BYTES + 1))
    service = Service("sleeper", lambda: [sys.executable, "-c", "print('here')"], lambda _: False)
    processes.start(settings, service, os.environ)
    with pytest.raises(EmulatorError, match="here"):
        processes.wait_until_ready(settings, service, timeout=10)
    assert (settings.log / "sleeper.log").stat().st_size < 100
    assert (settings.log / "sleeper.log.1").stat().st_size == processes.LARGEST_LOG_BYTES + 1


@pytest.mark.parametrize("record", [None, b"", b'{"pid": 12', b"[]", b'{"pid": null}'])
def test_a_process_whose_record_is_lost_is_found(
    settings: Settings, tmp_path: Path, record: bytes | None
) -> None:
    service = _service(tmp_path, SLEEPER)
    processes.start(settings, service, os.environ)
    processes.wait_until_ready(settings, service, timeout=10)
    file = settings.run / "sleeper.json"
    first = json.loads(file.read_bytes())["pid"]
    if record is None:
        file.unlink()
    else:
        file.write_bytes(record)

    found = processes.running(settings, "sleeper")
    assert found is not None
    assert found.pid == first
    assert processes.is_up(settings, service)
    processes.start(settings, service, os.environ)
    assert processes.running(settings, "sleeper") == found
    assert processes.stop(settings, "sleeper")
    assert not found.is_running()
    assert not file.exists()


def test_another_homes_process_is_not_taken_for_a_lost_one(settings: Settings, tmp_path: Path) -> None:
    other = load({"EMULATORS_HOME": str(tmp_path / "other")})
    processes.start(other, _service(tmp_path, SLEEPER), os.environ)
    try:
        assert processes.running(settings, "sleeper") is None
        assert not processes.stop(settings, "sleeper")
        assert processes.running(other, "sleeper")
    finally:
        processes.stop(other, "sleeper")


def test_a_process_that_ends_just_before_it_is_asked_to_is_stopped(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes.start(settings, _service(tmp_path, SLEEPER), os.environ)

    def ended(process: psutil.Process, _number: int) -> None:
        process.kill()
        process.wait(10)
        raise psutil.NoSuchProcess(process.pid)

    monkeypatch.setattr(psutil.Process, "send_signal", ended)
    assert processes.stop(settings, "sleeper")
    assert not (settings.run / "sleeper.json").exists()


def test_what_a_process_writes_is_its_owners_alone(settings: Settings, tmp_path: Path) -> None:
    code = "import pathlib, sys; pathlib.Path(sys.argv[1]).touch(); import time; time.sleep(60)"
    processes.start(settings, _service(tmp_path, code), os.environ)
    processes.wait_until_ready(settings, _service(tmp_path, code), timeout=10)
    processes.stop(settings, "sleeper")
    files = [tmp_path / "flag", *settings.log.iterdir()]
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
    assert {stat.S_IMODE(each.stat().st_mode) for each in (settings.log, settings.run)} == {0o700}
