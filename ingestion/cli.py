"""The commands: `python -m ingestion simulate | send | land | verify | bootstrap | schema`."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from ingestion.console.signals import StopRequest
from ingestion.errors import ConfigurationError, IngestionError, SendError
from ingestion.settings import DEFAULT_ORDERS_PER_DAY, BronzeSettings, HubSettings, LandSettings, state_file

if TYPE_CHECKING:
    from ingestion.sending.producer import Producer
    from ingestion.sending.transfer import Accept
    from ingestion.simulation.faults import Message

INTERRUPTED = 130

app = typer.Typer(
    help="Order events: simulate them, send your own, land them in bronze, verify what became of them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

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

TICK_SECONDS = 0.2
"""How long input is waited for before looking whether a batch is due or a stop is requested."""


class Target(StrEnum):
    """The dbt targets of profiles.yml."""

    LOCAL = "local"
    DEV = "dev"
    PROD = "prod"


class Trigger(StrEnum):
    """When the landing stream runs."""

    AVAILABLE_NOW = "available-now"
    PROCESSING_TIME = "processing-time"


@app.command()
def simulate(
    events: Annotated[
        int | None,
        typer.Option(min=1, help="How many messages to make.", show_default="300"),
    ] = None,
    days: Annotated[
        float | None,
        typer.Option(min=0.001, metavar="N", help="Make what N days of the shop's clock bring, instead."),
    ] = None,
    continuous: Annotated[
        bool, typer.Option("--continuous", help="Go on until Ctrl-C or SIGTERM, instead.")
    ] = False,
    seed: Annotated[int, typer.Option(help="The same seed, options and state give the same events.")] = 42,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            metavar="EVENTS_PER_SECOND",
            help="Pace by the wall clock.",
            show_default="as fast as they are taken; 10 with --continuous",
        ),
    ] = None,
    orders_per_day: Annotated[
        float,
        typer.Option(
            min=1, max=10_000_000, metavar="N", help="Orders of an average day of the shop's clock."
        ),
    ] = DEFAULT_ORDERS_PER_DAY,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND=RATE",
            help="Inject faults; repeatable; all=RATE for every kind. Kinds: duplicate, late, out_of_order, "
            "malformed_json, invalid_utf8, missing_price, missing_quantity, negative_quantity, "
            "unreadable_number, unknown_state, orphan_status, added_field, renamed_field, retyped_field, "
            "oversized.",
            show_default="none",
        ),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the answer: what the pipeline must make of all that the shop has sent (JSON).",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Write to this file, not to the hub.")
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where the shop stands; read at the start and kept after the events were accepted.",
            show_default="INGESTION_STATE, or none with --out",
        ),
    ] = None,
    patience: Patience = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Simulate a shop and send its order events to the hub.

    The shop lives on a virtual clock that starts on 2026-01-01; --rate and --continuous say when events are
    sent, never when they occurred, so that the events of a seed are the same however they are sent.
    """
    with reported(verbose):
        began = time.monotonic()
        if (events is not None) + (days is not None) + continuous > 1:
            raise ConfigurationError("--events, --days and --continuous exclude each other: choose one.")
        if events is None and days is None and not continuous:
            events = 300
        if rate is None and continuous:
            rate = 10.0

        from datetime import timedelta

        from ingestion.console.progress import ProgressBar
        from ingestion.sending.transfer import chunk_sizes
        from ingestion.sending.transfer import simulate as run
        from ingestion.simulation.account import open_account
        from ingestion.simulation.faults import parse_rates
        from ingestion.simulation.simulator import Simulator, load_state, save_state

        faults = parse_rates(fault or [])
        place = state or (None if out else state_file())
        kept = load_state(place) if place else None
        account = open_account(place, kept, truth is not None)
        if truth and account:
            account.write(truth, seed)  # At once, so that nothing is sent when it cannot be written.
        with StopRequest() as stop, _destination(out, patience, stop) as (accept, producer):
            simulator = Simulator(seed, kept, faults, orders_per_day)
            until = None if days is None else simulator.now + timedelta(days=days)

            def accept_and_show(messages: Sequence[Message], refused: set[int]) -> None:
                accept(messages, refused)
                bar.advance(len(messages))

            def keep() -> None:
                if place:
                    save_state(place, simulator.state() | (account.keep() if account else {}))

            try:
                with ProgressBar("simulating", events) as bar:
                    sizes = chunk_sizes(events, rate, stop.wait)
                    result = run(simulator, sizes, accept_and_show, keep, account, until)
            finally:
                if truth and account:
                    account.write(truth, seed)
        seconds = time.monotonic() - began
        target = f"written to {out}" if out else "sent to the hub"
        refused = f", {result.refused:,} refused as too large" if result.refused else ""
        _summary(
            as_json,
            {
                "sent": result.sent,
                "refused": result.refused,
                "resent": producer.resent if producer else 0,
                "seconds": round(seconds, 3),
                "clock": simulator.now.isoformat(timespec="milliseconds"),
            },
            f"{result.sent:,} events {target} in {seconds:.1f} s{refused}; "
            f"the shop's clock stands at {simulator.now:%Y-%m-%d %H:%M} UTC",
        )
        if (events is not None and result.made < events) or (until is not None and simulator.now < until):
            raise typer.Exit(INTERRUPTED)


@app.command()
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
        from ingestion.sending.line_files import RejectFile, arriving
        from ingestion.sending.producer import Producer
        from ingestion.sending.transfer import LineSender

        settings = HubSettings.load()
        source = Path("stdin.jsonl" if file == "-" else file)
        with ExitStack() as stack:
            stop = stack.enter_context(StopRequest())
            stream = sys.stdin.buffer if file == "-" else stack.enter_context(_readable(source))
            is_file = file != "-" and source.is_file()
            if (cursor or restart) and not is_file:
                raise ConfigurationError(
                    f"{file} cannot be read again: --cursor and --restart are for files, use --from-line."
                )
            place = cursor or source.with_name(f"{source.name}.cursor")
            position = stack.enter_context(
                Cursor(
                    place if is_file else None, f"{settings.host}/{settings.hub}", from_line, restart=restart
                )
            )
            position.go_on(stream, file)
            kept = stack.enter_context(
                RejectFile(rejects or source.with_suffix(".rejected.jsonl"), after=position.line)
            )
            sender = LineSender(kept, position)
            producer = stack.enter_context(Producer(settings, patience, stop, sender))
            bar = stack.enter_context(ProgressBar("sending", None))
            lines = stream if is_file else arriving(stream.fileno(), TICK_SECONDS)
            failure = None
            try:
                sender.send(producer, lines, lambda: stop.requested, bar.advance)
            except SendError as error:
                failure = error
        result = sender.result
        rejected = f"{result.rejected:,} rejected"
        if result.rejected:
            rejected += f" ({result.malformed:,} malformed, {result.oversized:,} oversized): see {kept.path}"
        seconds = time.monotonic() - began
        again = f" ({result.resent:,} of them again)" if result.resent else ""
        _summary(
            as_json,
            asdict(result)
            | {"rejects": str(kept.path) if result.rejected else None, "seconds": round(seconds, 3)},
            f"{result.sent:,} events sent{again} in {seconds:.1f} s, {rejected}",
        )
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


@app.command()
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
        reach(settings.kafka)
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
            landed = run(spark, settings, pause, max_offsets, from_table, stop, bar.advance, emit)
        seconds = time.monotonic() - began
        text = f"{landed.rows:,} rows landed in {landed.table} in {seconds:.1f} s"
        if landed.is_stopped:
            text += "; stopped as asked"
        if landed.lag:
            text += f"; {landed.lag:,} were still in the hub"
        _summary(
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


@app.command()
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
        from ingestion.verification.reads import QUERIES, differing_rows, read
        from ingestion.verification.reconciliation import compare, hints
        from ingestion.verification.report import as_values, is_exact, print_report, report_console
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


@app.command()
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


@app.command()
def schema(verbose: Verbose = False) -> None:
    """Print the JSON Schema of the order event (kept in docs/order_event.schema.json)."""
    with reported(verbose):
        from ingestion.contract import render_json_schema

        typer.echo(render_json_schema(), nl=False)


@contextmanager
def reported(verbose: bool) -> Iterator[None]:
    """Turn a failure into one line on standard error and its exit code."""
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except KeyboardInterrupt:
        typer.echo("error: interrupted", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        if verbose:
            traceback.print_exc()
        if isinstance(error, IngestionError):
            message, code = str(error), error.exit_code
        else:
            reason = " ".join(str(error).split())[:300]
            message, code = f"{type(error).__name__}: {reason} (--verbose shows where)", 1
        typer.echo(f"error: {message}", err=True)
        raise typer.Exit(code) from None


def _readable(source: Path) -> IO[bytes]:
    try:
        return source.open("rb")
    except OSError as error:
        raise ConfigurationError(f"cannot read {source}: {error.strerror}.") from error


@contextmanager
def _destination(
    out: Path | None, patience: float | None, stop: StopRequest
) -> Iterator[tuple[Accept, Producer | None]]:
    """What takes simulated messages: a file, one per line, or the hub, with the producer that sends there."""
    from ingestion.sending.transfer import send_all, write_all

    if out is None:
        from ingestion.sending.producer import Producer

        with Producer(HubSettings.load(), patience, stop) as producer:
            yield partial(send_all, producer), producer
        return
    try:
        stream = out.open("wb")
    except OSError as error:
        raise ConfigurationError(f"cannot write {out}: {error.strerror}.") from error
    with stream:
        yield partial(write_all, stream), None


@contextmanager
def _lines(target: str | None) -> Iterator[Callable[[str], None]]:
    """What takes lines, each of which is out at once: a file, standard output for `-`, or nothing."""
    if target is None:
        yield lambda _: None
        return
    if target == "-":
        try:
            yield lambda line: print(line, flush=True)  # noqa: T201 - from any thread
        except IngestionError as error:
            if isinstance(error.__cause__, BrokenPipeError):
                # Python would complain once more when it ends and finds that nobody reads.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise
        return
    try:
        stream = Path(target).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - closed below
    except OSError as error:
        raise ConfigurationError(f"cannot write {target}: {error.strerror}.") from error
    with stream:
        yield lambda line: print(line, file=stream)


def _summary(as_json: bool, values: dict[str, Any], text: str, on_error_stream: bool = False) -> None:
    typer.echo(json.dumps(values) if as_json else text, err=on_error_stream)
