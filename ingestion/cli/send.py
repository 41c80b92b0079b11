"""`send`: the events of a file or of standard input, to the hub."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from math import inf
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from ingestion.cli.options import Json, Patience, Verbose
from ingestion.cli.reporting import INTERRUPTED, reported, summarize
from ingestion.console.signals import StopRequest
from ingestion.errors import ConfigurationError, SendError
from ingestion.files import check_apart
from ingestion.settings import HubSettings

if TYPE_CHECKING:
    from ingestion.sending.lines import Sent

TICK_SECONDS = 0.2
"""How long input is waited for before looking whether a batch is due or a stop is requested."""

HELD = 2
"""A line is held whole, for the reject file too, up to so many times what the hub takes at once."""


def send(
    file: Annotated[
        str, typer.Argument(metavar="FILE.jsonl", help="One event per line; - reads standard input.")
    ],
    rejects: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Takes the lines that cannot be sent.", show_default="FILE.rejected.jsonl"
        ),
    ] = None,
    cursor: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Keeps how far sending has come, until all is sent.",
            show_default="FILE.jsonl.cursor",
        ),
    ] = None,
    from_line: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Skip the lines before this one.",
            show_default="where an interrupted run stopped, or 1",
        ),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew, even if a run was interrupted.")
    ] = False,
    patience: Patience = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Send events of your own, each line byte for byte as it is.

    Lines that are not a JSON object in UTF-8, or larger than the hub takes, go to the reject file with line
    number and reason, and the exit code is 1; all others are sent, also those that break the contract: they
    land and are quarantined there.

    A run that was interrupted, by whatever means, goes on after the last acknowledged line when the same
    command is run again.
    """
    with reported(verbose):
        began = time.monotonic()

        from ingestion.console.progress import ProgressBar
        from ingestion.sending.cursor import Cursor
        from ingestion.sending.line_files import RejectFile, arriving, lines_of
        from ingestion.sending.lines import LineSender
        from ingestion.sending.producer import Producer

        settings = HubSettings.load()
        source = Path("stdin.jsonl" if file == "-" else file)
        with ExitStack() as stack:
            stop = stack.enter_context(StopRequest())
            stream = _standard_input() if file == "-" else stack.enter_context(_readable(source))
            is_file = file != "-" and source.is_file()
            if (cursor or restart) and not is_file:
                raise ConfigurationError(
                    f"{file} cannot be read again: --cursor and --restart are for files, use --from-line."
                )
            place = (cursor or source.with_name(f"{source.name}.cursor")) if is_file else None
            rejected_to = rejects or source.with_suffix(".rejected.jsonl")
            check_apart((_input(file), stream.fileno()), ("--cursor", place), ("--rejects", rejected_to))
            position = stack.enter_context(
                Cursor(place, f"{settings.host}/{settings.hub}", from_line, restart=restart)
            )
            position.go_on(stream, file)
            not_read = max(position.line, position.kept.first_line - 1) if is_file else inf
            kept = stack.enter_context(RejectFile(rejected_to, after=not_read))
            sender = LineSender(kept, position)
            producer = stack.enter_context(Producer(settings, patience, stop, sender))
            bar = stack.enter_context(ProgressBar("sending", None))
            longest = HELD * producer.largest_bytes
            lines = lines_of(stream, longest) if is_file else arriving(stream.fileno(), TICK_SECONDS, longest)
            failure = None
            try:
                sender.send(producer, lines, lambda: stop.requested, bar.advance)
            except SendError as error:
                failure = error
        result = sender.result
        _report(result, kept.path, time.monotonic() - began, as_json)
        going_on = f"Run the same command again to go on with line {result.next_line:,}."
        if not is_file:
            going_on = f"Go on with --from-line {result.next_line}."
        if failure:
            raise SendError(f"{failure} {going_on}", failure.accepted) from failure
        if stop.requested:
            typer.echo(f"interrupted. {going_on}", err=True)
            raise typer.Exit(INTERRUPTED)
        if result.rejected:
            raise typer.Exit(1)


def _report(result: Sent, rejects: Path, seconds: float, as_json: bool) -> None:
    rejected = f"{result.rejected:,} rejected"
    if result.rejected:
        rejected += f" ({result.malformed:,} malformed, {result.oversized:,} oversized): see {rejects}"
    again = f" ({result.resent:,} of them again)" if result.resent else ""
    summarize(
        as_json,
        asdict(result) | {"rejects": str(rejects) if result.rejected else None, "seconds": round(seconds, 3)},
        f"{result.sent:,} events sent{again} in {seconds:.1f} s, {rejected}",
    )


def _input(file: str) -> str:
    return "standard input" if file == "-" else f"the input {file}"


def _standard_input() -> IO[bytes]:
    if sys.stdin is None:
        raise ConfigurationError("standard input is closed: name a file, or pipe the events in.")
    return sys.stdin.buffer


def _readable(source: Path) -> IO[bytes]:
    try:
        return source.open("rb")
    except OSError as error:
        raise ConfigurationError(f"cannot read {source}: {error.strerror}.") from error
