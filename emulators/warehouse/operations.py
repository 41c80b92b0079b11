"""Operations: one statement each, running in a thread of its own, waited for, cancelled or closed."""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from enum import Enum, auto
from pathlib import Path
from typing import Any, TypeVar

from pyspark.sql import SparkSession

from emulators.warehouse.errors import SqlError, sql_error_from
from emulators.warehouse.results import ResultSet
from emulators.warehouse.sessions import Session
from emulators.warehouse.wire import Encoder, Format

log = logging.getLogger(__name__)

T = TypeVar("T")

WORKERS = 64


class State(Enum):
    """Where an operation is in its life."""

    RUNNING = auto()
    FINISHED = auto()
    FAILED = auto()
    CANCELED = auto()


class Operation:
    """One statement or metadata request of a session.

    Args:
        session: whose it is.
        statement: its text.
        wanted: how its rows are sent.
    """

    def __init__(self, session: Session, statement: str, wanted: Format) -> None:
        self.session = session
        self.statement = statement
        self._wanted = wanted
        self.id = uuid.uuid4().bytes
        self.secret = uuid.uuid4().bytes
        self.state = State.RUNNING
        self.result: ResultSet | None = None
        self.encoder: Encoder | None = None
        self.error: SqlError | None = None
        self.started_at = time.time()
        self.ended_at: float | None = None
        self._ended = threading.Event()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The id as clients print it; also the group of its Spark jobs."""
        return str(uuid.UUID(bytes=self.id))

    def wait(self, seconds: float) -> bool:
        """Wait for the end, at most so long; whether it has ended."""
        return self._ended.wait(seconds)

    def end(self, state: State, result: ResultSet | None = None, error: SqlError | None = None) -> bool:
        """Set the outcome; False when there is one already, as when a cancelled statement ends late."""
        with self._lock:
            if self._ended.is_set():
                return False
            self.state, self.result, self.error = state, result, error
            self.encoder = Encoder(result, self._wanted) if result else None
            self.ended_at = time.time()
            self._ended.set()
            return True


class Operations:
    """Runs operations and keeps them until they are closed.

    Args:
        spark: the session whose context runs the jobs.
        history: file that gets one JSON line per statement: when, how long, outcome and text.
    """

    def __init__(self, spark: SparkSession, history: Path) -> None:
        self._context: Any = spark.sparkContext._jsc
        self._open: dict[bytes, Operation] = {}
        self._lock = threading.Lock()
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="statement")
        history.parent.mkdir(parents=True, exist_ok=True)
        self._history = history.open("a", buffering=1)

    def start(
        self, session: Session, statement: str, wanted: Format, run: Callable[[], ResultSet]
    ) -> Operation:
        """Begin an operation; `run` computes its result in another thread."""
        operation = Operation(session, statement, wanted)
        with self._lock:
            self._open[operation.id] = operation
        self._workers.submit(self._run, operation, run)
        return operation

    def call(self, run: Callable[[], T]) -> T:
        """Run something short in a worker's thread: each that reaches Spark holds one in the JVM too."""
        return self._workers.submit(run).result()

    def find(self, operation_id: bytes) -> Operation | None:
        """The open operation of this id."""
        with self._lock:
            return self._open.get(operation_id)

    def cancel(self, operation: Operation) -> None:
        """Stop an operation: its jobs are cancelled, and its outcome is that it was."""
        if operation.end(
            State.CANCELED, error=SqlError("OPERATION_CANCELED", "Operation was canceled.", "HY008")
        ):
            self._context.sc().cancelJobGroup(operation.name)

    def close(self, operation: Operation) -> None:
        """Forget an operation and its rows; stop it if it still runs."""
        with self._lock:
            self._open.pop(operation.id, None)
        self.cancel(operation)
        if operation.result:
            operation.result.close()

    def close_all_of(self, session: Session) -> None:
        """Close every operation of a session."""
        with self._lock:
            found = [each for each in self._open.values() if each.session is session]
        for each in found:
            self.close(each)

    def _run(self, operation: Operation, run: Callable[[], ResultSet]) -> None:
        try:
            self._context.setJobGroup(operation.name, "", True)
            result = run()
            if not operation.end(State.FINISHED, result):
                result.close()
        except BaseException as error:
            operation.end(State.FAILED, error=self._failure(error))
        self._record(operation)

    def _failure(self, error: BaseException) -> SqlError:
        failure = sql_error_from(error)
        if failure.error_class == "INTERNAL_ERROR":
            log.error("A statement failed in a way nobody foresaw", exc_info=error)
        return failure

    def _record(self, operation: Operation) -> None:
        ended = operation.ended_at or time.time()
        line = {
            "at": datetime.fromtimestamp(operation.started_at, UTC).isoformat(timespec="milliseconds"),
            "ms": round((ended - operation.started_at) * 1000, 1),
            "session": operation.session.name,
            "state": operation.state.name,
            "rows": operation.result.row_count if operation.result else None,
            "error": operation.error.error_class if operation.error else None,
            "statement": operation.statement,
        }
        self._history.write(json.dumps(line) + "\n")
