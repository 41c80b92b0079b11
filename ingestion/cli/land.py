"""`land`: the hub's messages, to the bronze table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ingestion.cli.options import Json, Verbose
from ingestion.cli.reporting import reported, summarize, warn
from ingestion.console.signals import StopRequest
from ingestion.errors import ConfigurationError
from ingestion.files import Kind, check_apart, check_output
from ingestion.settings import LandSettings

METRICS = Kind("a file of metrics", lambda head: head.startswith(b'{"event_hub": '))


class Trigger(StrEnum):
    """When the landing stream runs."""

    AVAILABLE_NOW = "available-now"
    PROCESSING_TIME = "processing-time"


def land(
    trigger: Annotated[
        Trigger, typer.Option(help="Land what is there and end, or go on until Ctrl-C or SIGTERM.")
    ] = Trigger.AVAILABLE_NOW,
    interval: Annotated[
        float, typer.Option(min=0.0, metavar="SECONDS", help="Time between batches, for processing-time.")
    ] = 5.0,
    max_offsets: Annotated[
        int, typer.Option(min=1, metavar="N", help="Messages in one batch at most.")
    ] = 1_000_000,
    from_table: Annotated[
        bool,
        typer.Option("--from-table", help="With a new checkpoint: go on after the offsets the table holds."),
    ] = False,
    metrics: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Add a line of JSON to this file for each batch; - is standard output."
        ),
    ] = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Land the hub's messages in the bronze table, each exactly once.

    Each batch becomes a row of ops.ingest_batches within seconds. SIGTERM and Ctrl-C end the run after the
    batch under way, with exit code 0; the next run goes on from there.
    """
    with reported(verbose):
        from ingestion.console.progress import ProgressBar
        from ingestion.landing.hub_probe import reach
        from ingestion.landing.locks import locked
        from ingestion.landing.spark_session import spark_session
        from ingestion.landing.stream import run

        began = time.monotonic()
        settings = LandSettings.load()
        _check_files(metrics, settings.log)
        reach(settings.kafka, warn)
        pause = interval if trigger is Trigger.PROCESSING_TIME else None
        with (
            _lines(metrics) as emit,
            StopRequest() as stop,
            locked(settings) as locks,
            spark_session(settings.kafka.on_databricks, settings.log, locks, pause is not None) as spark,
            ProgressBar("landing", None) as bar,
        ):
            # Spark takes SIGINT for itself when it starts.
            stop.listen()
            landed = run(spark, settings, pause, max_offsets, from_table, stop, bar.advance, emit, warn)
        seconds = time.monotonic() - began
        text = f"{landed.rows:,} rows landed in {landed.table} in {seconds:.1f} s"
        if landed.is_stopped:
            text += "; stopped as asked"
        if landed.lag:
            text += f"; {landed.lag:,} were still in the hub"
        summarize(
            as_json,
            {
                "landed": landed.rows,
                "batches": landed.batches,
                "lag": landed.lag,
                "stopped": landed.is_stopped,
                "seconds": round(seconds, 3),
            },
            text,
            on_error_stream=metrics == "-" and not as_json,
        )


def _check_files(metrics: str | None, log: Path | None) -> None:
    """See to it that no file is two things, and that lines are added to none that holds something else."""
    file = None if metrics is None or metrics == "-" else Path(metrics)
    check_apart(("INGESTION_LOG", log), ("--metrics", file))
    if file:
        check_output("--metrics", file, METRICS)


@contextmanager
def _lines(target: str | None) -> Iterator[Callable[[str], None]]:
    """What takes lines, each of which is out at once: a file, standard output for `-`, or nothing."""
    if target is None:
        yield lambda _: None
        return
    if target == "-":
        yield lambda line: print(line, flush=True)  # noqa: T201 - from any thread
        return
    try:
        stream = Path(target).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - closed below
    except OSError as error:
        raise ConfigurationError(f"cannot write {target}: {error.strerror}.") from error
    with stream:
        yield lambda line: print(line, file=stream)
