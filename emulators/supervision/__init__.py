"""Starts, watches and stops the emulators' processes."""
