"""The commands: `python -m ingestion simulate | send | land | verify | bootstrap | schema`.

A module per command declares its options and calls the room that does the work. What takes long to load is
imported inside the command, so that `--help` and mistakes answer at once.
"""

from __future__ import annotations

import typer

from ingestion.cli import admin, land, send, simulate, verify

app = typer.Typer(
    help="Order events: simulate them, send your own, land them in bronze, verify what became of them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    simulate.simulate,
    send.send,
    land.land,
    verify.verify,
    admin.bootstrap,
    admin.schema,
):
    app.command()(command)
