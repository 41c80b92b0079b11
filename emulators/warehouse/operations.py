"""Operations: one statement each, running in a thread of its own, waited for, cancelled or closed."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from pyspark.sql import SparkSession

from emulators.warehouse import cancellation
from emulators.warehouse.errors import SqlError, canceled, sql_error_from, timed_out
from emulators.warehouse.history import Entry, History
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


@dataclass(frozen=True)
class Request:
    """What a client asks for beside a statement's rows.

    Attributes:
        statement: its text.
        wanted: how its rows are sent.
        seconds: how long it may take; 0 is no limit.
        parameters: values of its markers, by name or in order.
        tags: what the client marks it with.
    """

    statement: str
    wanted: Format
    seconds: int = 0
    parameters: dict[str, str | None] | list[str | None] | None = None
    tags: dict[str, str | None] | None = None


class Operation:
    """One statement or metadata request of a session."""

    def __init__(self, session: Session, request: Request) -> None:
        self.session = session
        self.request = request
        self.id = uuid.uuid4().bytes
        self.secret = uuid.uuid4().bytes
        self.state = State.RUNNING
        self.result: ResultSet | None = None
        self.encoder: Encoder | None = None
        self.error: SqlError | None = None
        self.started_at = time.time()
        self.ended_at: float | None = None
        self.stopped = threading.Event()
        """Set when it ends before its statement does."""
        self._ended = threading.Event()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The id as clients print it; also the group of its Spark jobs."""
        return str(uuid.UUID(bytes=self.id))

    def wait(self, seconds: float) -> bool:
        """Wait for the end, at most so long; whether it has ended."""
        return self._ended.wait(seconds)

    def end(
        self,
        state: State,
        keep: Callable[[Entry], None],
        result: ResultSet | None = None,
        error: SqlError | None = None,
    ) -> bool:
        """Set the outcome; False when there is one already, as when a cancelled statement ends late.

        Whoever waits for the end finds the statement in the history: `keep` comes first.
        """
        with self._lock:
            if self._ended.is_set():
                return False
            self.state, self.result, self.error = state, result, error
            self.encoder = Encoder(result, self.request.wanted) if result else None
            self.ended_at = time.time()
            try:
                keep(self._entry(self.ended_at))
            except Exception:
                log.warning("A statement is missing in the history", exc_info=True)
            self._ended.set()
            return True

    def _entry(self, ended_at: float) -> Entry:
        return Entry(
            statement_id=self.name,
            session_id=self.session.name,
            status=self.state.name,
            text=self.request.statement,
            started_at=self.started_at,
            ended_at=ended_at,
            error=str(self.error) if self.error else None,
            application=self.session.application,
            driver=self.session.driver,
            produced_rows=self.result.row_count if self.result else None,
            written_rows=self.result.affected_rows if self.result else None,
            parameters=self.request.parameters,
            tags=self.request.tags,
        )


class Operations:
    """Runs operations and keeps them until they are closed.

    Args:
        spark: the session whose context runs the jobs.
        history: where every statement goes when it has ended.
    """

    def __init__(self, spark: SparkSession, history: History) -> None:
        self._context: Any = spark.sparkContext._jsc
        self._open: dict[bytes, Operation] = {}
        self._lock = threading.Lock()
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="statement")
        self.history = history

    def start(self, session: Session, request: Request, run: Callable[[], ResultSet]) -> Operation:
        """Begin an operation; `run` computes its result in another thread."""
        operation = Operation(session, request)
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

    def running(self) -> list[Operation]:
        """What runs now, the oldest first."""
        with self._lock:
            found = [each for each in self._open.values() if each.state is State.RUNNING]
        return sorted(found, key=lambda each: each.started_at)

    def cancel(self, operation: Operation) -> None:
        """Stop an operation: its jobs are cancelled, and its outcome is that it was."""
        self._stop(operation, State.CANCELED, canceled())

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

    def _stop(self, operation: Operation, state: State, error: SqlError) -> None:
        if operation.end(state, self.history.add, error=error):
            operation.stopped.set()
            # Its next job too: it may be planning still.
            self._context.sc().cancelJobGroupAndFutureJobs(operation.name)

    def _run(self, operation: Operation, run: Callable[[], ResultSet]) -> None:
        if operation.state is not State.RUNNING:
            return  # cancelled before it began
        timer = self._timer(operation)
        try:
            cancellation.begin(operation.stopped)
            self._context.setJobGroup(operation.name, "", True)
            result = run()
            if not operation.end(State.FINISHED, self.history.add, result):
                result.close()
        except BaseException as error:
            operation.end(State.FAILED, self.history.add, error=self._failure(error))
        finally:
            if timer:
                timer.cancel()

    def _timer(self, operation: Operation) -> threading.Timer | None:
        """Ends the operation when its time is up."""
        seconds = operation.request.seconds
        if not seconds:
            return None
        timer = threading.Timer(seconds, self._stop, (operation, State.FAILED, timed_out(seconds)))
        timer.daemon = True
        timer.start()
        return timer

    def _failure(self, error: BaseException) -> SqlError:
        failure = sql_error_from(error)
        if failure.error_class == "INTERNAL_ERROR":
            log.error("A statement failed in a way nobody foresaw", exc_info=error)
        return failure
