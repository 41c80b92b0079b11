from __future__ import annotations

from typing import Any, cast
from unittest.mock import MagicMock

import pyarrow as pa
import pytest

from emulators.warehouse.errors import SqlError
from emulators.warehouse.protocol import thrift_answers, thrift_service
from emulators.warehouse.protocol.thrift_service import Service
from emulators.warehouse.results import encoding
from emulators.warehouse.results.result_set import ResultSet
from emulators.warehouse.sessions.operations import Operation, Request, State
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.thrift_types import ttypes

ENDS = {
    State.FINISHED: {"result": ResultSet([], pa.schema([]), [])},
    State.FAILED: {"error": SqlError("X", "It failed.", "42000")},
}


@pytest.mark.parametrize("state", ENDS)
def test_a_statement_that_ends_while_the_answer_is_worded_stays_open(
    monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    operation = Operation(Session(cast(Any, None), "c", "s"), Request("select 1", encoding.COLUMNS))
    operations = MagicMock(start=MagicMock(return_value=operation))
    state_of = thrift_answers.state_of

    def ends_meanwhile(of: Operation) -> Any:
        status = state_of(of)
        of.end(state, lambda _: None, **cast(Any, ENDS[state]))
        return status

    monkeypatch.setattr(thrift_service, "WAIT_SECONDS", 0)
    monkeypatch.setattr(thrift_service, "state_of", ends_meanwhile)
    request = ttypes.TExecuteStatementReq(
        sessionHandle=ttypes.TSessionHandle(sessionId=ttypes.THandleIdentifier(guid=b"1")),
        statement="select 1",
        getDirectResults=ttypes.TSparkGetDirectResults(maxRows=1),
    )
    sessions = MagicMock(find=MagicMock(return_value=operation.session))
    direct = Service(MagicMock(), sessions, operations).ExecuteStatement(request).directResults

    assert direct.operationStatus.operationState == ttypes.TOperationState.RUNNING_STATE
    assert (direct.resultSet, direct.closeOperation) == (None, None)
    operations.close.assert_not_called()


def test_who_sees_the_state_of_a_statement_sees_the_rest() -> None:
    operation = Operation(Session(cast(Any, None), "c", "s"), Request("select 1", encoding.COLUMNS))
    seen = []
    operation.end(State.FAILED, lambda entry: seen.append((entry.status, operation.state)), error=None)
    assert seen == [("FAILED", State.RUNNING)]
    assert operation.state is State.FAILED


@pytest.mark.parametrize("call", ["GetResultSetMetadata", "FetchResults"])
def test_rows_of_a_statement_that_runs_for_very_long_are_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    operation = Operation(Session(cast(Any, None), "c", "s"), Request("select 1", encoding.COLUMNS))
    service = Service(MagicMock(), MagicMock(), MagicMock(find=MagicMock(return_value=operation)))
    monkeypatch.setattr(thrift_service, "ROWS_WAIT_SECONDS", 0)
    request = MagicMock(maxRows=1, maxBytes=1)

    status = getattr(service, call)(request).status
    assert status.statusCode == ttypes.TStatusCode.STILL_EXECUTING_STATUS

    operation.end(State.FAILED, lambda _: None, **cast(Any, ENDS[State.FAILED]))
    status = getattr(service, call)(request).status
    assert (status.statusCode, status.sqlState) == (ttypes.TStatusCode.ERROR_STATUS, "42000")
