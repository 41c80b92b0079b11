"""Parts of answers of the Thrift protocol: how a call went, and how an operation stands."""

from __future__ import annotations

from typing import Any

from emulators.warehouse.errors import GENERIC_SQL_STATE
from emulators.warehouse.sessions.operations import Operation, State
from emulators.warehouse.thrift_types import ttypes

_STATES = {
    State.RUNNING: ttypes.TOperationState.RUNNING_STATE,
    State.FINISHED: ttypes.TOperationState.FINISHED_STATE,
    State.FAILED: ttypes.TOperationState.ERROR_STATE,
    State.CANCELED: ttypes.TOperationState.CANCELED_STATE,
}


def handle_of(operation: Operation) -> Any:
    """What a client names an operation by."""
    return ttypes.TOperationHandle(
        operationId=ttypes.THandleIdentifier(guid=operation.id, secret=operation.secret),
        operationType=ttypes.TOperationType.EXECUTE_STATEMENT,
        hasResultSet=True,
    )


def state_of(operation: Operation) -> Any:
    """How an operation stands, for GetOperationStatus."""
    state = operation.state  # first: the rest is set before it
    error = operation.error
    result = operation.result
    return ttypes.TGetOperationStatusResp(
        # The call itself succeeded; JDBC takes the reason of a failure from here.
        status=ttypes.TStatus(
            statusCode=ttypes.TStatusCode.SUCCESS_STATUS, errorMessage=str(error) if error else None
        ),
        operationState=_STATES[state],
        sqlState=error.sql_state if error else None,
        errorCode=0 if error else None,
        errorMessage=str(error) if error else None,
        displayMessage=str(error) if error else None,
        operationStarted=int(operation.started_at * 1000),
        operationCompleted=int(operation.ended_at * 1000) if operation.ended_at else None,
        hasResultSet=True,
        numModifiedRows=result.affected_rows if result else None,
    )


def without_rows(operation: Operation) -> Any:
    """Why an operation has no rows to be fetched: it failed, or runs still."""
    if operation.error:
        return failure(operation.error)
    return ttypes.TStatus(
        statusCode=ttypes.TStatusCode.STILL_EXECUTING_STATUS, infoMessages=["The statement still runs."]
    )


def success() -> Any:
    """The status of a call that was carried out."""
    return ttypes.TStatus(statusCode=ttypes.TStatusCode.SUCCESS_STATUS)


def invalid_handle(what: str) -> Any:
    """The status of a call for a session or an operation that is not there."""
    return ttypes.TStatus(
        statusCode=ttypes.TStatusCode.INVALID_HANDLE_STATUS,
        sqlState=GENERIC_SQL_STATE,
        errorMessage=f"[INVALID_HANDLE] There is no such {what}: it was closed, or the warehouse restarted.",
    )


def not_supported(what: str) -> Any:
    """The status of a call that is not carried out here."""
    return ttypes.TStatus(
        statusCode=ttypes.TStatusCode.ERROR_STATUS, sqlState="0A000", errorMessage=f"{what} is not supported."
    )


def failure(error: BaseException) -> Any:
    """The status of a call that failed."""
    return ttypes.TStatus(
        statusCode=ttypes.TStatusCode.ERROR_STATUS,
        sqlState=getattr(error, "sql_state", GENERIC_SQL_STATE),
        errorMessage=str(error),
        displayMessage=str(error),
    )
