"""The report of `verify`: a table for a person, or plain values for a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ingestion.verification.reconciliation import Check, Difference, Value
from ingestion.verification.searches import SHOWN, Rows

WIDTH = 120
"""Columns where nobody says how many there are, as in a file."""


def report_console() -> Console:
    """A console on standard output that does not break lines at 80 columns when it is no terminal."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=max(console.width, WIDTH))


def is_exact(checks: Sequence[Check]) -> bool:
    """Whether nothing differs."""
    return not any(check.differences for check in checks)


def as_values(checks: Sequence[Check], rows: Sequence[Rows], hints: Sequence[str]) -> dict[str, Any]:
    """What `--json` prints: counts as numbers, amounts as strings."""
    return {
        "is_exact": is_exact(checks),
        "checks": [
            {
                "name": check.name,
                "compares": check.compares,
                "expected": {key: _plain(value) for key, value in check.expected.items()},
                "found": {key: _plain(value) for key, value in check.found.items()},
                "differing": len(check.differences),
                "differences": [_as_values(each) for each in check.differences[:SHOWN]],
            }
            for check in checks
        ],
        "differing_rows": [
            {
                "table": each.table,
                "compares": each.compares,
                "differences": [_as_values(row) for row in each.differences],
            }
            for each in rows
        ],
        "hints": list(hints),
    }


def print_report(
    console: Console, checks: Sequence[Check], rows: Sequence[Rows], hints: Sequence[str]
) -> None:
    """Print every comparison, then the first keys of sums that differ, then the rows they are made of."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("what")
    for name in ("expected", "found"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    table.add_column("compared", style="dim")
    for check in checks:
        for number, line in enumerate(_lines(check)):
            table.add_row(*line, escape(check.compares) if number == 0 else "")
    console.print(table)
    differing = [check for check in checks if check.differences]
    for check in differing:
        if not check.is_listed:
            _print_differences(console, check.name, check.compares, check.differences)
    for each in rows:
        _print_differences(console, each.table, each.compares, each.differences)
    console.print()
    for hint in hints:
        console.print(escape(f"note: {hint}"))
    console.print(
        f"{len(differing)} of {len(checks)} comparisons differ"
        if differing
        else f"exact: {len(checks)} comparisons, no difference"
    )


def _lines(check: Check) -> list[tuple[str, str, str, str]]:
    """What, expected, found and verdict, for each line of a comparison."""
    if check.is_listed:
        differing = {each.key for each in check.differences}
        return [
            (
                escape(f"{check.name}: {key}"),
                _text(check.expected.get(key, 0)),
                _text(check.found.get(key, 0)),
                "[red]differs[/red]" if key in differing else "[green]=[/green]",
            )
            for key in check.keys
        ] or [(check.name, "0", "0", "[green]=[/green]")]
    count = len(check.differences)
    return [
        (
            f"{check.name}: {len(check.keys):,} rows",
            _text(sum(check.expected.values())),
            _text(sum(check.found.values())),
            f"[red]{count:,} differ[/red]" if count else "[green]=[/green]",
        )
    ]


def _print_differences(console: Console, name: str, compares: str, differences: Sequence[Difference]) -> None:
    console.print(f"\n[bold]{escape(name)}[/bold]: {escape(compares)}")
    table = Table(box=None, pad_edge=False)
    table.add_column("key")
    for side in ("expected", "found"):
        table.add_column(side, justify="right", no_wrap=True)
    for each in differences[:SHOWN]:
        table.add_row(escape(each.key), _text(each.expected), _text(each.found))
    if len(differences) > SHOWN:
        table.add_row(f"… and {len(differences) - SHOWN:,} more", "", "")
    console.print(table)


def _as_values(difference: Difference) -> dict[str, Any]:
    return {
        "key": difference.key,
        "expected": _plain(difference.expected),
        "found": _plain(difference.found),
    }


def _plain(value: Value) -> int | str:
    return value if isinstance(value, int) else str(value)


def _text(value: Value) -> str:
    return f"{value:,}"
