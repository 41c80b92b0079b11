"""How a command ends: its summary on standard output, or one line on standard error and an exit code."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from ingestion.errors import IngestionError

INTERRUPTED = 130
"""Exit code of a command that was asked to stop before it had done all (128 + SIGINT)."""

READER_LEFT = 141
"""Exit code when what reads standard output has ended, as `head` does (128 + SIGPIPE)."""


@contextmanager
def reported(verbose: bool) -> Iterator[None]:
    """Turn a failure into one line on standard error and its exit code."""
    try:
        yield
        if sys.stdout:
            sys.stdout.flush()
    except (typer.Exit, typer.Abort):
        raise
    except KeyboardInterrupt:
        typer.echo("error: interrupted", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        _give_up_output()
        raise typer.Exit(READER_LEFT) from None
    except Exception as error:
        if verbose:
            traceback.print_exc()
        if isinstance(error, IngestionError):
            message, code = str(error), error.exit_code
        else:
            reason = " ".join(str(error).split())[:300]
            message, code = f"{type(error).__name__}: {reason} (--verbose shows where)", 1
        typer.echo(f"error: {message}", err=True)
        _give_up_output()
        raise typer.Exit(code) from None


def summarize(as_json: bool, values: dict[str, Any], text: str, on_error_stream: bool = False) -> None:
    """Print what a command did: values for a program, or a line for a person."""
    typer.echo(json.dumps(values) if as_json else text, err=on_error_stream)


def warn(text: str) -> None:
    """Tell what a person should know and the command goes on with."""
    typer.echo(f"warning: {text}", err=True)


def _give_up_output() -> None:
    """Let what could not be written go: Python would try again, and complain, when it ends."""
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
