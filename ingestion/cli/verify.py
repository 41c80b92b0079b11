"""`verify`: what was sent against what the tables hold."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ingestion.cli.options import Json, Verbose
from ingestion.cli.reporting import reported


class Target(StrEnum):
    """The dbt targets of profiles.yml."""

    LOCAL = "local"
    DEV = "dev"
    PROD = "prod"


def verify(
    truth: Annotated[
        Path, typer.Option(metavar="FILE", help="What `simulate --truth` wrote about the events it sent.")
    ],
    target: Annotated[
        Target, typer.Option(help="The dbt target that built the tables: it says where they are.")
    ] = Target.LOCAL,
    resent: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Events the sender sent again because an acknowledgement was lost: the hub may hold so many "
            "copies more.",
        ),
    ] = 0,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Compare what was sent with what landed, with what silver made of it, and with gold to the cent.

    The tables must hold the events of the truth file and no others, and dbt must have built them. Exits with
    1 if anything differs, and names the first rows that do.
    """
    with reported(verbose):
        from ingestion.console.progress import ProgressBar
        from ingestion.settings import WarehouseSettings
        from ingestion.verification import truth_file
        from ingestion.verification.reads import QUERIES, read
        from ingestion.verification.reconciliation import compare, hints
        from ingestion.verification.report import as_values, is_exact, print_report, report_console
        from ingestion.verification.searches import differing_rows
        from ingestion.verification.sql_warehouse import session

        expected = truth_file.load(truth)
        with (
            session(WarehouseSettings.load(target.value)) as warehouse,
            ProgressBar("verifying", QUERIES) as bar,
        ):
            found = read(warehouse, bar.advance)
            checks = compare(expected, found, resent)
            rows = list(differing_rows(warehouse, checks))
        notes = hints(expected, found, checks, resent)
        if as_json:
            typer.echo(json.dumps(as_values(checks, rows, notes)))
        else:
            print_report(report_console(), checks, rows, notes)
        if not is_exact(checks):
            raise typer.Exit(1)
