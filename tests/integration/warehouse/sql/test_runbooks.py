"""The queries of docs/operations.md on a quarantine flood work whatever the bodies are."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

import pytest

from emulators.settings import REPOSITORY
from tests.integration.warehouse.conftest import Warehouse

TEXT = '{"quantity": "3 pcs", "city": "Köln"}'
BODIES = {
    "text": TEXT.encode(),
    "gzip": gzip.compress(TEXT.encode()),
    "utf-16": TEXT.encode("utf-16"),
    "latin-1": TEXT.encode("latin-1"),
    "avro": b"Obj\x01\x04\x16avro.schema\xc3\x28\x80",
    "nulls": b"\x00\x00\x00",
    "empty": b"",
    "cut": TEXT.encode()[:-5],  # in the middle of a character,
}


def queries(title: str) -> list[str]:
    """The statements under a heading, in their order."""
    text = (REPOSITORY / "docs" / "operations.md").read_text()
    section = re.split(r"^#+ ", text.split(f"### {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"```sql\n(.*?);?\s*```", section, flags=re.DOTALL)


@pytest.fixture(scope="module")
def flood(warehouse: Warehouse) -> Iterator[Warehouse]:
    rows = ", ".join(
        f"('unreadable_value', 'unreadable: {name}', X'{body.hex()}', {number})"
        for number, (name, body) in enumerate(BODIES.items())
    )
    for statement in (
        "create schema if not exists silver",
        "create schema if not exists ops",
        "create or replace table silver.quarantined_order_events as "
        "select rule_id, reason, body, 'orders' as event_hub, 0 as `partition`, "
        "cast(at as bigint) as `offset`, current_timestamp() as enqueued_at "
        f"from values {rows}, ('unreadable_value', 'no body', null, 99) as landed(rule_id, reason, body, at)",
        "create or replace table ops.order_event_corrections (event_hub string, `partition` int, "
        "`offset` bigint, corrected_by string, note string, corrected_body binary, corrected_at timestamp)",
    ):
        warehouse.rows(statement)
    yield warehouse
    warehouse.rows("drop table silver.quarantined_order_events")
    warehouse.rows("drop table ops.order_event_corrections")


def test_the_look_at_a_flood_shows_bodies_of_any_kind(flood: Warehouse) -> None:
    look, _ = queries("Quarantine flood")
    shown = {row[1].removeprefix("unreadable: "): row[-2:] for row in flood.rows(look)}
    assert shown.keys() == {*BODIES, "no body"}
    assert shown["text"] == (TEXT, BODIES["text"].hex().upper())
    assert shown["gzip"][1].startswith("1F8B08")
    assert shown["no body"] == (None, None)
    assert {name: bytes.fromhex(shown[name][1]) for name in BODIES} == {
        name: body[:40] for name, body in BODIES.items()
    }


def test_the_correction_of_a_flood_passes_bodies_that_are_no_text(flood: Warehouse) -> None:
    _, correct = queries("Quarantine flood")
    flood.rows(correct)
    corrected = flood.rows("select `offset`, corrected_body from ops.order_event_corrections")
    assert corrected == [(0, TEXT.replace('"3 pcs"', "3").encode())]
