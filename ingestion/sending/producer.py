"""Sending bodies to Event Hubs: bounded batches, bounded waits, an exact count of what was accepted."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from enum import Enum, auto
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from ingestion.console.signals import StopRequest
from ingestion.errors import HubError, IngestionError, SendError
from ingestion.settings import HubSettings

if TYPE_CHECKING:
    from azure.eventhub import EventDataBatch, EventHubProducerClient

REACH_SECONDS = 5.0
"""How long the hub's host may take to accept a connection."""

ANSWER_SECONDS = 5.5
"""How long the hub may take to answer one request. The SDK itself waits for ever for some answers."""

TROUBLE_SECONDS = 8.5
"""How long a request is tried again while the hub throttles, breaks off or keeps silent: with what the last
attempt may take, an error comes within 10 s."""

AWAY_SECONDS = 60.0
"""How long a request is tried again once the hub was found away: a broker that was killed takes 5 to 12 s to
come back, on a busy machine more."""

STOP_SECONDS = 8.0
"""How long a request may still take after a request to stop."""

LINGER_SECONDS = 1.0
"""How long an event may wait for its batch to become full."""

CLOSE_SECONDS = 1.0
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 2.0
SHORTEST_WAIT_SECONDS = 1.0
"""The least time an attempt is given; with less left there is none."""

Result = TypeVar("Result")


class OversizedEventError(IngestionError):
    """One event is larger than the hub takes in one batch."""


class NoAnswerError(HubError):
    """The hub did not answer in time."""


class Journal(Protocol):
    """Is told what becomes of batches, in time to keep it."""

    def sending(self, resent: int) -> None:
        """Everything that was added is about to be sent; so many copies of it may have arrived before."""

    def accepted(self, count: int, resent: int) -> None:
        """The hub has acknowledged so many events; so many copies of them may have arrived besides."""


class Trouble(Enum):
    """What a failed request tells about the hub."""

    REFUSED = auto()
    """It will not take this, however often it is asked."""
    THROTTLED = auto()
    """It did not take this now."""
    LOST = auto()
    """The connection or link broke off."""
    SILENT = auto()
    """It did not answer."""
    AWAY = auto()
    """Nothing listens, or what listens cannot reach what it needs: a restart, most often."""


class Producer:
    """Sends bodies to one hub in the order given. Not for use by several threads.

    Args:
        settings: which hub, and the credentials.
        patience: seconds for which a request is tried again after any trouble that may pass; by default
            AWAY_SECONDS once the hub was found away and TROUBLE_SECONDS otherwise.
        stop: when it is requested, requests come to an end within STOP_SECONDS.
        journal: is told what becomes of batches.
    """

    def __init__(
        self,
        settings: HubSettings,
        patience: float | None = None,
        stop: StopRequest | None = None,
        journal: Journal | None = None,
    ) -> None:
        # Deferred: the SDK takes longer to load than `--help` should.
        from azure.eventhub import EventData

        from ingestion.sending.hub_client import hub_client

        self._event_data = EventData
        self._new_client: Callable[[], EventHubProducerClient] = lambda: hub_client(settings, ANSWER_SECONDS)
        self._settings = settings
        self._patience = patience
        self._stop = stop
        self._journal = journal
        self._client: EventHubProducerClient | None = None
        self._batch: EventDataBatch | None = None
        self._batch_began = 0.0
        self._unanswered = 0
        self.largest_bytes = 0
        """What the hub takes at once, as it said when it was asked for a batch."""
        self.accepted = 0
        """Events that the hub has acknowledged."""
        self.resent = 0
        """Events that were sent again because no answer came: so many copies, at most, may have arrived."""
        self.in_doubt = 0
        """Events that were given up and may have arrived all the same."""

    def __enter__(self) -> Self:
        """Connect, and see to it that the hub is there and takes the credentials."""
        # The SDK logs each failure that is reported here in one line.
        logging.getLogger("azure").setLevel(logging.CRITICAL + 1)
        try:
            self._reach()
        except OSError as error:
            raise self._explained(error) from error
        try:
            self._request(lambda client: client.get_eventhub_properties())
            self._batch = self._new_batch()
        except BaseException:
            self._disconnect(CLOSE_SECONDS)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._disconnect(CLOSE_SECONDS)

    def add(self, body: bytes) -> None:
        """Put one body into the batch at hand; a batch that is full, or old, is sent first.

        Raises:
            OversizedEventError: the body alone is larger than a batch; nothing else is affected.
            SendError: the batch was not accepted.
        """
        self.flush_if_due()
        if self._put(body):
            return
        limit = self.largest_bytes
        # What can never fit does not cost the batch at hand its size.
        if len(body) <= limit:
            self.flush()
            if self._put(body):
                return
        raise OversizedEventError(f"{len(body)} bytes are more than the hub takes at once ({limit})")

    def flush_if_due(self) -> None:
        """Send the batch at hand if its first event has waited for LINGER_SECONDS.

        Raises:
            SendError: it was not accepted.
        """
        if self._batch and time.monotonic() - self._batch_began >= LINGER_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Send the batch at hand and wait until the hub has accepted it.

        Raises:
            SendError: it was not accepted.
        """
        batch = self._batch
        if not batch:
            return
        count = len(batch)
        self._unanswered = 0

        def send(client: EventHubProducerClient) -> None:
            client.send_batch(batch, timeout=ANSWER_SECONDS)

        def begin() -> None:
            if self._journal:
                self._journal.sending(self._unanswered * count)

        try:
            self._request(send, begin)
        except HubError as error:
            doubt = ""
            if self._unanswered:
                self.in_doubt = count
                self.resent += (self._unanswered - 1) * count
                doubt = f"; whether the {count} events after them arrived is not known"
            raise SendError(f"{error} {self.accepted} events were accepted{doubt}.", self.accepted) from error
        copies = self._unanswered * count
        self.accepted += count
        self.resent += copies
        self._batch = None
        if self._journal:
            self._journal.accepted(count, copies)

    def _put(self, body: bytes) -> bool:
        """Put a body into the batch at hand; returns whether it fits."""
        if self._batch is None:
            self._batch = self._new_batch()
        if not len(self._batch):
            self._batch_began = time.monotonic()
        try:
            self._batch.add(self._event_data(body))
        except ValueError:
            return False
        return True

    def _new_batch(self) -> EventDataBatch:
        batch = self._request(lambda client: client.create_batch())
        self.largest_bytes = batch.max_size_in_bytes
        return batch

    def _request(
        self, call: Callable[[EventHubProducerClient], Result], begin: Callable[[], None] | None = None
    ) -> Result:
        """Make a request; after trouble that may pass make it again, until patience runs out.

        With `begin` it is a transfer, and `begin` is called whenever the call is about to be made.
        """
        began = time.monotonic()
        patience, pause = TROUBLE_SECONDS, FIRST_PAUSE_SECONDS
        told: Exception | None = None
        while True:
            limit = self._limit(began, patience)
            is_sent = False
            try:
                client = self._connected(limit)
                if begin:
                    begin()
                    is_sent = True
                return _bounded(lambda: call(client), _share(limit))  # noqa: B023  # it ends before the next
            except Exception as error:
                failure = error
            trouble = _trouble(failure, is_sent)
            # A batch that was refused or throttled is not in the hub; of any other nobody knows.
            if is_sent and trouble not in (Trouble.REFUSED, Trouble.THROTTLED):
                self._unanswered += 1
            if trouble is Trouble.SILENT:
                # The thread that waits still holds the SDK's client: never touch that one again.
                self._client = None
            elif trouble is not Trouble.THROTTLED or not is_sent:
                self._disconnect()
            if trouble is Trouble.AWAY:
                patience = AWAY_SECONDS
            if trouble is not Trouble.SILENT or told is None:
                told = failure
            least = time.monotonic() + pause + SHORTEST_WAIT_SECONDS
            if trouble is Trouble.REFUSED or least > self._limit(began, patience):
                # The last request may have had little time: what the hub said before says more than silence.
                raise self._explained(told) from told
            if self._stop and not self._stop.requested:
                self._stop.wait(pause)
            else:
                time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _limit(self, since: float, seconds: float) -> float:
        """Until when a request may be tried again, on the monotonic clock."""
        limit = since + (seconds if self._patience is None else self._patience)
        if self._stop and self._stop.since is not None:
            return min(limit, self._stop.since + STOP_SECONDS)
        return limit

    def _connected(self, limit: float) -> EventHubProducerClient:
        if self._client is None:
            self._reach()
            client = self._client = self._new_client()
            # Opens connection and link, so that a batch that fails afterwards is one that was sent.
            _bounded(client.create_batch, _share(limit))
        return self._client

    def _reach(self) -> None:
        """Fail at once when nothing listens where the hub should be; the SDK would take half a minute."""
        socket.create_connection((self._settings.host, self._settings.port), REACH_SECONDS).close()

    def _disconnect(self, wait: float = 0.0) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                _bounded(client.close, wait)
            except Exception:
                logging.getLogger(__name__).debug("closing the connection failed", exc_info=True)

    def _explained(self, error: Exception) -> HubError:
        settings, where = self._settings, f"{self._settings.host}:{self._settings.port}"
        if (trouble := _trouble(error)) is Trouble.THROTTLED:
            return HubError(f"{where} is throttling: send more slowly (--rate) or add throughput units.")
        if _condition(error) == "not-found":
            return HubError(
                f"event hub {settings.hub!r} does not exist at {where}: create it or set EVENTHUBS_HUB."
            )
        if _is_unauthorized(error):
            return HubError(
                f"{where} refuses the credentials of {_source(settings)} for hub {settings.hub!r}: "
                "check the key or identity, and its Send right."
            )
        if trouble is Trouble.SILENT:
            return NoAnswerError(
                f"{where} does not answer: check that it is an Event Hubs namespace, and the network, and "
                "run again."
            )
        if isinstance(error, OSError):
            return HubError(
                f"cannot reach {where} ({error.strerror or error}): check the host in {_source(settings)}, "
                "the network and, locally, `python -m emulators status`."
            )
        text = " ".join(["", *str(error).split()]).partition(" Error condition:")[0].strip().rstrip(".")
        return HubError(f"{where} failed: {text[:300] or 'it broke the connection off'}.")


class _UnansweredError(Exception):
    """A call has not returned in time."""


def _share(limit: float) -> float:
    """How long one call may take when all of them are to end at a limit."""
    return min(ANSWER_SECONDS, max(SHORTEST_WAIT_SECONDS, limit - time.monotonic()))


def _bounded(call: Callable[[], Result], seconds: float) -> Result:
    """Return what the call returns, or raise what it raises, or _UnansweredError; never wait longer."""
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # it is raised again in the calling thread
            errors.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise _UnansweredError
    return results[0]


def _trouble(error: Exception, is_sent: bool = False) -> Trouble:
    """What an error tells; `is_sent` when it met a batch on a link that had been let in."""
    from azure.eventhub.exceptions import EventDataSendError, EventHubError, OperationTimeoutError

    condition = _condition(error)
    if condition == "server-busy":
        return Trouble.THROTTLED
    if _is_unauthorized(error):
        # A token that expired meanwhile; whether a new one is let in, the next connection shows.
        return Trouble.LOST if is_sent else Trouble.REFUSED
    if isinstance(error, (_UnansweredError, OperationTimeoutError, TimeoutError)):
        return Trouble.SILENT
    if condition == "timeout" or isinstance(error, OSError):
        return Trouble.AWAY
    if isinstance(error, EventDataSendError):
        # When a link is detached, the SDK fails what was sent on it with an unknown error.
        return Trouble.LOST if condition in ("internal-error", "unknown-error") else Trouble.REFUSED
    if condition == "not-found" or not isinstance(error, EventHubError):
        return Trouble.REFUSED
    return Trouble.LOST


def _is_unauthorized(error: Exception) -> bool:
    from azure.eventhub.exceptions import AuthenticationError

    return isinstance(error, AuthenticationError) or _condition(error) == "unauthorized-access"


def _condition(error: Exception) -> str:
    """The AMQP condition without its domain, as in `server-busy`."""
    return str(getattr(error, "error", None) or "")


def _source(settings: HubSettings) -> str:
    return "EVENTHUBS_CONNECTION_STRING" if settings.connection_string else "EVENTHUBS_NAMESPACE (Entra ID)"
