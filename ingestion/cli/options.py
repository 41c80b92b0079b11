"""The options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Verbose = Annotated[bool, typer.Option("--verbose", help="Show the stack trace of a failure.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object.")]
Patience = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        metavar="SECONDS",
        help="Try a request again for so long after trouble that may pass.",
        show_default="60 while the hub is away, else 8.5",
    ),
]
