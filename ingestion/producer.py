"""Sending bodies to Event Hubs: full batches, bounded waits, an exact count of what was accepted."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from ingestion.errors import HubError, IngestionError, SendError
from ingestion.settings import HubSettings

if TYPE_CHECKING:
    from azure.eventhub import EventDataBatch, EventHubProducerClient

REACH_SECONDS = 5.0
"""How long the hub's host may take to accept a connection."""

ANSWER_SECONDS = 9.0
"""How long the hub may take to answer one request. The SDK itself waits for ever for some answers."""

PATIENCE_SECONDS = 30.0
"""How long a throttled or lost connection is tried again before sending is given up."""

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 4.0

Result = TypeVar("Result")


class OversizedEventError(IngestionError):
    """One event is larger than the hub takes in one batch."""


class NoAnswerError(HubError):
    """The hub did not answer in time; whether it took what was sent is not known."""


class Producer:
    """Sends bodies to one hub in the order given. Not for use by several threads.

    Args:
        settings: which hub, and the credentials.
        patience: seconds for which throttling and lost connections are tried again.
    """

    def __init__(self, settings: HubSettings, patience: float = PATIENCE_SECONDS) -> None:
        # Deferred: the SDK takes longer to load than `--help` should.
        from azure.eventhub import EventData

        self._event_data = EventData
        self._settings = settings
        self._patience = patience
        self._client: EventHubProducerClient | None = None
        self._batch: EventDataBatch | None = None
        self.accepted = 0
        """Events that the hub has acknowledged."""

    def __enter__(self) -> Self:
        """Connect, and see to it that the hub is there and takes the credentials."""
        # The SDK logs each failure that is reported here in one line.
        logging.getLogger("azure").setLevel(logging.CRITICAL + 1)
        _reach(self._settings)
        try:
            self._try_for(REACH_SECONDS, lambda: self._connected().get_eventhub_properties())
            self._batch = self._new_batch()
        except BaseException:
            self._disconnect()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._disconnect()

    def add(self, body: bytes) -> None:
        """Put one body into the batch at hand; a batch that is full is sent first.

        Raises:
            OversizedEventError: the body alone is larger than a batch; nothing else is affected.
            SendError: the full batch was not accepted.
        """
        if self._batch is None:
            self._batch = self._new_batch()
        try:
            self._batch.add(self._event_data(body))
            return
        except ValueError:
            if not len(self._batch):
                raise self._oversized(body) from None
        self.flush()
        batch = self._batch = self._new_batch()
        try:
            batch.add(self._event_data(body))
        except ValueError:
            raise self._oversized(body) from None

    def flush(self) -> None:
        """Send the batch at hand and wait until the hub has accepted it.

        Raises:
            SendError: it was not accepted.
        """
        batch = self._batch
        if batch is None or not len(batch):
            return
        try:
            self._try_for(self._patience, lambda: self._connected().send_batch(batch, timeout=ANSWER_SECONDS))
        except HubError as error:
            doubt = (
                f"; whether the {len(batch)} events after them arrived is not known"
                if isinstance(error, NoAnswerError)
                else ""
            )
            raise SendError(f"{error} {self.accepted} events were accepted{doubt}.", self.accepted) from error
        self.accepted += len(batch)
        self._batch = None

    def _oversized(self, body: bytes) -> OversizedEventError:
        limit = self._batch.max_size_in_bytes if self._batch is not None else 0
        return OversizedEventError(f"{len(body)} bytes are more than the hub takes at once ({limit})")

    def _new_batch(self) -> EventDataBatch:
        return self._try_for(self._patience, lambda: self._connected().create_batch())

    def _connected(self) -> EventHubProducerClient:
        if self._client is None:
            self._client = _client(self._settings)
        return self._client

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                _bounded(client.close, REACH_SECONDS)
            except Exception:
                logging.getLogger(__name__).debug("closing the connection failed", exc_info=True)

    def _try_for(self, patience: float, request: Callable[[], Result]) -> Result:
        """Make a request; after throttling or a lost connection make it again, until patience runs out."""
        deadline = time.monotonic() + patience
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                return _bounded(request, ANSWER_SECONDS)
            except TimeoutError:
                # The thread that waits still holds the SDK's client: never touch that one again.
                self._client = None
                where = f"{self._settings.host}:{self._settings.port}"
                raise NoAnswerError(
                    f"{where} did not answer within {ANSWER_SECONDS:.0f} s: check that it is an Event Hubs "
                    "namespace and run again."
                ) from None
            except Exception as error:
                if not _is_passing(error):
                    raise _explained(error, self._settings) from error
                if time.monotonic() + pause > deadline:
                    raise _explained(error, self._settings) from error
                if not _is_throttled(error):
                    self._disconnect()
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def _client(settings: HubSettings) -> EventHubProducerClient:
    from azure.eventhub import EventHubProducerClient

    # Trying again is the producer's business: the SDK neither retries throttling nor bounds its waits.
    if settings.connection_string:
        return EventHubProducerClient.from_connection_string(
            settings.connection_string.text,
            eventhub_name=settings.hub,
            retry_total=0,
            auth_timeout=ANSWER_SECONDS,
        )
    from azure.identity import DefaultAzureCredential

    return EventHubProducerClient(
        settings.host,
        settings.hub,
        DefaultAzureCredential(),
        retry_total=0,
        auth_timeout=ANSWER_SECONDS,
    )


def _reach(settings: HubSettings) -> None:
    """Fail at once when nothing listens where the hub should be; the SDK would take half a minute."""
    try:
        socket.create_connection((settings.host, settings.port), REACH_SECONDS).close()
    except OSError as error:
        raise HubError(
            f"cannot reach {settings.host}:{settings.port} ({error.strerror or error}): check the host in "
            f"{_source(settings)}, the network and, locally, `python -m emulators status`."
        ) from error


def _bounded(call: Callable[[], Result], seconds: float) -> Result:
    """Return what the call returns, or raise what it raises, or TimeoutError; never wait longer."""
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
        raise TimeoutError
    return results[0]


def _is_throttled(error: Exception) -> bool:
    return "server-busy" in str(error) or getattr(error, "error", None) == "server-busy"


def _is_passing(error: Exception) -> bool:
    from azure.eventhub.exceptions import (
        AuthenticationError,
        ConnectError,
        ConnectionLostError,
        OperationTimeoutError,
    )

    if _is_throttled(error):
        return True
    if isinstance(error, AuthenticationError) or _condition(error) in ("not-found", "unauthorized-access"):
        return False
    return isinstance(error, (ConnectError, ConnectionLostError, OperationTimeoutError, OSError))


def _condition(error: Exception) -> str:
    return str(getattr(error, "error", None) or "")


def _explained(error: Exception, settings: HubSettings) -> HubError:
    from azure.eventhub.exceptions import AuthenticationError

    where = f"{settings.host}:{settings.port}"
    text = " ".join(str(error).split()).partition(" Error condition:")[0].rstrip(".")
    if _is_throttled(error):
        return HubError(f"{where} is throttling: send more slowly (--rate) or add throughput units.")
    if _condition(error) == "not-found":
        return HubError(
            f"event hub {settings.hub!r} does not exist at {where}: create it or set EVENTHUBS_HUB."
        )
    if isinstance(error, AuthenticationError) or _condition(error) == "unauthorized-access":
        return HubError(
            f"{where} refuses the credentials of {_source(settings)} for hub {settings.hub!r}: "
            "check the key or identity, and its Send right."
        )
    return HubError(f"{where} failed: {text[:300]}.")


def _source(settings: HubSettings) -> str:
    return "EVENTHUBS_CONNECTION_STRING" if settings.connection_string else "EVENTHUBS_NAMESPACE (Entra ID)"
