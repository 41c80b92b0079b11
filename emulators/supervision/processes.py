"""Starts, finds and stops the emulators' processes, each of which can die and come back alone."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, NamedTuple

import psutil

from emulators.errors import EmulatorError
from emulators.files import locked, write_private
from emulators.settings import LOOPBACK, REPOSITORY, Settings

START_TIMEOUT = 90.0
"""Seconds a process may take until it serves; a broker recovering from `kill -9` needs about 15."""
STOP_TIMEOUT = 15.0
"""Seconds a process gets to stop before it is killed."""
LARGEST_LOG_BYTES = 10_000_000
"""A log that has grown beyond this is put aside when a process starts."""

MARK = "EMULATORS_PROCESS"
"""Environment variable of a process and all it starts: the path of its record. By it a process is found whose
record was never written, or is torn."""

STARTED = "--- started "
"""How the line begins that each start adds to the log."""


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
    for folder in (settings.run, settings.log):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    record = _record(settings, service.name)
    with _opened(_log(settings, service.name)) as log:
        process = subprocess.Popen(
            service.command(),
            cwd=REPOSITORY,
            env={**environment, MARK: str(record)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,  # what it writes holds what statements and messages hold
        )
    with contextlib.suppress(psutil.NoSuchProcess):
        started_at = psutil.Process(process.pid).create_time()
        write_private(record, json.dumps({"pid": process.pid, "started_at": started_at}).encode())


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
            last = _last_line(log) or "no output"
            what = f"did not serve within {timeout:.0f} s" if late else "stopped while starting"
            raise EmulatorError(f"{service.name} {what}: {last} (more in {log})")
        time.sleep(0.1)


def is_up(settings: Settings, service: Service) -> bool:
    """Whether the process of this home runs and serves."""
    return running(settings, service.name) is not None and service.is_ready(settings)


def running(settings: Settings, name: str) -> psutil.Process | None:
    """The recorded process if it is alive: same pid and same start, so never a stranger with a reused pid.

    Without a record, as after a kill just before it was written, it is looked for by its mark.
    """
    record = _record(settings, name)
    kept = _read(record)
    if kept is None:
        return next(iter(_leaders(_members(record))), None)
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(kept.pid)
        same = abs(process.create_time() - kept.started_at) < 1
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    return None


def stop(settings: Settings, name: str) -> bool:
    """Stop the process and every child it left, and wait until they are gone; True if anything ran."""
    record = _record(settings, name)
    members = _members(record)
    if members:
        # Whom to ask: the process itself; its orphans if it is gone.
        for each in _leaders(members) or members:
            with contextlib.suppress(psutil.NoSuchProcess):
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
    with locked(settings.home / "lock"):
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


class _Record(NamedTuple):
    """Which process was started, and when, in seconds since 1970."""

    pid: int
    started_at: float


def _read(record: Path) -> _Record | None:
    """What a record says; None when there is none that can be read."""
    try:
        kept = json.loads(record.read_bytes())
        return _Record(int(kept["pid"]), float(kept["started_at"]))
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _members(record: Path) -> list[psutil.Process]:
    """Everything alive of a process: itself, and what it started, as a JVM that outlived it."""
    kept, mark = _read(record), str(record)
    members = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if (kept and _is_in_session(process, kept)) or process.environ().get(MARK) == mark:
                members.append(process)
    return members


def _is_in_session(process: psutil.Process, kept: _Record) -> bool:
    return os.getsid(process.pid) == kept.pid and process.create_time() >= kept.started_at - 1


def _leaders(members: list[psutil.Process]) -> list[psutil.Process]:
    """Those that were started here, in sessions of their own, and not by another."""
    return [each for each in members if _is_leader(each)]


def _is_leader(process: psutil.Process) -> bool:
    with contextlib.suppress(OSError):
        return os.getsid(process.pid) == process.pid
    return False


def _opened(log: Path) -> IO[bytes]:
    """A log to add to: what an earlier process said last, and why it died, stays."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LARGEST_LOG_BYTES:
            log.replace(log.with_name(f"{log.name}.1"))
    stream = os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
    stream.write(f"{STARTED}{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n".encode())
    stream.flush()
    return stream


def _last_line(log: Path) -> str:
    """The last that the process said which was started last; empty when it said nothing."""
    with log.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - LARGEST_LOG_BYTES))
        said = stream.read().decode(errors="replace").rpartition(STARTED)[2]
    return next(iter(said.strip().splitlines()[1:][-1:]), "")
