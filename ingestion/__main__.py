"""`python -m ingestion`, and the command `ingestion` of the wheel."""

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
    try:
        app()
    except SystemExit as end:
        # A wheel task of Databricks may take any SystemExit for a failure.
        if end.code:
            raise


if __name__ == "__main__":
    main()
