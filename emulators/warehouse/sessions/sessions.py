"""Sessions of clients: each has its own Spark session, so temporary views and settings are its own."""

from __future__ import annotations

import logging
import queue
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from pyspark.sql import SparkSession

log = logging.getLogger(__name__)

SPARE_SESSIONS = 4
"""Sessions kept ready: dbt opens about twenty in a small build, and a cold one costs 30 to 50 ms."""

IDLE_SECONDS = 4 * 3600.0
"""A session unused for this long is closed: its client has gone without saying so."""


@dataclass
class Session:
    """One client's session.

    Attributes:
        schema: its current schema, by the name it has inside Spark.
        driver: what the client's driver calls itself, e.g. `PyDatabricksSqlConnector/4.4.0`.
        application: what it says runs on it, e.g. `dbt-databricks/1.12.7`.
        parameters: those of a SQL warehouse that Spark has no setting for, as set.
    """

    spark: SparkSession
    catalog: str
    schema: str
    id: bytes = field(default_factory=lambda: uuid.uuid4().bytes)
    secret: bytes = field(default_factory=lambda: uuid.uuid4().bytes)
    driver: str | None = None
    application: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    opened_at: float = field(default_factory=time.time)
    used_at: float = field(default_factory=time.monotonic)
    is_set_for_large: bool = False
    has_entered: bool = False
    """Whether Spark's session is in `schema`: a client may name one that does not exist yet."""

    @property
    def name(self) -> str:
        """The id as clients print it."""
        return str(uuid.UUID(bytes=self.id))


class Sessions:
    """Opens, finds and closes sessions; keeps a few Spark sessions warm for the next clients.

    Args:
        new_session: makes a Spark session.
    """

    def __init__(self, new_session: Callable[[], SparkSession]) -> None:
        self._new_session = new_session
        self._open: dict[bytes, Session] = {}
        self._lock = threading.Lock()
        self._spares: queue.Queue[SparkSession] = queue.Queue()
        self._wanted = threading.Semaphore(SPARE_SESSIONS)
        threading.Thread(target=self._keep_spares, name="spare-sessions", daemon=True).start()

    def open(self, catalog: str, schema: str, user_agent: str = "") -> Session:
        """Open a session of a client with this `User-Agent`."""
        try:
            spark = self._spares.get_nowait()
            self._wanted.release()
        except queue.Empty:
            spark = self._new_session()
        driver, application = clients_of(user_agent)
        session = Session(spark, catalog, schema, driver=driver, application=application)
        with self._lock:
            self._open[session.id] = session
        return session

    def all(self) -> list[Session]:
        """The open sessions, the oldest first."""
        with self._lock:
            return list(self._open.values())

    def find(self, session_id: bytes) -> Session | None:
        """The open session of this id."""
        with self._lock:
            session = self._open.get(session_id)
        if session:
            session.used_at = time.monotonic()
        return session

    def close(self, session_id: bytes) -> Session | None:
        """Forget a session; its temporary views go with it."""
        with self._lock:
            return self._open.pop(session_id, None)

    def close_idle(self) -> list[Session]:
        """Forget the sessions that nobody has used for `IDLE_SECONDS`."""
        oldest = time.monotonic() - IDLE_SECONDS
        with self._lock:
            idle = [each for each in self._open.values() if each.used_at < oldest]
            for each in idle:
                del self._open[each.id]
        return idle

    def _keep_spares(self) -> None:
        while True:
            self._wanted.acquire()
            try:
                spare = self._new_session()
                spare.sql("select 1").collect()
            except Exception:  # Spark is stopping, or out of memory: clients then open sessions themselves
                log.info("No spare session", exc_info=True)
                return
            self._spares.put(spare)


def clients_of(user_agent: str) -> tuple[str | None, str | None]:
    """Driver and application in a `User-Agent`: `PyDatabricksSqlConnector/4.4.0 (dbt-databricks/1.12.7)`."""
    driver, _, rest = user_agent.partition(" ")
    application = rest.partition("(")[2].rpartition(")")[0]
    return driver or None, application or None
