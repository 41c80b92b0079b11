import os
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
