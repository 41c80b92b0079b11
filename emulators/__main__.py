"""`python -m emulators`: with any Python 3, as it hands over to the one of `.venv`."""

import os
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PYTHON = REPOSITORY / ".venv" / "bin" / "python"

if Path(sys.prefix).resolve() != PYTHON.parent.parent.resolve():
    if not PYTHON.exists():
        sys.exit("error: .venv is missing: run `make setup` first.")
    os.execv(PYTHON, [str(PYTHON), "-m", "emulators", *sys.argv[1:]])  # noqa: S606 - a fixed path

from emulators.cli import main  # noqa: E402 - its dependencies are those of .venv

main()
