"""What is known of the request that a thread is answering; statements take a copy along to their threads."""

from __future__ import annotations

from contextvars import ContextVar

USER_AGENT: ContextVar[str] = ContextVar("USER_AGENT", default="")
"""Its `User-Agent`."""

BASE_URL: ContextVar[str] = ContextVar("BASE_URL", default="")
"""Scheme, host and port at which its client has reached the warehouse."""
