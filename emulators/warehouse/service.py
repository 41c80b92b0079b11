"""TCLIService: what each Thrift call of a driver means here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pyspark.sql import types as t

from emulators.warehouse import describe, parameters, results
from emulators.warehouse.engine import Engine
from emulators.warehouse.errors import GENERIC_SQL_STATE
from emulators.warehouse.operations import Operation, Operations, State
from emulators.warehouse.results import Column, ResultSet
from emulators.warehouse.sessions import Session, Sessions
from emulators.warehouse.thrift import ttypes

WAIT_SECONDS = 2.0
"""How long a call waits for a statement before it says that it still runs; drivers poll at once."""

ROWS_WAIT_SECONDS = 600.0
"""How long a call for rows waits for them: drivers give up after 15 minutes."""

DIRECT_MAX_ROWS = 100_000
DIRECT_MAX_BYTES = 100 << 20
PROTOCOL = ttypes.TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V7

_STATES = {
    State.RUNNING: ttypes.TOperationState.RUNNING_STATE,
    State.FINISHED: ttypes.TOperationState.FINISHED_STATE,
    State.FAILED: ttypes.TOperationState.ERROR_STATE,
    State.CANCELED: ttypes.TOperationState.CANCELED_STATE,
}

_TABLE_TYPES = {"MANAGED": "TABLE", "EXTERNAL": "TABLE"}

_STRING = t.StringType()
_INT = t.IntegerType()

_TYPE_INFO: tuple[tuple[str, int, int | None], ...] = (
    ("BOOLEAN", 16, None),
    ("TINYINT", -6, 3),
    ("SMALLINT", 5, 5),
    ("INT", 4, 10),
    ("BIGINT", -5, 19),
    ("FLOAT", 6, 7),
    ("DOUBLE", 8, 15),
    ("DECIMAL", 3, 38),
    ("STRING", 12, None),
    ("BINARY", -2, None),
    ("DATE", 91, None),
    ("TIMESTAMP", 93, None),
    ("TIMESTAMP_NTZ", 93, None),
    ("ARRAY", 2003, None),
    ("MAP", 2000, None),
    ("STRUCT", 2002, None),
    ("VARIANT", 1111, None),
)
"""Type name, JDBC type code, precision."""


class Service:
    """The handler behind the Thrift processor; every public method is a call of the protocol."""

    def __init__(self, engine: Engine, sessions: Sessions, operations: Operations) -> None:
        self._engine = engine
        self._sessions = sessions
        self._operations = operations

    def OpenSession(self, request: Any) -> Any:  # noqa: N802 - the protocol names it
        """Open a session; its first schema need not exist yet, as on Databricks."""
        for idle in self._sessions.close_idle():
            self._operations.close_all_of(idle)
        catalog = self._engine.catalog
        namespace = request.initialNamespace
        wanted = namespace.catalogName if namespace and namespace.catalogName else catalog.name
        schema = (namespace.schemaName if namespace and namespace.schemaName else "default").lower()
        try:
            catalog.check_catalog(wanted)
        except Exception as error:
            return ttypes.TOpenSessionResp(status=_error(error), serverProtocolVersion=PROTOCOL)
        configuration = dict(request.configuration or {})
        session = self._operations.call(lambda: self._sessions.open(catalog.name, schema, configuration))
        return ttypes.TOpenSessionResp(
            status=_success(),
            serverProtocolVersion=PROTOCOL,
            sessionHandle=ttypes.TSessionHandle(
                sessionId=ttypes.THandleIdentifier(guid=session.id, secret=session.secret),
                serverProtocolVersion=PROTOCOL,
            ),
            configuration={},
            initialNamespace=ttypes.TNamespace(catalogName=catalog.name, schemaName=schema),
            canUseMultipleCatalogs=True,
            getInfos=[],
        )

    def CloseSession(self, request: Any) -> Any:  # noqa: N802
        """Close a session and whatever it runs."""
        session = self._sessions.close(request.sessionHandle.sessionId.guid)
        if session is None:
            return ttypes.TCloseSessionResp(status=_invalid("session"))
        self._operations.close_all_of(session)
        return ttypes.TCloseSessionResp(status=_success())

    def ExecuteStatement(self, request: Any) -> Any:  # noqa: N802
        """Start a statement; its rows come along when it ends soon and they fit."""

        def run(session: Session) -> ResultSet:
            values = parameters.values_of(request.parameters)
            return self._engine.execute(request.statement, session, values, request.resultRowLimit)

        return self._start(request, ttypes.TExecuteStatementResp, request.statement, run)

    def GetOperationStatus(self, request: Any) -> Any:  # noqa: N802
        """The state of an operation; waits a little for its end."""
        operation = self._find(request.operationHandle)
        if operation is None:
            return ttypes.TGetOperationStatusResp(status=_invalid("operation"))
        operation.wait(WAIT_SECONDS)
        return _status_of(operation)

    def GetResultSetMetadata(self, request: Any) -> Any:  # noqa: N802
        """The columns of an operation's rows."""
        operation = self._find(request.operationHandle)
        if operation is None:
            return ttypes.TGetResultSetMetadataResp(status=_invalid("operation"))
        result = _result_of(operation)
        if isinstance(result, ResultSet):
            return result.metadata()
        return ttypes.TGetResultSetMetadataResp(status=result)

    def FetchResults(self, request: Any) -> Any:  # noqa: N802
        """The next rows of an operation."""
        operation = self._find(request.operationHandle)
        if operation is None:
            return ttypes.TFetchResultsResp(status=_invalid("operation"))
        result = _result_of(operation)
        if not isinstance(result, ResultSet):
            return ttypes.TFetchResultsResp(status=result)
        page = result.next_page(request.maxRows or 0, request.maxBytes or 0)
        return ttypes.TFetchResultsResp(
            status=_success(),
            hasMoreRows=not result.is_exhausted,
            results=page,
            resultSetMetadata=result.metadata() if request.includeResultSetMetadata else None,
        )

    def CancelOperation(self, request: Any) -> Any:  # noqa: N802
        """Stop an operation; one that has ended is left as it is."""
        operation = self._find(request.operationHandle)
        if operation is None:
            return ttypes.TCancelOperationResp(status=_invalid("operation"))
        self._operations.cancel(operation)
        return ttypes.TCancelOperationResp(status=_success())

    def CloseOperation(self, request: Any) -> Any:  # noqa: N802
        """Forget an operation and its rows."""
        operation = self._find(request.operationHandle)
        if operation is not None:
            self._operations.close(operation)
        return ttypes.TCloseOperationResp(status=_success())

    def GetCatalogs(self, request: Any) -> Any:  # noqa: N802
        """Every catalog."""
        return self._metadata(
            request,
            ttypes.TGetCatalogsResp,
            lambda: results.from_rows([Column("TABLE_CAT", _STRING)], [(self._engine.catalog.name,)]),
        )

    def GetSchemas(self, request: Any) -> Any:  # noqa: N802
        """Schemas whose name is like a pattern (`%` and `_`)."""

        def run() -> ResultSet:
            catalog = self._engine.catalog
            names = _like(catalog.records.schema_names(), request.schemaName)
            rows = [(each, catalog.name) for each in names if _is_here(request.catalogName, catalog.name)]
            return results.from_rows([Column("TABLE_SCHEM", _STRING), Column("TABLE_CATALOG", _STRING)], rows)

        return self._metadata(request, ttypes.TGetSchemasResp, run)

    def GetTables(self, request: Any) -> Any:  # noqa: N802
        """Tables and views whose schema and name are like a pattern."""

        def run() -> ResultSet:
            catalog = self._engine.catalog
            found = catalog.records.relations() if _is_here(request.catalogName, catalog.name) else []
            schemas = set(_like({each.schema for each in found}, request.schemaName))
            names = set(_like({each.name for each in found}, request.tableName))
            wanted = {each.upper() for each in request.tableTypes or ()}
            rows = [
                (catalog.name, each.schema, each.name, kind, each.comment or "", None, None, None, None, None)
                for each in found
                if each.schema in schemas
                and each.name in names
                and (kind := _TABLE_TYPES.get(each.type, each.type))
                and (not wanted or kind in wanted)
            ]
            columns = [
                "TABLE_CAT",
                "TABLE_SCHEM",
                "TABLE_NAME",
                "TABLE_TYPE",
                "REMARKS",
                "TYPE_CAT",
                "TYPE_SCHEM",
                "TYPE_NAME",
                "SELF_REFERENCING_COL_NAME",
                "REF_GENERATION",
            ]
            return results.from_rows([Column(each, _STRING) for each in columns], rows)

        return self._metadata(request, ttypes.TGetTablesResp, run)

    def GetTableTypes(self, request: Any) -> Any:  # noqa: N802
        """The kinds of relation there can be."""
        kinds = [("TABLE",), ("VIEW",), ("MATERIALIZED_VIEW",), ("METRIC_VIEW",)]
        return self._metadata(
            request,
            ttypes.TGetTableTypesResp,
            lambda: results.from_rows([Column("TABLE_TYPE", _STRING)], kinds),
        )

    def GetColumns(self, request: Any) -> Any:  # noqa: N802
        """Columns whose schema, relation and name are like a pattern."""

        def run() -> ResultSet:
            catalog = self._engine.catalog
            catalog.follow()
            found = catalog.records.relations() if _is_here(request.catalogName, catalog.name) else []
            schemas = set(_like({each.schema for each in found}, request.schemaName))
            names = set(_like({each.name for each in found}, request.tableName))
            rows = []
            for relation in found:
                if relation.schema not in schemas or relation.name not in names:
                    continue
                columns = catalog.records.columns(relation.schema, relation.name)
                kept = set(_like({each.name for each in columns}, request.columnName))
                for position, column in enumerate(columns):
                    if column.name in kept:
                        rows.append(
                            _column_row(catalog.name, relation.schema, relation.name, position, column)
                        )
            return results.from_rows(_COLUMN_COLUMNS, rows)

        return self._metadata(request, ttypes.TGetColumnsResp, run)

    def GetTypeInfo(self, request: Any) -> Any:  # noqa: N802
        """The types a column can have."""
        columns = [Column("TYPE_NAME", _STRING), Column("DATA_TYPE", _INT), Column("PRECISION", _INT)]
        return self._metadata(
            request, ttypes.TGetTypeInfoResp, lambda: results.from_rows(columns, _TYPE_INFO)
        )

    def GetFunctions(self, request: Any) -> Any:  # noqa: N802
        """No function is listed."""
        names = ["FUNCTION_CAT", "FUNCTION_SCHEM", "FUNCTION_NAME", "REMARKS", "SPECIFIC_NAME"]
        columns = [*[Column(each, _STRING) for each in names], Column("FUNCTION_TYPE", _INT)]
        return self._metadata(request, ttypes.TGetFunctionsResp, lambda: results.from_rows(columns, []))

    def GetPrimaryKeys(self, request: Any) -> Any:  # noqa: N802
        """The primary key of a table."""

        def run() -> ResultSet:
            catalog = self._engine.catalog
            schema, table = (request.schemaName or "").lower(), (request.tableName or "").lower()
            rows = [
                (catalog.name, schema, table, column, position + 1, name)
                for name, key, _ in catalog.records.keys(schema, table)
                if key.kind == "PRIMARY KEY"
                for position, column in enumerate(key.columns)
            ]
            names = ["TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "COLUMN_NAME", "KEY_SEQ", "PK_NAME"]
            columns = [Column(each, _INT if each == "KEY_SEQ" else _STRING) for each in names]
            return results.from_rows(columns, rows)

        return self._metadata(request, ttypes.TGetPrimaryKeysResp, run)

    def GetCrossReference(self, request: Any) -> Any:  # noqa: N802
        """No cross reference is listed."""
        names = [
            "PKTABLE_CAT",
            "PKTABLE_SCHEM",
            "PKTABLE_NAME",
            "PKCOLUMN_NAME",
            "FKTABLE_CAT",
            "FKTABLE_SCHEM",
            "FKTABLE_NAME",
            "FKCOLUMN_NAME",
            "FK_NAME",
            "PK_NAME",
        ]
        return self._metadata(
            request,
            ttypes.TGetCrossReferenceResp,
            lambda: results.from_rows([Column(each, _STRING) for each in names], []),
        )

    def GetInfo(self, request: Any) -> Any:  # noqa: N802
        """Name and version of the server."""
        known = {
            ttypes.TGetInfoType.CLI_SERVER_NAME: "Spark SQL",
            ttypes.TGetInfoType.CLI_DBMS_NAME: "Spark SQL",
            ttypes.TGetInfoType.CLI_DBMS_VER: "4.2.0",
            ttypes.TGetInfoType.CLI_MAX_COLUMN_NAME_LEN: "128",
            ttypes.TGetInfoType.CLI_MAX_SCHEMA_NAME_LEN: "128",
            ttypes.TGetInfoType.CLI_MAX_TABLE_NAME_LEN: "128",
        }
        value = known.get(request.infoType, "")
        return ttypes.TGetInfoResp(status=_success(), infoValue=ttypes.TGetInfoValue(stringValue=value))

    def GetDelegationToken(self, request: Any) -> Any:  # noqa: N802
        """There are no delegation tokens."""
        return ttypes.TGetDelegationTokenResp(status=_not_supported("GetDelegationToken"))

    def CancelDelegationToken(self, request: Any) -> Any:  # noqa: N802
        """There are no delegation tokens."""
        return ttypes.TCancelDelegationTokenResp(status=_not_supported("CancelDelegationToken"))

    def RenewDelegationToken(self, request: Any) -> Any:  # noqa: N802
        """There are no delegation tokens."""
        return ttypes.TRenewDelegationTokenResp(status=_not_supported("RenewDelegationToken"))

    def _metadata(self, request: Any, response: Any, run: Callable[[], ResultSet]) -> Any:
        name = type(request).__name__.removeprefix("T").removesuffix("Req")
        return self._start(request, response, f"-- {name}", lambda _: run())

    def _start(self, request: Any, response: Any, statement: str, run: Callable[[Session], ResultSet]) -> Any:
        session = self._sessions.find(request.sessionHandle.sessionId.guid)
        if session is None:
            return response(status=_invalid("session"))
        operation = self._operations.start(session, statement, lambda: run(session))
        direct = None
        if request.getDirectResults:
            operation.wait(WAIT_SECONDS)
            direct = self._direct_results(operation, request.getDirectResults)
        return response(status=_success(), operationHandle=_handle(operation), directResults=direct)

    def _direct_results(self, operation: Operation, wanted: Any) -> Any:
        """Everything the driver would ask for next, when the operation has ended: it saves three calls."""
        direct = ttypes.TSparkDirectResults(operationStatus=_status_of(operation))
        if operation.state is State.FINISHED and operation.result:
            result = operation.result
            page = result.next_page(
                min(wanted.maxRows or DIRECT_MAX_ROWS, DIRECT_MAX_ROWS),
                min(wanted.maxBytes or DIRECT_MAX_BYTES, DIRECT_MAX_BYTES),
            )
            direct.resultSetMetadata = result.metadata()
            direct.resultSet = ttypes.TFetchResultsResp(
                status=_success(), hasMoreRows=not result.is_exhausted, results=page
            )
            if result.is_exhausted:
                self._operations.close(operation)
                direct.closeOperation = ttypes.TCloseOperationResp(status=_success())
        elif operation.state is not State.RUNNING:
            self._operations.close(operation)
            direct.closeOperation = ttypes.TCloseOperationResp(status=_success())
        return direct

    def _find(self, handle: Any) -> Operation | None:
        return self._operations.find(handle.operationId.guid)


_COLUMN_COLUMNS = [
    Column("TABLE_CAT", _STRING),
    Column("TABLE_SCHEM", _STRING),
    Column("TABLE_NAME", _STRING),
    Column("COLUMN_NAME", _STRING),
    Column("DATA_TYPE", _INT),
    Column("TYPE_NAME", _STRING),
    Column("COLUMN_SIZE", _INT),
    Column("BUFFER_LENGTH", t.ByteType()),
    Column("DECIMAL_DIGITS", _INT),
    Column("NUM_PREC_RADIX", _INT),
    Column("NULLABLE", _INT),
    Column("REMARKS", _STRING),
    Column("COLUMN_DEF", _STRING),
    Column("SQL_DATA_TYPE", _INT),
    Column("SQL_DATETIME_SUB", _INT),
    Column("CHAR_OCTET_LENGTH", _INT),
    Column("ORDINAL_POSITION", _INT),
    Column("IS_NULLABLE", _STRING),
    Column("SCOPE_CATALOG", _STRING),
    Column("SCOPE_SCHEMA", _STRING),
    Column("SCOPE_TABLE", _STRING),
    Column("SOURCE_DATA_TYPE", t.ShortType()),
    Column("IS_AUTO_INCREMENT", _STRING),
]


def _column_row(catalog: str, schema: str, table: str, position: int, column: Any) -> tuple[Any, ...]:
    name = column.type.simpleString().upper()
    base = name.partition("(")[0].partition("<")[0]
    code = next((code for known, code, _ in _TYPE_INFO if known == base), 1111)
    decimal = isinstance(column.type, t.DecimalType)
    return (
        catalog,
        schema,
        table,
        column.name,
        code,
        name,
        column.type.precision if decimal else None,
        None,
        column.type.scale if decimal else None,
        10 if decimal else None,
        1 if column.is_nullable else 0,
        column.comment or "",
        None,
        None,
        None,
        None,
        position,
        "YES" if column.is_nullable else "NO",
        None,
        None,
        None,
        None,
        "NO",
    )


def _like(names: Sequence[str] | set[str], pattern: str | None) -> list[str]:
    """The names that a metadata pattern takes: `%` any text, `_` any character, `*` as `%`."""
    if not pattern:
        return sorted(names)
    return describe.like(sorted(names), pattern)


def _is_here(wanted: str | None, catalog: str) -> bool:
    return not wanted or bool(describe.like([catalog], wanted))


def _handle(operation: Operation) -> Any:
    return ttypes.TOperationHandle(
        operationId=ttypes.THandleIdentifier(guid=operation.id, secret=operation.secret),
        operationType=ttypes.TOperationType.EXECUTE_STATEMENT,
        hasResultSet=True,
    )


def _status_of(operation: Operation) -> Any:
    error = operation.error
    result = operation.result
    return ttypes.TGetOperationStatusResp(
        status=_success(),
        operationState=_STATES[operation.state],
        sqlState=error.sql_state if error else None,
        errorCode=0 if error else None,
        errorMessage=str(error) if error else None,
        displayMessage=str(error) if error else None,
        operationStarted=int(operation.started_at * 1000),
        operationCompleted=int(operation.ended_at * 1000) if operation.ended_at else None,
        hasResultSet=True,
        numModifiedRows=result.affected_rows if result else None,
    )


def _result_of(operation: Operation) -> Any:
    """The rows of an operation, waiting for its end; the error status when there are none."""
    operation.wait(ROWS_WAIT_SECONDS)
    return operation.result if operation.result is not None else _error(operation.error)


def _success() -> Any:
    return ttypes.TStatus(statusCode=ttypes.TStatusCode.SUCCESS_STATUS)


def _invalid(what: str) -> Any:
    return ttypes.TStatus(
        statusCode=ttypes.TStatusCode.INVALID_HANDLE_STATUS,
        sqlState=GENERIC_SQL_STATE,
        errorMessage=f"[INVALID_HANDLE] There is no such {what}: it was closed, or the warehouse restarted.",
    )


def _not_supported(what: str) -> Any:
    return ttypes.TStatus(
        statusCode=ttypes.TStatusCode.ERROR_STATUS, sqlState="0A000", errorMessage=f"{what} is not supported."
    )


def _error(error: BaseException | None) -> Any:
    return ttypes.TStatus(
        statusCode=ttypes.TStatusCode.ERROR_STATUS,
        sqlState=getattr(error, "sql_state", GENERIC_SQL_STATE),
        errorMessage=str(error),
        displayMessage=str(error),
    )
