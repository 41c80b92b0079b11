"""Starts, finds and stops the emulators' processes, each of which can die and come back alone."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from emulators.errors import EmulatorError
from emulators.settings import LOOPBACK, REPOSITORY, Settings

START_TIMEOUT = 90.0
"""Seconds a process may take until it serves; a broker recovering from `kill -9` needs about 15."""
STOP_TIMEOUT = 15.0
"""Seconds a process gets to stop before it is killed."""


@dataclass(frozen=True)
class Service:
    """One process: how to start it and ask whether it serves; its ports by the variable that sets each."""

    name: str
    command: Callable[[], list[str]]
    is_ready: Callable[[Settings], bool]
    ports: Mapping[str, int] = field(default_factory=dict)


def start(settings: Settings, service: Service, environment: Mapping[str, str]) -> None:
    """Spawn the process in a session of its own unless it already runs; its output goes to its log file.

    Raises:
        EmulatorError: one of its ports is taken.
    """
    if running(settings, service.name):
        return
    stop(settings, service.name)
    for variable, port in service.ports.items():
        _check_free(service.name, variable, port)
    settings.run.mkdir(parents=True, exist_ok=True)
    settings.log.mkdir(parents=True, exist_ok=True)
    with _log(settings, service.name).open("wb") as log:
        process = subprocess.Popen(
            service.command(),
            cwd=REPOSITORY,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with contextlib.suppress(psutil.NoSuchProcess):
        started_at = psutil.Process(process.pid).create_time()
        _record(settings, service.name).write_text(json.dumps({"pid": process.pid, "started_at": started_at}))


def wait_until_ready(settings: Settings, service: Service, timeout: float = START_TIMEOUT) -> None:
    """Block until the process serves.

    Raises:
        EmulatorError: it died, or did not serve in time; the message names its log and quotes its last line.
    """
    deadline = time.monotonic() + timeout
    while not service.is_ready(settings):
        late = time.monotonic() > deadline
        if late or not running(settings, service.name):
            log = _log(settings, service.name)
            last = next(iter(log.read_text(errors="replace").strip().splitlines()[-1:]), "no output")
            what = f"did not serve within {timeout:.0f} s" if late else "stopped while starting"
            raise EmulatorError(f"{service.name} {what}: {last} (more in {log})")
        time.sleep(0.1)


def is_up(settings: Settings, service: Service) -> bool:
    """Whether the process of this home runs and serves."""
    return running(settings, service.name) is not None and service.is_ready(settings)


def running(settings: Settings, name: str) -> psutil.Process | None:
    """The recorded process if it is alive: same pid and same start, so never a stranger with a reused pid."""
    try:
        record = json.loads(_record(settings, name).read_text())
        process = psutil.Process(record["pid"])
        same = abs(process.create_time() - record["started_at"]) < 1
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, psutil.Error):
        return None


def stop(settings: Settings, name: str) -> bool:
    """Stop the process and every child it left, and wait until they are gone; True if anything ran."""
    record = _record(settings, name)
    members = _members(record)
    if members:
        for each in _leaders(members, record):
            each.send_signal(signal.SIGTERM)
        _, alive = psutil.wait_procs(members, timeout=STOP_TIMEOUT)
        for each in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(alive, timeout=STOP_TIMEOUT)
    record.unlink(missing_ok=True)
    return bool(members)


@contextlib.contextmanager
def exclusively(settings: Settings) -> Iterator[None]:
    """Let one `up` or `down` of this home work at a time; the others wait."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _check_free(name: str, variable: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            raise EmulatorError(
                f"port {port} of {name} is taken by another program: set {variable} to a free one."
            ) from None


def _record(settings: Settings, name: str) -> Path:
    return settings.run / f"{name}.json"


def _log(settings: Settings, name: str) -> Path:
    return settings.log / f"{name}.log"


def _members(record: Path) -> list[psutil.Process]:
    """Everything alive in the recorded process's session: itself, and a JVM that outlived it."""
    try:
        kept = json.loads(record.read_text())
    except (OSError, ValueError):
        return []
    members = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            in_session = os.getsid(process.pid) == kept["pid"]
            if in_session and process.create_time() >= kept["started_at"] - 1:
                members.append(process)
    return members


def _leaders(members: list[psutil.Process], record: Path) -> list[psutil.Process]:
    """Whom to ask to stop: the process itself; its orphans if it is gone."""
    leader = json.loads(record.read_text())["pid"]
    return [each for each in members if each.pid == leader] or members
