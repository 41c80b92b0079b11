"""Names that the tests of this folder use."""

from tests.harness.eventhubs import NO_RETRIES, EventHubs, body_of

__all__ = ["NO_RETRIES", "EventHubs", "body_of"]
