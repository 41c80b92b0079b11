"""`simulate`: a shop's order events, to the hub or to a file."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingestion.cli.options import Json, Patience, Verbose
from ingestion.cli.reporting import INTERRUPTED, reported, summarize
from ingestion.console.signals import StopRequest
from ingestion.errors import ConfigurationError
from ingestion.files import check_apart, check_output
from ingestion.settings import DEFAULT_ORDERS_PER_DAY, HubSettings, state_file

if TYPE_CHECKING:
    from ingestion.sending.producer import Producer
    from ingestion.sending.simulated import Accept, Simulated
    from ingestion.simulation.account import Account
    from ingestion.simulation.faults import Message
    from ingestion.simulation.simulator import Simulator

DEFAULT_EVENTS = 300
DEFAULT_RATE = 10.0
"""Events per second of a run that goes on until it is stopped."""


def simulate(
    events: Annotated[
        int | None,
        typer.Option(min=1, help="How many messages to make.", show_default=str(DEFAULT_EVENTS)),
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
            events = DEFAULT_EVENTS
        if rate is None and continuous:
            rate = DEFAULT_RATE

        from ingestion.console.progress import ProgressBar
        from ingestion.sending.simulated import chunk_sizes
        from ingestion.sending.simulated import simulate as run

        place = state or (None if out else state_file())
        _check_files(out, truth, place)
        shop = _open(place, truth, seed, fault or [], orders_per_day)
        until = None if days is None else shop.simulator.now + timedelta(days=days)
        with StopRequest() as stop, _destination(out, patience, stop) as (accept, producer):

            def accept_and_show(messages: Sequence[Message], refused: set[int]) -> None:
                accept(messages, refused)
                bar.advance(len(messages))

            try:
                with ProgressBar("simulating", events) as bar:
                    sizes = chunk_sizes(events, rate, stop.wait)
                    result = run(shop.simulator, sizes, accept_and_show, shop.keep, shop.account, until)
            finally:
                shop.tell()
        clock = shop.simulator.now
        resent = producer.resent if producer else 0
        _report(result, resent, time.monotonic() - began, clock, out, as_json)
        if _is_short(result.made, events) or (until is not None and clock < until):
            raise typer.Exit(INTERRUPTED)


@dataclass(frozen=True)
class _Shop:
    """A shop, what is known of what it sent, and the files that hold both."""

    simulator: Simulator
    account: Account | None
    seed: int
    state: Path | None
    truth: Path | None

    def keep(self) -> None:
        """Keep where the shop stands, if that is wanted."""
        from ingestion.simulation.state_file import save_state

        if self.state:
            account = self.account.keep() if self.account else {}
            save_state(self.state, self.simulator.state() | account)

    def tell(self) -> None:
        """Write the truth so far, if it is asked for."""
        if self.truth and self.account:
            self.account.write(self.truth, self.seed)


def _check_files(out: Path | None, truth: Path | None, state: Path | None) -> None:
    """See to it that no file is two things and none is replaced that holds something else."""
    from ingestion.sending.simulated import EVENTS
    from ingestion.simulation.account import TRUTH_FILE
    from ingestion.simulation.bookings import bookings_file

    check_apart(
        ("the shop's state", state),
        ("the bookings beside the shop's state", state and bookings_file(state)),
        ("--out", out),
        ("--truth", truth),
    )
    if out:
        check_output("--out", out, EVENTS)
    if truth:
        check_output("--truth", truth, TRUTH_FILE)


def _open(
    state: Path | None, truth: Path | None, seed: int, faults: Sequence[str], orders_per_day: float
) -> _Shop:
    """The shop of a state file, or a new one; nothing is sent when a file of it cannot be written."""
    from ingestion.simulation.account import open_account
    from ingestion.simulation.faults import parse_rates
    from ingestion.simulation.simulator import Simulator
    from ingestion.simulation.state_file import load_state, make_folder

    rates = parse_rates(faults)
    kept = load_state(state) if state else None
    account = open_account(state, kept, truth is not None)
    shop = _Shop(Simulator(seed, kept, rates, orders_per_day), account, seed, state, truth)
    if state:
        make_folder(state)
        check_output("--state", state)
    shop.tell()
    return shop


@contextmanager
def _destination(
    out: Path | None, patience: float | None, stop: StopRequest
) -> Iterator[tuple[Accept, Producer | None]]:
    """What takes simulated messages: a file, one per line, or the hub, with the producer that sends there."""
    from ingestion.sending.simulated import send_all, write_all

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


def _report(
    result: Simulated, resent: int, seconds: float, clock: datetime, out: Path | None, as_json: bool
) -> None:
    target = f"written to {out}" if out else "sent to the hub"
    refused = f", {result.refused:,} refused as too large" if result.refused else ""
    summarize(
        as_json,
        {
            "sent": result.sent,
            "refused": result.refused,
            "resent": resent,
            "seconds": round(seconds, 3),
            "clock": clock.isoformat(timespec="milliseconds"),
        },
        f"{result.sent:,} events {target} in {seconds:.1f} s{refused}; "
        f"the shop's clock stands at {clock:%Y-%m-%d %H:%M} UTC",
    )


def _is_short(made: int, wanted: int | None) -> bool:
    return wanted is not None and made < wanted
