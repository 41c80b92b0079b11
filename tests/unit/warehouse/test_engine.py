from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import pytest

from emulators.warehouse.engine import ATTEMPTS, Engine
from emulators.warehouse.errors import SqlError
from emulators.warehouse.statements import Command, recognise


def carried_out(sql: str, *outcomes: Any) -> tuple[Any, int]:
    """The outcome of a command whose runs in Spark end like this, and how many runs there were."""
    session = MagicMock()
    session.spark.sql.side_effect = outcomes
    command = recognise(sql)
    assert isinstance(command, Command)
    engine = Engine.__new__(Engine)  # needs no Spark and no catalog here
    try:
        return engine._carried_out(command, session), session.spark.sql.call_count
    except SqlError as error:
        return error.error_class, session.spark.sql.call_count


def conflict(kind: str = "APPEND.WITHOUT_HINT") -> SqlError:
    return SqlError(f"DELTA_CONCURRENT_{kind}", "Transaction conflict detected.", "2D521")


@pytest.mark.parametrize(
    "change",
    ["update t set a = 1", "delete from t", "merge into t using s on t.a = s.a when matched then delete"],
)
def test_a_change_that_met_an_append_is_tried_again(change: str) -> None:
    assert carried_out(change, conflict(), conflict(), "done") == ("done", 3)


def test_it_is_not_tried_for_ever() -> None:
    outcomes = [conflict() for _ in range(ATTEMPTS + 1)]
    assert carried_out("delete from t", *outcomes) == ("DELTA_CONCURRENT_APPEND.WITHOUT_HINT", ATTEMPTS)


def test_other_conflicts_and_commands_fail_at_once() -> None:
    deleted = conflict("DELETE_READ")
    assert carried_out("delete from t", deleted, "done") == ("DELTA_CONCURRENT_DELETE_READ", 1)
    assert carried_out("optimize t", conflict(), "done") == ("DELTA_CONCURRENT_APPEND.WITHOUT_HINT", 1)
