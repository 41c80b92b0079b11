"""Requests to one hub: each wait bounded, and made again after trouble that may pass."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from ingestion.console.signals import StopRequest
from ingestion.sending.troubles import Trouble, UnansweredError, explained, trouble_of
from ingestion.settings import HubSettings

if TYPE_CHECKING:
    from azure.eventhub import EventHubProducerClient

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

CLOSE_SECONDS = 1.0
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 2.0
SHORTEST_WAIT_SECONDS = 1.0
"""The least time an attempt is given; with less left there is none."""

Result = TypeVar("Result")


class Requests:
    """A connection that is made when needed, and anew after trouble. Not for use by several threads.

    Args:
        settings: which hub, and the credentials.
        patience: seconds for which a request is tried again after any trouble that may pass; by default
            AWAY_SECONDS once the hub was found away and TROUBLE_SECONDS otherwise.
        stop: when it is requested, requests come to an end within STOP_SECONDS.
    """

    def __init__(
        self, settings: HubSettings, patience: float | None = None, stop: StopRequest | None = None
    ) -> None:
        # Deferred: the SDK takes longer to load than `--help` should.
        from ingestion.sending.hub_client import hub_client

        self._new_client: Callable[[], EventHubProducerClient] = lambda: hub_client(settings, ANSWER_SECONDS)
        self._settings = settings
        self._patience = patience
        self._stop = stop
        self._client: EventHubProducerClient | None = None
        self.unanswered = 0
        """How often the latest transfer was sent and may have arrived, without an answer that says so."""

    def open(self) -> None:
        """See to it that the hub is there and takes the credentials.

        Raises:
            HubError: it is not, or does not.
        """
        # The SDK logs each failure that is reported here in one line.
        logging.getLogger("azure").setLevel(logging.CRITICAL + 1)
        try:
            self._reach()
        except OSError as error:
            raise explained(error, self._settings) from error
        self.make(lambda client: client.get_eventhub_properties())

    def close(self) -> None:
        """Close the connection, if there is one, and wait a little for it."""
        self._disconnect(CLOSE_SECONDS)

    def make(
        self,
        call: Callable[[EventHubProducerClient], Result],
        begin: Callable[[int], None] | None = None,
    ) -> Result:
        """Make a request; after trouble that may pass make it again, until patience runs out.

        Args:
            call: the request.
            begin: of a transfer: is called whenever the call is about to be made, with `unanswered`.

        Raises:
            HubError: the hub will not take it, or patience ran out.
        """
        self.unanswered = 0
        began = time.monotonic()
        patience, pause = TROUBLE_SECONDS, FIRST_PAUSE_SECONDS
        told: Exception | None = None
        while True:
            limit = self._limit(began, patience)
            is_sent = False
            try:
                client = self._connected(limit)
                if begin:
                    begin(self.unanswered)
                    is_sent = True
                return _bounded(lambda: call(client), _share(limit))  # noqa: B023  # it ends before the next
            except Exception as error:
                failure = error
            trouble = trouble_of(failure, is_sent)
            # A batch that was refused or throttled is not in the hub; of any other nobody knows.
            if is_sent and trouble not in (Trouble.REFUSED, Trouble.THROTTLED):
                self.unanswered += 1
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
                raise explained(told, self._settings) from told
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


def _share(limit: float) -> float:
    """How long one call may take when all of them are to end at a limit."""
    return min(ANSWER_SECONDS, max(SHORTEST_WAIT_SECONDS, limit - time.monotonic()))


def _bounded(call: Callable[[], Result], seconds: float) -> Result:
    """Return what the call returns, or raise what it raises, or UnansweredError; never wait longer."""
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
        raise UnansweredError
    return results[0]
