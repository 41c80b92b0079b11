"""The bar of a figure: what it must reach, and how a run that falls short ends."""

from __future__ import annotations

import sys

MISSED = 3
"""Exit code of a benchmark whose figure falls short; other failures end with 1."""


def at_least(what: str, figure: float, bar: float) -> None:
    """Print a figure that should be high beside its bar, and end the run where it falls short.

    Raises:
        SystemExit: the figure is below the bar; the exit code is `MISSED`.
    """
    _judge(what, figure, f"at least {bar:g}", figure >= bar)


def at_most(what: str, figure: float, bar: float) -> None:
    """Print a figure that should be low beside its bar, and end the run where it falls short.

    Raises:
        SystemExit: the figure is above the bar; the exit code is `MISSED`.
    """
    _judge(what, figure, f"at most {bar:g}", figure <= bar)


def _judge(what: str, figure: float, bar: str, is_held: bool) -> None:
    sys.stdout.write(f"{what}: {figure:.3f} (bar: {bar})\n")
    if not is_held:
        sys.stdout.flush()
        sys.stderr.write(f"error: {what} is {figure:.3f}, and the bar is {bar}\n")
        raise SystemExit(MISSED)
