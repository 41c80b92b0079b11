"""What a session is told before its first statement, in every target."""

from __future__ import annotations

from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from emulators.settings import REPOSITORY


def outputs() -> dict[str, Any]:
    profiles = yaml.safe_load((REPOSITORY / "profiles.yml").read_text())
    found: dict[str, Any] = profiles["order_intelligence"]["outputs"]
    return found


@pytest.mark.parametrize("target", ["local", "dev", "prod"])
def test_sessions_are_in_utc_and_strict_in_every_target(target: str) -> None:
    assert outputs()[target]["session_properties"] == {"timezone": "UTC", "ansi_mode": "true"}


def test_no_target_is_without_them() -> None:
    assert set(outputs()) == {"local", "dev", "prod"}
