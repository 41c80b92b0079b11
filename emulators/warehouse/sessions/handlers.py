"""What carries out statements, each feature its own: the engine sums them up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulators.warehouse.results.result_set import ResultSet
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql.statements import Statement

Handler = Callable[[Any, Session], ResultSet | None]
"""Carries out one statement of a class for a session; None stands for a result without rows."""

Handlers = dict[type[Statement], Handler]
