"""The file that holds where a simulated shop stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ingestion.errors import ConfigurationError
from ingestion.files import replacing
from ingestion.simulation.simulator import STATE_VERSION


def load_state(file: Path) -> dict[str, Any] | None:
    """Read a state file; None when there is none, for a new shop.

    Raises:
        ConfigurationError: the file is not readable JSON, or of another version.
    """
    try:
        state = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{file} is not a simulator state ({error}): delete it to open a new shop, or name another."
        ) from error
    if not isinstance(state, dict) or "version" not in state:
        raise ConfigurationError(
            f"{file} is not a simulator state: delete it to open a new shop, or name another."
        )
    if state["version"] != STATE_VERSION:
        raise ConfigurationError(
            f"{file} was kept by another version of the simulator ({state['version']!r}, not "
            f"{STATE_VERSION}): delete it to open a new shop, for a hub that holds nothing of the old one."
        )
    return state


def make_folder(file: Path) -> None:
    """Make the folder of a state file, before anything is sent whose state could not be kept.

    Raises:
        ConfigurationError: it cannot be made.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"cannot keep the shop's state in {file}: {error.strerror}. Name another file with --state."
        ) from error


def save_state(file: Path, state: dict[str, Any]) -> None:
    """Write a state file such that a crash at any moment leaves the old one or the new one."""
    make_folder(file)
    with replacing(file, is_durable=True) as stream:
        stream.write(json.dumps(state).encode())  # Several times as fast as json.dump.
