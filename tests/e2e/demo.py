"""`make demo` as a person sees it."""

from __future__ import annotations

import re
from collections import Counter

from tests.e2e.place import Place

CHATTER = re.compile(r"WARN|Exception|Traceback|log4j|ivy|incubator|deprecat", re.IGNORECASE)

MODEL = re.compile(r"/\* dbt order_intelligence model\.order_intelligence\.(\w+) \*/(.*)", re.DOTALL)


def run(place: Place) -> dict[str, int]:
    """Run the demo; returns its line of event counts."""
    answer = place.emulators("demo", "--events", "300")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert not CHATTER.search(answer.stdout), answer.stdout
    lines = [line.rstrip() for line in answer.stdout.splitlines()]
    for title in ("Revenue by brand and category", "Top cities", "Top customers", "Seconds per step"):
        assert title in lines
    at = lines.index("Events")
    names, counts = re.split(r"\s{2,}", lines[at + 1].strip()), lines[at + 2].split()
    return dict(zip(names, map(int, counts), strict=True))


def asked(place: Place) -> Counter[tuple[str, str]]:
    """How often each statement was sent, with the model it was sent for."""
    sent = place.query("select statement_text from system.query.history")
    pairs = (MODEL.match(text) for (text,) in sent)
    return Counter((pair[1], " ".join(pair[2].split())) for pair in pairs if pair)
