"""TCLIService: what each Thrift call of a driver means here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulators.settings import CATALOG
from emulators.warehouse.engine import Engine
from emulators.warehouse.errors import sql_error_from
from emulators.warehouse.names import spark_schema
from emulators.warehouse.protocol import parameters
from emulators.warehouse.protocol.driver_metadata import Metadata, info
from emulators.warehouse.protocol.thrift_answers import (
    failure,
    handle_of,
    invalid_handle,
    not_supported,
    state_of,
    success,
    without_rows,
)
from emulators.warehouse.request_context import USER_AGENT
from emulators.warehouse.results import encoding
from emulators.warehouse.results.result_set import ResultSet
from emulators.warehouse.sessions import session_settings
from emulators.warehouse.sessions.operations import Operation, Operations, Request
from emulators.warehouse.sessions.sessions import Session, Sessions
from emulators.warehouse.sql import parameter_markers
from emulators.warehouse.thrift_types import ttypes

WAIT_SECONDS = 2.0
"""How long a call waits for a statement before it says that it still runs; drivers poll at once."""

ROWS_WAIT_SECONDS = 600.0
"""How long a call for rows waits for them: drivers give up after 15 minutes."""

DIRECT_MAX_ROWS = 100_000
OLDEST, NEWEST = (
    ttypes.TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V7,
    ttypes.TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V9,
)
"""Versions of the protocol: a client that offers V8 or more sends parameters only to a server of its own."""


class Service:
    """The handler behind the Thrift processor; every public method is a call of the protocol."""

    def __init__(self, engine: Engine, sessions: Sessions, operations: Operations) -> None:
        self._engine = engine
        self._metadata = Metadata(engine.catalog)
        self._sessions = sessions
        self._operations = operations

    def OpenSession(self, request: Any) -> Any:  # noqa: N802 - the protocol names it
        """Open a session; its first schema need not exist yet, as on Databricks."""
        for idle in self._sessions.close_idle():
            self._operations.close_all_of(idle)
        catalog = self._engine.catalog
        namespace = request.initialNamespace
        wanted = namespace.catalogName if namespace and namespace.catalogName else CATALOG
        schema = (namespace.schemaName if namespace and namespace.schemaName else "default").lower()
        agent = USER_AGENT.get()
        version = min(max(request.client_protocol_i64 or OLDEST, OLDEST), NEWEST)

        def begin() -> Session:
            catalog.check_catalog(wanted)
            session = self._sessions.open(wanted.lower(), spark_schema(wanted, schema), agent)
            try:
                session_settings.configure(session, request.configuration or {})
            except BaseException:
                self._sessions.close(session.id)
                raise
            return session

        try:
            session = self._operations.call(begin)
        except Exception as error:
            return ttypes.TOpenSessionResp(
                status=failure(sql_error_from(error)), serverProtocolVersion=version
            )
        return ttypes.TOpenSessionResp(
            status=success(),
            serverProtocolVersion=version,
            sessionHandle=ttypes.TSessionHandle(
                sessionId=ttypes.THandleIdentifier(guid=session.id, secret=session.secret),
                serverProtocolVersion=version,
            ),
            configuration={},
            initialNamespace=ttypes.TNamespace(catalogName=wanted, schemaName=schema),
            canUseMultipleCatalogs=True,
            getInfos=[],
        )

    def CloseSession(self, request: Any) -> Any:  # noqa: N802
        """Close a session and whatever it runs."""
        session = self._sessions.close(request.sessionHandle.sessionId.guid)
        if session is None:
            return ttypes.TCloseSessionResp(status=invalid_handle("session"))
        self._operations.close_all_of(session)
        return ttypes.TCloseSessionResp(status=success())

    def ExecuteStatement(self, request: Any) -> Any:  # noqa: N802
        """Start a statement; its rows come along when it ends soon and they fit."""

        def run(session: Session) -> ResultSet:
            if done := session_settings.statement(request.statement, session):
                return done
            sql = parameter_markers.filled(request.statement, parameters.literals_of(request.parameters))
            return self._engine.execute(sql, session, request.resultRowLimit)

        return self._start(request, ttypes.TExecuteStatementResp, self._request_of, run)

    def _request_of(self, request: Any, session: Session) -> Request:
        limits = [each for each in (request.queryTimeout, session_settings.timeout_of(session)) if each]
        tags = session_settings.get(session, session_settings.QUERY_TAGS)
        own = (request.confOverlay or {}).get("query_tags", "")
        return Request(
            request.statement,
            encoding.format_of(request),
            min(limits, default=0),
            parameters.texts_of(request.parameters),
            {**session_settings.tags_of(tags), **session_settings.tags_of(own)},
        )

    def GetOperationStatus(self, request: Any) -> Any:  # noqa: N802
        """The state of an operation; waits a little for its end."""
        operation = self._find(request.operationHandle)
        if operation is None:
            return ttypes.TGetOperationStatusResp(status=invalid_handle("operation"))
        operation.wait(WAIT_SECONDS)
        return state_of(operation)

    def GetResultSetMetadata(self, request: Any) -> Any:  # noqa: N802
        """The columns of an operation's rows."""
        operation = self._find(request.operationHandle)
        if operation is None:
            return ttypes.TGetResultSetMetadataResp(status=invalid_handle("operation"))
        encoder = _encoder_of(operation)
        if encoder is None:
            return ttypes.TGetResultSetMetadataResp(status=without_rows(operation))
        return encoder.metadata()

    def FetchResults(self, request: Any) -> Any:  # noqa: N802
        """The next rows of an operation."""
        operation = self._find(request.operationHandle)
        if operation is None:
            return ttypes.TFetchResultsResp(status=invalid_handle("operation"))
        encoder = _encoder_of(operation)
        if encoder is None:
            return ttypes.TFetchResultsResp(status=without_rows(operation))
        rows, has_more = encoder.next_rows(request.maxRows or 0, request.maxBytes or 0)
        return ttypes.TFetchResultsResp(
            status=success(),
            hasMoreRows=has_more,
            results=rows,
            resultSetMetadata=encoder.metadata() if request.includeResultSetMetadata else None,
        )

    def CancelOperation(self, request: Any) -> Any:  # noqa: N802
        """Stop an operation; one that has ended is left as it is."""
        operation = self._find(request.operationHandle)
        if operation is None:
            return ttypes.TCancelOperationResp(status=invalid_handle("operation"))
        self._operations.cancel(operation)
        return ttypes.TCancelOperationResp(status=success())

    def CloseOperation(self, request: Any) -> Any:  # noqa: N802
        """Forget an operation and its rows."""
        operation = self._find(request.operationHandle)
        if operation is not None:
            self._operations.close(operation)
        return ttypes.TCloseOperationResp(status=success())

    def GetCatalogs(self, request: Any) -> Any:  # noqa: N802
        """Every catalog."""
        return self._metadata_call(request, ttypes.TGetCatalogsResp, self._metadata.catalogs)

    def GetSchemas(self, request: Any) -> Any:  # noqa: N802
        """Schemas whose name is like a pattern."""
        return self._metadata_call(request, ttypes.TGetSchemasResp, self._metadata.schemas)

    def GetTables(self, request: Any) -> Any:  # noqa: N802
        """Tables and views whose schema and name are like a pattern."""
        return self._metadata_call(request, ttypes.TGetTablesResp, self._metadata.tables)

    def GetTableTypes(self, request: Any) -> Any:  # noqa: N802
        """The kinds of relation there can be."""
        return self._metadata_call(request, ttypes.TGetTableTypesResp, self._metadata.table_types)

    def GetColumns(self, request: Any) -> Any:  # noqa: N802
        """Columns whose schema, relation and name are like a pattern."""
        return self._metadata_call(request, ttypes.TGetColumnsResp, self._metadata.columns)

    def GetTypeInfo(self, request: Any) -> Any:  # noqa: N802
        """The types a column can have."""
        return self._metadata_call(request, ttypes.TGetTypeInfoResp, self._metadata.type_info)

    def GetFunctions(self, request: Any) -> Any:  # noqa: N802
        """Functions whose schema and name are like a pattern."""
        return self._metadata_call(request, ttypes.TGetFunctionsResp, self._metadata.functions)

    def GetPrimaryKeys(self, request: Any) -> Any:  # noqa: N802
        """The primary key of a table."""
        return self._metadata_call(request, ttypes.TGetPrimaryKeysResp, self._metadata.primary_keys)

    def GetCrossReference(self, request: Any) -> Any:  # noqa: N802
        """The foreign keys between two tables."""
        return self._metadata_call(request, ttypes.TGetCrossReferenceResp, self._metadata.cross_reference)

    def GetInfo(self, request: Any) -> Any:  # noqa: N802
        """Name and version of the server."""
        return ttypes.TGetInfoResp(status=success(), infoValue=info(request.infoType))

    def GetDelegationToken(self, request: Any) -> Any:  # noqa: N802
        """There are no delegation tokens."""
        return ttypes.TGetDelegationTokenResp(status=not_supported("GetDelegationToken"))

    def CancelDelegationToken(self, request: Any) -> Any:  # noqa: N802
        """There are no delegation tokens."""
        return ttypes.TCancelDelegationTokenResp(status=not_supported("CancelDelegationToken"))

    def RenewDelegationToken(self, request: Any) -> Any:  # noqa: N802
        """There are no delegation tokens."""
        return ttypes.TRenewDelegationTokenResp(status=not_supported("RenewDelegationToken"))

    def _metadata_call(self, request: Any, response: Any, run: Callable[[Any, Session], ResultSet]) -> Any:
        name = type(request).__name__.removeprefix("T").removesuffix("Req")
        return self._start(
            request,
            response,
            lambda *_: Request(f"-- {name}", encoding.COLUMNS),
            lambda session: run(request, session),
            is_call=True,
        )

    def _start(
        self,
        request: Any,
        response: Any,
        read: Callable[[Any, Session], Request],
        run: Callable[[Session], ResultSet],
        is_call: bool = False,
    ) -> Any:
        session = self._sessions.find(request.sessionHandle.sessionId.guid)
        if session is None:
            return response(status=invalid_handle("session"))
        operation = self._operations.start(session, read(request, session), lambda: run(session), is_call)
        direct = None
        if request.getDirectResults:
            operation.wait(WAIT_SECONDS)
            direct = self._direct_results(operation, request.getDirectResults)
        return response(status=success(), operationHandle=handle_of(operation), directResults=direct)

    def _direct_results(self, operation: Operation, wanted: Any) -> Any:
        """Everything the driver would ask for next, when the operation has ended: it saves three calls."""
        direct = ttypes.TSparkDirectResults(operationStatus=state_of(operation))
        if direct.operationStatus.operationState == ttypes.TOperationState.RUNNING_STATE:
            return direct  # even if it has ended by now: the driver asks on
        if operation.encoder:
            rows, has_more = operation.encoder.next_rows(
                min(wanted.maxRows or DIRECT_MAX_ROWS, DIRECT_MAX_ROWS), wanted.maxBytes or 0
            )
            direct.resultSetMetadata = operation.encoder.metadata()
            direct.resultSet = ttypes.TFetchResultsResp(status=success(), hasMoreRows=has_more, results=rows)
            if not has_more and not operation.encoder.is_downloaded:
                self._operations.close(operation)
                direct.closeOperation = ttypes.TCloseOperationResp(status=success())
        else:
            self._operations.close(operation)
            direct.closeOperation = ttypes.TCloseOperationResp(status=success())
        return direct

    def _find(self, handle: Any) -> Operation | None:
        operation = self._operations.find(handle.operationId.guid)
        if operation:
            self._sessions.find(operation.session.id)  # who asks for its rows uses the session
        return operation


def _encoder_of(operation: Operation) -> encoding.Encoder | None:
    """What writes the rows of an operation, waiting for its end; None when there are none (yet)."""
    operation.wait(ROWS_WAIT_SECONDS)
    return operation.encoder
