from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # no stubs among the dependencies
from pydantic import ValidationError

from emulators.settings import REPOSITORY
from ingestion import contract
from ingestion.tables import order_events

EVENT: dict[str, Any] = {
    "event_id": "5f0c7c1e-3b0e-4b51-8a3c-5a6c1d1f2e3d",
    "event_type": "order_placed",
    "schema_version": 1,
    "occurred_at": "2026-01-01T10:15:00.250Z",
    "order_id": "ORD000001",
    "customer_id": "C1023",
    "customer_name": "Ana O'Neil",
    "customer_email": "ana@example.com",
    "city": "Austin",
    "state": "TX",
    "product_id": "P001",
    "product_name": "Laptop",
    "category": "Electronics",
    "brand": "Dell",
    "base_price": "899.99",
    "unit_price": "854.99",
    "quantity": 2,
    "discount_pct": "12.50",
    "total_amount": "1496.23",
    "payment_method": "card",
    "order_status": "placed",
}


def body(**changes: object) -> bytes:
    return json.dumps(EVENT | changes).encode()


def without(field: str) -> bytes:
    return json.dumps({name: value for name, value in EVENT.items() if name != field}).encode()


def test_json_schema_in_docs_is_the_contract() -> None:
    kept = (REPOSITORY / "docs" / contract.SCHEMA_ID).read_text()
    assert kept == contract.render_json_schema(), (
        "run: python -m ingestion schema > docs/" + contract.SCHEMA_ID
    )


def test_columns_are_those_of_the_staging_model() -> None:
    models = yaml.safe_load((REPOSITORY / "models/bronze/stg_orders__order_events.yml").read_text())
    described = {column["name"]: column["data_type"] for column in models["models"][0]["columns"]}
    of_reading = {"rule_id", "reason", "unknown_fields", "drift", "is_corrected"}
    of_bronze = {column.name for column in order_events.COLUMNS} | of_reading
    assert {name: kind for name, kind in described.items() if name not in of_bronze} == {
        column.name: column.spark_type for column in contract.columns()
    }


def test_dbt_extracts_the_fields_of_the_contract_in_its_order() -> None:
    macro = (REPOSITORY / "macros/parsing/order_event_fields.sql").read_text()
    names = {column.name for column in contract.columns()}
    found = [word for word in re.findall(r"'(\w+)'", macro) if word in names]
    assert found == [column.name for column in contract.columns()]


def test_bronze_columns_are_those_of_the_source() -> None:
    sources = yaml.safe_load((REPOSITORY / "models/bronze/_bronze__sources.yml").read_text())
    described = {
        column["name"]: column["data_type"].replace(" ", "")
        for column in sources["sources"][0]["tables"][0]["columns"]
    }
    assert described == {column.name: column.spark_type.replace(" ", "") for column in order_events.COLUMNS}


def test_only_three_fields_may_be_missing() -> None:
    optional = [column.name for column in contract.columns() if column.nullable]
    assert optional == ["unit_price", "quantity", "discount_pct"]
    for field in EVENT:
        if field in optional:
            assert getattr(contract.parse(without(field)), field) is None
        else:
            with pytest.raises(ValidationError, match=field):
                contract.parse(without(field))


def test_required_fields_are_fields() -> None:
    assert {field.value for field in contract.RequiredField} <= set(EVENT)


def test_numbers_are_read_exactly_whichever_way_json_writes_them() -> None:
    written = body().replace(b'"1496.23"', b"123456789012.29").replace(b'"854.99"', b"1.10")
    event = contract.parse(written)
    assert event.total_amount == Decimal("123456789012.29")
    assert str(event.unit_price) == "1.10"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"event_type": "order_shipped"}, "contradicts"),
        ({"event_type": "order_lost"}, "event_type"),
        ({"schema_version": 2}, "schema_version"),
        ({"occurred_at": "2026-01-01T10:15:00+02:00"}, "not UTC"),
        ({"occurred_at": "2026-01-01T10:15:00"}, "timezone"),
        ({"quantity": 0}, "quantity"),
        ({"unit_price": "-0.01"}, "unit_price"),
        ({"unit_price": "1.001"}, "unit_price"),
        ({"base_price": "10000000000.00"}, "base_price"),
        ({"discount_pct": "100.01"}, "discount_pct"),
        ({"state": "Texas"}, "state"),
        ({"payment_method": "cash"}, "payment_method"),
        ({"order_id": ""}, "order_id"),
        ({"event_id": "1"}, "event_id"),
    ],
)
def test_what_breaks_the_contract_is_refused_by_name(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        contract.parse(body(**changes))


def test_unknown_fields_are_kept() -> None:
    event = contract.parse(body(loyalty_tier="gold"))
    assert event.model_extra == {"loyalty_tier": "gold"}


@pytest.mark.parametrize("text", [b'{"total_amount": NaN}', b"\xff", b"{", b"[1]"])
def test_a_body_that_is_not_strict_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|codec|Expecting|valid"):
        contract.parse(text)


def test_a_status_belongs_to_each_type() -> None:
    assert [each.status for each in contract.EventType] == list(contract.OrderStatus)
