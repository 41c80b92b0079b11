"""`bootstrap` and `schema`: what an owner of the tables and a sender of events need once."""

from __future__ import annotations

from typing import Annotated

import typer

from ingestion.cli.options import Verbose
from ingestion.cli.reporting import reported
from ingestion.settings import BronzeSettings


def bootstrap(
    catalog: Annotated[
        str | None, typer.Option(help="Catalog of the bronze schema.", show_default="INGESTION_CATALOG")
    ] = None,
    schema: Annotated[
        str | None, typer.Option(help="The bronze schema.", show_default="INGESTION_BRONZE_SCHEMA")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Print the SQL that creates the schemas and empty tables of the ingester; run it once, as the owner."""
    with reported(verbose):
        import os

        from ingestion.tables.bootstrap import statements

        environment = dict(os.environ)
        if catalog:
            environment |= {"INGESTION_CATALOG": catalog, "INGESTION_BRONZE_PATH": ""}
        if schema:
            environment["INGESTION_BRONZE_SCHEMA"] = schema
        for statement in statements(BronzeSettings.load(environment)):
            typer.echo(f"{statement};\n")


def schema(verbose: Verbose = False) -> None:
    """Print the JSON Schema of the order event (kept in docs/order_event.schema.json)."""
    with reported(verbose):
        from ingestion.contract import render_json_schema

        typer.echo(render_json_schema(), nl=False)
