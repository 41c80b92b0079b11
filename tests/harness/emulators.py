"""The processes of the emulators, each started, killed and stopped on its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from emulators import settings as emulator_settings
from emulators.eventhubs import broker, front
from emulators.runtime.environment import service_environment
from emulators.runtime.jars import ensure_jars
from emulators.runtime.java import ensure_java
from emulators.runtime.spark_conf import write_spark_conf
from emulators.settings import REPOSITORY, Settings
from emulators.warehouse.protocol import readiness
from tests.harness.processes import kill_9, wait_until

READY: dict[str, Callable[[Settings], bool]] = {
    "broker": broker.is_ready,
    "front": front.is_ready,
    "warehouse": readiness.is_ready,
}
"""Whether a process serves."""

MODULES = {"front": "emulators.eventhubs", "warehouse": "emulators.warehouse"}
"""What Python runs for a process; the broker is a JVM."""

STOP_SECONDS = 60.0
"""How long a process may take to end once it is told to."""


@dataclass
class Emulators:
    """Broker, AMQP front and warehouse of one home; `processes` holds those that were started."""

    settings: Settings
    java: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @classmethod
    def in_home(cls, home: Path) -> Emulators:
        """Everything that the processes need, in this folder; none of them is started."""
        settings = emulator_settings.load({"EMULATORS_HOME": str(home)})
        java = ensure_java()
        ensure_jars(settings.jars, java)
        write_spark_conf(settings, java)
        broker.prepare(settings)
        return cls(settings, java)

    def start(self, name: str) -> None:
        """Start a process and wait until it serves; fails with its log when it ends before that."""
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(
                self._command(name),
                cwd=REPOSITORY,
                env=service_environment(self.settings, self.java),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.processes[name] = process

        def is_ready() -> bool:
            assert process.poll() is None, self.log(name).read_text()
            return READY[name](self.settings)

        wait_until(is_ready, f"{name} serves, see {self.log(name)}")

    def kill(self, name: str) -> None:
        """Kill -9 a process that runs."""
        kill_9(self.processes.pop(name))

    def stop(self, name: str) -> int:
        """Tell a process to end; returns its exit code."""
        process = self.processes.pop(name)
        process.terminate()
        return process.wait(STOP_SECONDS)

    def stop_all(self) -> None:
        """End every process that still runs: front and warehouse in order, then the broker at once."""
        ends = {name: self.stop(name) for name in ("front", "warehouse") if name in self.processes}
        if "broker" in self.processes:
            self.kill("broker")
        assert not any(ends.values()), ends

    def log(self, name: str) -> Path:
        """What a process prints, over all its starts."""
        return self.settings.home / f"{name}.log"

    def _command(self, name: str) -> list[str]:
        if name == "broker":
            return broker.command(self.settings, self.java)
        return [
            sys.executable,
            "-m",
            {"front": "emulators.eventhubs", "warehouse": "emulators.warehouse"}[name],
        ]
