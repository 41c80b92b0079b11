from __future__ import annotations

import io
import json
from decimal import Decimal

from rich.console import Console

from ingestion.verification.reconciliation import Check, Difference, compare
from ingestion.verification.report import as_values, is_exact, print_report
from ingestion.verification.searches import Rows
from tests.unit.ingestion.truths import FOUND, found, truth

MINUTES = {f"2026-01-01T10:{minute:02d}:00Z": Decimal(minute) for minute in range(1, 8)}
ROWS = Rows(
    "gold.daily_sales", "revenue of a row", (Difference("2026-01-01", Decimal("1.00"), Decimal("1.01")),)
)


def _printed(checks: list[Check], rows: list[Rows], hints: list[str]) -> list[str]:
    stream = io.StringIO()
    print_report(Console(file=stream, width=120), checks, rows, hints)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def test_what_is_exact_says_so() -> None:
    checks = compare(truth(), FOUND)
    lines = _printed(checks, [], [])
    assert is_exact(checks)
    assert lines[0].split() == ["what", "expected", "found", "compared"]
    assert " ".join(lines[1].split()) == (
        "sent = landed: messages 12 12 = sent of the truth = rows of bronze.order_events"
    )
    assert "by partition: orders/1" in lines[6]
    assert lines[-1] == "exact: 12 comparisons, no difference"
    assert not any("differ" in line for line in lines[:-1])


def test_what_differs_is_named_with_the_first_keys_and_rows() -> None:
    checks = compare(truth(), found(by_minute=FOUND.by_minute | MINUTES, statuses={"placed": 4}))
    lines = _printed(checks, [ROWS], ["do this"])
    assert not is_exact(checks)
    (status,) = (line for line in lines if "orders by status: placed" in line)
    assert status.split()[4:7] == ["2", "4", "differs"]
    (minutes,) = (line for line in lines if "revenue by minute" in line and "7 differ" in line)
    assert "58.01" in minutes
    at = lines.index("revenue by minute: truth = sum of revenue in gold.sales_by_state_minute")
    assert lines[at + 2].split() == ["2026-01-01T10:01:00Z", "0", "1"]
    assert lines[at + 7] == "… and 2 more"
    at = lines.index("gold.daily_sales: revenue of a row")
    assert lines[at + 2].split() == ["2026-01-01", "1.00", "1.01"]
    assert lines[-2:] == ["note: do this", "2 of 12 comparisons differ"]


def test_values_for_a_program_are_json_with_exact_amounts() -> None:
    checks = compare(truth(), found(by_minute=FOUND.by_minute | MINUTES))
    values = json.loads(json.dumps(as_values(checks, [ROWS], ["do this"])))
    assert values["is_exact"] is False
    minutes = values["checks"][-1]
    assert (minutes["name"], minutes["differing"], len(minutes["differences"])) == ("revenue by minute", 7, 5)
    assert minutes["differences"][0] == {"key": "2026-01-01T10:01:00Z", "expected": 0, "found": "1"}
    assert minutes["expected"]["2026-01-02T11:05:00Z"] == "-20.00"
    assert values["differing_rows"] == [
        {
            "table": "gold.daily_sales",
            "compares": "revenue of a row",
            "differences": [{"key": "2026-01-01", "expected": "1.00", "found": "1.01"}],
        }
    ]
    assert values["hints"] == ["do this"]
