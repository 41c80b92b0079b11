"""Finds a Java 17+ runtime, or installs one where the package manager lets us."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import typer

from emulators.errors import EmulatorError

MINIMUM = 17
TESTED = range(17, 22)
"""Releases that the emulators are tested with; a newer one is taken only where there is none of these."""
PACKAGES = ("openjdk-21-jre-headless", "openjdk-17-jre-headless")
"""Debian and Ubuntu packages of a full headless runtime, the preferred one first."""


def find_java(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The `java` to run: `JAVA_HOME`'s, the path's, or one under the system's usual folders."""
    newer = None
    for java in _candidates(environment):
        version = _version(java) or 0
        if version in TESTED:
            return java
        if version >= MINIMUM:
            newer = newer or java
    return newer


def ensure_java(environment: Mapping[str, str] = os.environ) -> Path:
    """Find Java 17+, installing a headless runtime through apt when this user may.

    Raises:
        EmulatorError: there is none and it cannot be installed; the message holds the command to type.
    """
    java = find_java(environment)
    if java is None:
        _install()
        java = find_java(environment)
    if java is None:
        raise EmulatorError(f"Java {MINIMUM} or newer was not found. Install it, then run again: {_advice()}")
    return java


def home_of(java: Path) -> Path:
    """The `JAVA_HOME` of a `java` executable."""
    return java.resolve().parent.parent


def parse_version(text: str) -> int | None:
    """Feature release in the first line of `java -version`: 17 for `17.0.15`, 8 for `1.8.0_402`."""
    match = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(match[1]) if match else None


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    if environment.get("JAVA_HOME"):
        yield Path(environment["JAVA_HOME"]) / "bin" / "java"
    if on_path := shutil.which("java", path=environment.get("PATH")):
        yield Path(on_path)
    for pattern in (
        "/usr/lib/jvm/*/bin/java",
        "/opt/homebrew/opt/openjdk*/bin/java",
        "/Library/Java/JavaVirtualMachines/*/Contents/Home/bin/java",
    ):
        yield from sorted(Path("/").glob(pattern[1:]), reverse=True)


def _version(java: Path) -> int | None:
    try:
        answer = subprocess.run([str(java), "-version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(answer.stderr + answer.stdout) if answer.returncode == 0 else None


def _apt() -> list[str] | None:
    if not (apt := shutil.which("apt-get")):
        return None
    if os.geteuid() == 0:
        return [apt]
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0:
        return [sudo, "-n", apt]
    return None


def _install() -> None:
    if (apt := _apt()) is None:
        return
    typer.echo("Java 17+ is missing: installing a headless runtime with apt …", err=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*apt, "update", "-qq"], env=environment, capture_output=True)
    for package in PACKAGES:
        command = [*apt, "install", "-y", "-qq", "--no-install-recommends", package]
        if subprocess.run(command, env=environment, capture_output=True).returncode == 0:
            return


def _advice() -> str:
    if shutil.which("apt-get"):
        return f"sudo apt-get update && sudo apt-get install -y {PACKAGES[-1]}"
    if shutil.which("dnf"):
        return "sudo dnf install -y java-17-openjdk-headless"
    if shutil.which("brew"):
        return "brew install openjdk@17"
    return f"any full Java {MINIMUM} runtime, with JAVA_HOME pointing at it"
