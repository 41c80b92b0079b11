"""The one error root of the emulators."""


class EmulatorError(Exception):
    """Something a person can put right; the message names the offending value and the remedy."""
