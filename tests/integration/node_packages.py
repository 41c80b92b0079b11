"""Packages of Node.js that tests run: fetched once, into `.local/drivers`, and checked against a lock."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from emulators.settings import REPOSITORY

FETCHED = REPOSITORY / ".local" / "drivers"
FETCH_SECONDS = 900


def node_packages(source: Path) -> Path:
    """A folder with the packages of `source/package.json`; skips the test where they cannot be had."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("Node.js and npm are not installed: what needs them was not run")
    folder = FETCHED / f"{source.parent.parent.name}-{source.name}"
    lock = (source / "package-lock.json").read_text()
    verified = folder / ".verified"
    if verified.exists() and verified.read_text() == lock:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    # `npm ci` refuses the lock for an optional package that a driver names and nobody published.
    command = ["npm", "install", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False
    )
    printed = done.stdout + done.stderr
    assert "EINTEGRITY" not in printed, printed
    if done.returncode != 0:
        pytest.skip(f"npm could not fetch {source.name}, so it was not run: {printed.strip()[-300:]}")
    verified.write_text(lock)
    return folder
