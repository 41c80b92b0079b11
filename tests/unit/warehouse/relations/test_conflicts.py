from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.errors import SqlError
from emulators.warehouse.relations.conflicts import ATTEMPTS, carried_out
from tests.unit.warehouse.catalog.test_delta_log import commit

BLIND, READING = 1, 2


def conflict(version: int = BLIND, kind: str = "APPEND.WITHOUT_HINT") -> SqlError:
    """An error as Delta words it."""
    return SqlError(
        f"DELTA_CONCURRENT_{kind}",
        "Transaction conflict detected. a concurrent WRITE added data to table s.t committed at version "
        f"{version}. The concurrent operation modified data that should have been read by this operation.",
        "2D521",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A table whose version 1 is an append, and 2 an append that has read the table."""
    commit(tmp_path, BLIND, info={"isBlindAppend": True})
    commit(tmp_path, READING, info={"isBlindAppend": False})
    return tmp_path


def table(folder: Path, **properties: str) -> Relation:
    return Relation(
        "s", "t", "MANAGED", "delta", folder.as_uri(), None, None, properties, 0, (), False, "", ""
    )


def outcome(relation: Relation | None, *outcomes: Any) -> tuple[Any, int]:
    """What becomes of a change whose runs end like this, and how many runs there were."""
    change = MagicMock(side_effect=outcomes)
    try:
        return carried_out(change, relation), change.call_count
    except SqlError as error:
        return error.error_class, change.call_count


def test_a_change_that_met_an_append_is_tried_again(folder: Path) -> None:
    assert outcome(table(folder), conflict(), conflict(), "done") == ("done", 3)


def test_it_is_not_tried_for_ever(folder: Path) -> None:
    outcomes = [conflict() for _ in range(ATTEMPTS + 1)]
    assert outcome(table(folder), *outcomes) == ("DELTA_CONCURRENT_APPEND.WITHOUT_HINT", ATTEMPTS)


def test_what_conflicts_on_databricks_too_fails_at_once(folder: Path) -> None:
    read = conflict(READING)
    assert outcome(table(folder), read, "done") == ("DELTA_CONCURRENT_APPEND.WITHOUT_HINT", 1)
    deleted = conflict(kind="DELETE_READ.WITHOUT_HINT")
    assert outcome(table(folder), deleted, "done") == ("DELTA_CONCURRENT_DELETE_READ.WITHOUT_HINT", 1)
    serializable = table(folder, **{"delta.isolationLevel": "Serializable"})
    assert outcome(serializable, conflict(), "done") == ("DELTA_CONCURRENT_APPEND.WITHOUT_HINT", 1)
    assert outcome(None, conflict(), "done") == ("DELTA_CONCURRENT_APPEND.WITHOUT_HINT", 1)
