"""Sending bodies to Event Hubs: bounded batches, and an exact count of what was accepted."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from ingestion.console.signals import StopRequest
from ingestion.errors import HubError, IngestionError, SendError
from ingestion.sending.requests import ANSWER_SECONDS, Requests
from ingestion.settings import HubSettings

if TYPE_CHECKING:
    from azure.eventhub import EventDataBatch, EventHubProducerClient

LINGER_SECONDS = 1.0
"""How long an event may wait for its batch to become full."""


class OversizedEventError(IngestionError):
    """One event is larger than the hub takes in one batch."""


class Journal(Protocol):
    """Is told what becomes of batches, in time to keep it."""

    def sending(self, resent: int) -> None:
        """Everything that was added is about to be sent; so many copies of it may have arrived before."""

    def accepted(self, count: int, resent: int) -> None:
        """The hub has acknowledged so many events; so many copies of them may have arrived besides."""


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

        self._event_data = EventData
        self._requests = Requests(settings, patience, stop)
        self._journal = journal
        self._batch: EventDataBatch | None = None
        self._batch_began = 0.0
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
        try:
            self._requests.open()
            self._batch = self._new_batch()
        except BaseException:
            self._requests.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._requests.close()

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

        def send(client: EventHubProducerClient) -> None:
            client.send_batch(batch, timeout=ANSWER_SECONDS)

        def begin(unanswered: int) -> None:
            if self._journal:
                self._journal.sending(unanswered * count)

        try:
            self._requests.make(send, begin)
        except HubError as error:
            doubt = ""
            if self._requests.unanswered:
                self.in_doubt = count
                self.resent += (self._requests.unanswered - 1) * count
                doubt = f"; whether the {count} events after them arrived is not known"
            raise SendError(f"{error} {self.accepted} events were accepted{doubt}.", self.accepted) from error
        copies = self._requests.unanswered * count
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
        batch = self._requests.make(lambda client: client.create_batch())
        self.largest_bytes = batch.max_size_in_bytes
        return batch
