"""The command line: up, down, status, env and demo."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from emulators.errors import EmulatorError
from emulators.settings import LOOPBACK, Settings, load

app = typer.Typer(
    help="Azure Event Hubs and a Databricks SQL warehouse on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(highlight=False)


class Group(StrEnum):
    """An emulator that can be started alone."""

    EVENTHUBS = "eventhubs"
    WAREHOUSE = "warehouse"


@app.command()
def prepare() -> None:
    """Get Java, the jars and the certificates, and archive Spark's classes for it to start faster."""
    from emulators.runtime.class_archive import ensure_class_archive
    from emulators.supervision import lifecycle

    settings = load()
    ensure_class_archive(settings, lifecycle.prepare(settings))


@app.command()
def up(
    only: Annotated[list[Group] | None, typer.Option(help="Start just this one (repeatable).")] = None,
) -> None:
    """Start the emulators and wait until they serve; does nothing for what already runs."""
    from emulators.supervision import lifecycle

    settings = load()
    began = time.monotonic()
    with console.status("starting the emulators …"):
        lifecycle.up(settings, tuple(only) if only else tuple(Group))
    console.print(f"up in {time.monotonic() - began:.1f} s")
    _print_status(settings)


@app.command()
def down() -> None:
    """Stop the emulators; what they hold stays on disk."""
    from emulators.supervision import lifecycle

    stopped = lifecycle.down(load())
    console.print(f"stopped {', '.join(stopped)}" if stopped else "nothing was running")


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
) -> None:
    """Tell what is up and how to reach it."""
    from emulators.supervision import lifecycle

    settings = load()
    if as_json:
        typer.echo(json.dumps(asdict(lifecycle.status(settings)), indent=2))
    else:
        _print_status(settings)


@app.command()
def env() -> None:
    """Print the environment for dbt, ingestion and Spark: eval "$(python -m emulators env)"."""
    from emulators.runtime.environment import as_shell, client_environment

    typer.echo(as_shell(client_environment(load())))


@app.command()
def demo(
    events: Annotated[int, typer.Option(min=1, help="How many order events to simulate.")] = 300,
    seed: Annotated[int, typer.Option(help="Seed of the simulator.")] = 42,
) -> None:
    """Run the whole path: simulate, send, land, build, and print the result."""
    from emulators import demo as demonstration

    demonstration.run(load(), events=events, seed=seed, console=console)


def main() -> None:
    """Run the command line; an error a person can put right is one line, and exit code 1."""
    try:
        app()
    except EmulatorError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from None
    except OSError as error:
        what = f"{error.filename}" if error.filename else "what it was asked to print"
        typer.echo(f"error: cannot read or write {what}: {error.strerror}.", err=True)
        with contextlib.suppress(OSError):
            # What could not be printed is let go: Python would try again, and complain, when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


def _print_status(settings: Settings) -> None:
    from emulators.supervision import lifecycle

    table = Table(box=None, pad_edge=False, show_header=False)
    current = lifecycle.status(settings)
    for name, reach in asdict(current).items():
        where = "down" if reach is None else _where(name, settings)
        table.add_row(name, where)
    console.print(table)


def _where(name: str, settings: Settings) -> str:
    if name == "warehouse":
        return settings.warehouse_url
    return f"AMQP {LOOPBACK}:{settings.amqp_port}, Kafka {settings.kafka_bootstrap}"
