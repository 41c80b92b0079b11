"""How messages depart from the contract, field by field (docs/decisions/0015)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.e2e.recount.messages import FIELDS, INTEGERS, Message, is_number, json_value
from tests.e2e.recount.rows import Rows, grouped

Departure = tuple[str, str, str]
"""Field, kind of drift and type in JSON."""


def order_event_drift(messages: Sequence[Message]) -> Rows:
    """One row per partition and departure, as landed."""
    found = [(message, departure) for message in messages for departure in _departures(message)]
    rows = []
    for (event_hub, partition, departure), each in grouped(
        found, lambda each: (each[0].event_hub, each[0].partition, each[1])
    ).items():
        in_order = sorted((message for message, _ in each), key=lambda message: message.offset)
        rows.append(
            {
                "event_hub": event_hub,
                "partition": partition,
                **dict(zip(("field_name", "drift_kind", "json_type"), departure, strict=True)),
                "first_offset": in_order[0].offset,
                "last_offset": in_order[-1].offset,
                "message_count": len(in_order),
                "first_seen_at": in_order[0].enqueued_at,
                "last_seen_at": in_order[-1].enqueued_at,
            }
        )
    return rows


def _departures(message: Message) -> Iterator[Departure]:
    try:
        body = json_value(message.body)
    except (ValueError, RecursionError):
        return
    if not isinstance(body, dict):
        return
    for name in FIELDS - body.keys():
        yield name, "missing", "none"
    for name, value in body.items():
        json_type = _json_type(value)
        if name not in FIELDS:
            yield name, "added", json_type
        elif json_type not in ("null", "number" if name in INTEGERS else "string"):
            yield name, "retyped", json_type


def _json_type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "number" if is_number(value) else "string"
    return "array" if isinstance(value, list) else "object"
