"""The order event, contract version 1: its fields, its JSON Schema and its column list, declared once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, NoReturn, Union, get_args, get_origin
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

SCHEMA_VERSION = 1

SCHEMA_ID = "order_event.schema.json"


class OrderStatus(StrEnum):
    """Where an order stands; the order of the members is the rank by which a status moves forward."""

    PLACED = "placed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class EventType(StrEnum):
    """What happened; each type belongs to exactly one status (`EventType.status`)."""

    ORDER_PLACED = "order_placed"
    ORDER_SHIPPED = "order_shipped"
    ORDER_DELIVERED = "order_delivered"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_RETURNED = "order_returned"

    @property
    def status(self) -> OrderStatus:
        """The only `order_status` an event of this type may carry."""
        return OrderStatus(self.value.removeprefix("order_"))


class PaymentMethod(StrEnum):
    """How the customer paid."""

    CARD = "card"
    PAYPAL = "paypal"
    GIFT_CARD = "gift_card"
    BANK_TRANSFER = "bank_transfer"


class RequiredField(StrEnum):
    """Fields without which an event cannot be placed anywhere: a message that lacks one is quarantined."""

    EVENT_ID = "event_id"
    ORDER_ID = "order_id"
    CUSTOMER_ID = "customer_id"
    PRODUCT_ID = "product_id"
    OCCURRED_AT = "occurred_at"


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() != UTC.utcoffset(None):
        raise ValueError(f"{moment.isoformat()} is not UTC: write it with the suffix Z")
    return moment


Identifier = Annotated[str, Field(min_length=1)]
Price = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]
Percentage = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)]


class OrderEvent(BaseModel):
    """One enriched event of an e-commerce shop: what happened to which order of which product.

    Money is in USD. Decimals travel as JSON strings; JSON numbers are read exactly too. Fields beyond
    these are kept in the message body and reported as drift.
    """

    model_config = ConfigDict(extra="allow", frozen=True, title="Order event")

    event_id: Annotated[UUID, Field(description="Set by the sender; copies of one event share it.")]
    event_type: Annotated[EventType, Field(description="What happened to the order.")]
    schema_version: Annotated[
        Literal[1], Field(description="Version of this contract.", examples=[SCHEMA_VERSION])
    ]
    occurred_at: Annotated[
        AwareDatetime, AfterValidator(_utc), Field(description="Event time: RFC 3339, in UTC.")
    ]
    order_id: Annotated[Identifier, Field(description="The order.", examples=["ORD000001"])]
    customer_id: Annotated[Identifier, Field(description="The customer.", examples=["C1023"])]
    customer_name: Annotated[str, Field(description="Name of the customer. Personal data.")]
    customer_email: Annotated[str, Field(description="E-mail address of the customer. Personal data.")]
    city: Annotated[str, Field(description="U.S. city the order goes to.", examples=["Austin"])]
    state: Annotated[
        str, Field(pattern="^[A-Z]{2}$", description="U.S. state of the city, two letters.", examples=["TX"])
    ]
    product_id: Annotated[Identifier, Field(description="The product.", examples=["P001"])]
    product_name: Annotated[str, Field(description="Name of the product.", examples=["Laptop"])]
    category: Annotated[str, Field(description="Category of the product.", examples=["Electronics"])]
    brand: Annotated[str, Field(description="Brand of the product.", examples=["Dell"])]
    base_price: Annotated[Price, Field(description="List price of one unit, USD.")]
    unit_price: Annotated[
        Price | None, Field(description="Price charged for one unit, USD; the list price when missing.")
    ] = None
    quantity: Annotated[
        int | None, Field(ge=1, description="Units ordered; an event without it is quarantined.")
    ] = None
    discount_pct: Annotated[
        Percentage | None, Field(description="Discount on the gross amount, per cent; none when missing.")
    ] = None
    total_amount: Annotated[
        Amount, Field(description="Gross amount less discount as the sender sees it, USD.")
    ]
    payment_method: Annotated[PaymentMethod, Field(description="How the customer paid.")]
    order_status: Annotated[OrderStatus, Field(description="Where the order stands after this event.")]

    @model_validator(mode="after")
    def _status_matches_type(self) -> OrderEvent:
        if self.order_status != self.event_type.status:
            raise ValueError(f"order_status {self.order_status} contradicts event_type {self.event_type}")
        return self


class Column(NamedTuple):
    """One field of the event as Spark SQL reads it."""

    name: str
    spark_type: str
    nullable: bool


def columns() -> tuple[Column, ...]:
    """The fields of the event in contract order, with their Spark SQL types."""
    return tuple(
        Column(name, _spark_type(field.annotation, field.metadata), not field.is_required())
        for name, field in OrderEvent.model_fields.items()
    )


def parse(body: bytes) -> OrderEvent:
    """Read one message body, strictly (RFC 8259), its numbers exactly.

    Raises:
        ValueError: the body is not JSON in UTF-8, or breaks the contract (`pydantic.ValidationError`).
    """
    return OrderEvent.model_validate(
        json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=not_json)
    )


def not_json(constant: str) -> NoReturn:
    """Refuse the constants that Python reads and RFC 8259 does not know (`parse_constant` of `json`)."""
    raise ValueError(f"{constant} is not JSON")


def json_schema() -> dict[str, Any]:
    """The contract as JSON Schema (draft 2020-12), for senders in any language."""
    schema = OrderEvent.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **schema,
        "additionalProperties": True,
        # Which status belongs to which type is a rule across two fields: pydantic cannot render it.
        "oneOf": [
            {
                "properties": {
                    "event_type": {"const": each.value},
                    "order_status": {"const": each.status.value},
                }
            }
            for each in EventType
        ],
    }


def render_json_schema() -> str:
    """The text of `docs/order_event.schema.json`."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


_SPARK_TYPES: dict[Any, str] = {int: "int", Literal[1]: "int", AwareDatetime: "timestamp"}


def _spark_type(annotation: Any, metadata: list[Any]) -> str:
    """Spark SQL type of a field; an optional field has the type it wraps."""
    if get_origin(annotation) in (Union, UnionType):
        (annotation,) = (each for each in get_args(annotation) if each is not NoneType)
    if get_origin(annotation) is Annotated:
        annotation, info = get_args(annotation)
        metadata = info.metadata
    if annotation is Decimal:
        limits = next(each for each in metadata if hasattr(each, "max_digits"))
        return f"decimal({limits.max_digits},{limits.decimal_places})"
    return _SPARK_TYPES.get(annotation, "string")
