"""Compares what was sent with what the tables hold."""
