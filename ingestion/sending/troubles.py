"""What an error of the SDK tells about the hub, and how it is told to a person."""

from __future__ import annotations

from enum import Enum, auto

from ingestion.errors import HubError
from ingestion.settings import HubSettings


class UnansweredError(Exception):
    """A call has not returned in time."""


class NoAnswerError(HubError):
    """The hub did not answer in time."""


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


def trouble_of(error: Exception, is_sent: bool = False) -> Trouble:
    """What an error tells; `is_sent` when it met a batch on a link that had been let in."""
    from azure.eventhub.exceptions import EventDataSendError, EventHubError, OperationTimeoutError

    condition = _condition(error)
    if condition == "server-busy":
        return Trouble.THROTTLED
    if _is_unauthorized(error):
        # A token that expired meanwhile; whether a new one is let in, the next connection shows.
        return Trouble.LOST if is_sent else Trouble.REFUSED
    if isinstance(error, (UnansweredError, OperationTimeoutError, TimeoutError)):
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


def explained(error: Exception, settings: HubSettings) -> HubError:
    """The error in words, with what to do."""
    where = f"{settings.host}:{settings.port}"
    if (trouble := trouble_of(error)) is Trouble.THROTTLED:
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
