"""The one error root of the package, and the exit code each kind of failure ends a command with."""


class IngestionError(Exception):
    """Something a person can put right; the message names the offending value and the remedy."""

    exit_code = 1


class ConfigurationError(IngestionError):
    """An environment variable or an argument is missing, malformed or contradicts another."""

    exit_code = 2


class HubError(IngestionError):
    """Event Hubs cannot be reached, refuses the credentials, or does not have the hub."""


class SendError(HubError):
    """Sending stopped before everything was accepted; `accepted` events were, in the order given."""

    def __init__(self, message: str, accepted: int) -> None:
        super().__init__(message)
        self.accepted = accepted


class LandingError(IngestionError):
    """Landing cannot start or go on without losing or repeating messages."""


class WarehouseError(IngestionError):
    """The SQL warehouse cannot be reached, refuses the credentials, or lacks what is asked for."""
