"""Operations: one statement each, running in a thread of its own, waited for, cancelled or closed."""

from __future__ import annotations

import hmac
import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from pyspark.sql import SparkSession

from emulators.warehouse import cancellation
from emulators.warehouse.errors import SqlError, canceled, sql_error_from, timed_out
from emulators.warehouse.results.encoding import Encoder, Format
from emulators.warehouse.results.result_set import ResultSet
from emulators.warehouse.sessions.history import Entry, History
from emulators.warehouse.sessions.sessions import Session

log = logging.getLogger(__name__)

T = TypeVar("T")

WORKERS = 64
"""Statements that run at once; the next ones wait, and their time runs while they do."""

CALL_WORKERS = 8
"""Calls at once that open sessions and list metadata: statements that run long do not hold them up."""

LINGER_SECONDS = 10.0
"""How long files behind links outlive their operation: drivers close it with downloads under way."""


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

    @property
    def _link(self) -> str:
        return f"{self.name}/{self.secret.hex()}"

    def is_secret(self, text: str) -> bool:
        """Whether a client that names a file of its result knows its secret."""
        return hmac.compare_digest(self.secret.hex().encode(), text.encode())

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

        Whoever sees the state or waits for the end sees the rest of the outcome, and finds the statement in
        the history.
        """
        with self._lock:
            if self._ended.is_set():
                return False
            self.result, self.error = result, error
            self.encoder = Encoder(result, self.request.wanted, self._link) if result else None
            self.ended_at = time.time()
            try:
                keep(self._entry(state, self.ended_at))
            except Exception:
                log.warning("A statement is missing in the history", exc_info=True)
            self.state = state
            self._ended.set()
            return True

    def _entry(self, state: State, ended_at: float) -> Entry:
        return Entry(
            statement_id=self.name,
            session_id=self.session.name,
            status=state.name,
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
        self._lingering: dict[bytes, Operation] = {}
        self._lock = threading.Lock()
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="statement")
        self._call_workers = ThreadPoolExecutor(CALL_WORKERS, thread_name_prefix="call")
        self.history = history

    def start(
        self, session: Session, request: Request, run: Callable[[], ResultSet], is_call: bool = False
    ) -> Operation:
        """Begin an operation; its time runs from now on.

        Args:
            session: whose it is.
            request: what is asked for.
            run: computes its result, in another thread.
            is_call: whether it is a short one of the protocol, which does not wait behind statements.
        """
        operation = Operation(session, request)
        with self._lock:
            self._open[operation.id] = operation
        workers = self._call_workers if is_call else self._workers
        # With what is known of the request: PUT and GET word links for it.
        workers.submit(copy_context().run, self._run, operation, run, self._timer(operation))
        return operation

    def call(self, run: Callable[[], T]) -> T:
        """Run something short in a worker's thread: each that reaches Spark holds one in the JVM too."""
        return self._call_workers.submit(run).result()

    def find(self, operation_id: bytes) -> Operation | None:
        """The open operation of this id."""
        with self._lock:
            return self._open.get(operation_id)

    def file(self, link: str) -> bytes | None:
        """The file of a result behind a link (`<operation>/<secret>/<number>`); None when there is none.

        Whoever has the link may read it: drivers send no token along.
        """
        name, _, rest = link.partition("/")
        secret, _, number = rest.partition("/")
        try:
            operation_id = uuid.UUID(name).bytes
            with self._lock:
                operation = self._open.get(operation_id) or self._lingering.get(operation_id)
            if operation and operation.encoder and operation.is_secret(secret):
                return operation.encoder.file(int(number))
        except (ValueError, LookupError, OSError):
            log.debug("No file of a result is behind %s", name, exc_info=True)
        return None

    def running(self) -> list[Operation]:
        """What runs now, the oldest first."""
        with self._lock:
            found = [each for each in self._open.values() if each.state is State.RUNNING]
        return sorted(found, key=lambda each: each.started_at)

    def cancel(self, operation: Operation) -> None:
        """Stop an operation: its jobs are cancelled, and its outcome is that it was."""
        self._stop(operation, State.CANCELED, canceled())

    def close(self, operation: Operation) -> None:
        """Forget an operation and its rows, files behind links a little later; stop it if it still runs."""
        self.cancel(operation)
        with self._lock:
            is_open = self._open.pop(operation.id, None) is not None
            lingers = is_open and operation.encoder is not None and operation.encoder.is_downloaded
            if lingers:
                self._lingering[operation.id] = operation
        if lingers:
            timer = threading.Timer(LINGER_SECONDS, self._end_lingering, (operation,))
            timer.daemon = True
            timer.start()
        elif is_open and operation.result:
            operation.result.close()

    def close_all_of(self, session: Session) -> None:
        """Close every operation of a session."""
        with self._lock:
            found = [each for each in self._open.values() if each.session is session]
        for each in found:
            self.close(each)

    def _end_lingering(self, operation: Operation) -> None:
        with self._lock:
            self._lingering.pop(operation.id, None)
        if operation.result:
            operation.result.close()

    def _stop(self, operation: Operation, state: State, error: SqlError) -> None:
        if operation.end(state, self.history.add, error=error):
            operation.stopped.set()
            # Its next job too: it may be planning still.
            self._context.sc().cancelJobGroupAndFutureJobs(operation.name)

    def _run(self, operation: Operation, run: Callable[[], ResultSet], timer: threading.Timer | None) -> None:
        try:
            if operation.state is not State.RUNNING:
                return  # stopped before it began
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
