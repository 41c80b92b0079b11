"""Requests to nodes that answer, as the SDK writes them."""

from __future__ import annotations

import uuid

import pytest
from azure.eventhub._pyamqp._decode import decode_payload
from azure.eventhub._pyamqp._encode import encode_payload
from azure.eventhub._pyamqp.message import Message, Properties

from emulators.eventhubs.amqp import encoding
from emulators.eventhubs.amqp.errors import AmqpError
from emulators.eventhubs.nodes.requests import Request, response


def encode(message: Message) -> bytes:
    output = bytearray()
    encode_payload(output, message)
    return bytes(output)


def seen(message: bytes) -> Message:
    return decode_payload(memoryview(message))


def test_answers_name_the_request_they_answer() -> None:
    request_id = uuid.uuid4()
    sent = Message(
        value="token",
        properties=Properties(message_id=request_id),
        application_properties={"operation": "put-token", "type": "sas"},
    )
    request = Request.of(encode(sent))
    assert (request.id, request.body, request.get("operation")) == (request_id, "token", "put-token")

    answer = seen(response(request, 404, "no such hub", encoding.NULL))
    assert answer.properties is not None
    assert answer.properties[5] == request_id
    assert answer.application_properties is not None
    assert answer.application_properties[b"status-code"] == 404
    assert answer.application_properties[b"status-description"] == b"no such hub"


@pytest.mark.parametrize(
    "malformed",
    [
        b"\x00\x53\x73" + encoding.list_of([encoding.list_of([])]),  # an id that is a list
        b"\x00\x53\x73" + encoding.list_of([encoding.int32(-1)]),  # an id that is a negative number
        b"\x00\x53\x73" + encoding.string("x"),  # properties that are text
        b"\x00\x53\x74" + encoding.list_of([encoding.string("x")]),  # application properties that are a list
        b"\x00\x53",
    ],
)
def test_what_is_no_request_is_refused(malformed: bytes) -> None:
    with pytest.raises(AmqpError, match="amqp:decode-error"):
        Request.of(malformed)
