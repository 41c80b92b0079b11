"""`python -m ingestion`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line, or say how to get what it needs."""
    try:
        from ingestion.cli import app
    except ModuleNotFoundError as error:
        sys.exit(
            f"error: {sys.executable} has no module {error.name!r}: "
            "run `make setup` and use .venv/bin/python -m ingestion"
        )
    app(prog_name="python -m ingestion")


if __name__ == "__main__":
    main()
