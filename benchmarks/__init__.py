"""One script per figure: each prints a ratio against a baseline of the same run, and fails below its bar."""
