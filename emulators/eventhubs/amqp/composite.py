"""Lists whose positions have names and types, and a descriptor that says which list it is.

Every list is written in full length. The specification lets trailing nulls be left out, but azure-eventhub
5.15.1 indexes the fields of a performative by position and fails on a list shorter than its definition.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import zip_longest
from types import UnionType
from typing import Annotated, Any, ClassVar, NamedTuple, Union, get_args, get_origin, get_type_hints

from emulators.eventhubs.amqp import encoding
from emulators.eventhubs.amqp.decoding import Described, decode
from emulators.eventhubs.amqp.errors import DECODE_ERROR, AmqpError

MAX_FIELDS = 1024
"""How many values, nested ones included, a frame may hold in front of its payload."""


class Composite:
    """A list whose positions have names; its descriptor, a number, says which list it is."""

    code: ClassVar[int]
    by_code: ClassVar[dict[int, type[Composite]]] = {}

    def __init_subclass__(cls, code: int) -> None:
        cls.code = code
        Composite.by_code[code] = cls

    def encode(self) -> bytes:
        """The complete encoding, all positions of the list included."""
        values = (
            encoding.NULL if (value := getattr(self, each.name)) is None else each.encode(value)
            for each in _positions(self.code)
        )
        return encoding.described(encoding.ulong(self.code), encoding.list_of(values))


class Kind(NamedTuple):
    """The type of a position: how AMQP writes a value, and which values a peer may have sent."""

    encode: Callable[[Any], bytes]
    accepts: Callable[[Any], bool]


def _unsigned(bits: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and 0 <= value < 1 << bits


def _instance(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind)


def _symbols(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


# The types of positions: what Python holds, and how AMQP writes it.
Binary = Annotated[bytes, Kind(encoding.binary, _instance(bytes))]
Boolean = Annotated[bool, Kind(encoding.boolean, _instance(bool))]
Fields = Annotated[dict[str, Any], Kind(encoding.fields, _instance(dict))]
String = Annotated[str, Kind(encoding.string, _instance(str))]
Symbol = Annotated[str, Kind(encoding.symbol, _instance(str))]
Symbols = Annotated[list[str], Kind(encoding.symbol_array, _symbols)]
Ubyte = Annotated[int, Kind(encoding.ubyte, _unsigned(8))]
Uint = Annotated[int, Kind(encoding.uint, _unsigned(32))]
Ulong = Annotated[int, Kind(encoding.ulong, _unsigned(64))]
Ushort = Annotated[int, Kind(encoding.ushort, _unsigned(16))]


def decode_composite(data: bytes) -> tuple[Composite, int]:
    """Decode the composite that data begins with; returns it and the offset behind it.

    Raises:
        AmqpError: amqp:decode-error, if there is none that is known, or a field of it is of the wrong type.
    """
    value, at = decode(data, most=MAX_FIELDS)
    composite = _build(value)
    if not isinstance(composite, Composite):
        raise AmqpError(DECODE_ERROR, f"a frame that begins with {value!r:.100}")
    return composite, at


class _Position(NamedTuple):
    name: str
    encode: Callable[[Any], bytes]
    accepts: Callable[[Any], bool]
    has_several: bool
    required: bool


@cache
def _positions(code: int) -> tuple[_Position, ...]:
    """The positions of a list, read from the annotations of its class."""
    hints = get_type_hints(Composite.by_code[code], include_extras=True)
    return tuple(_position(name, hint) for name, hint in hints.items() if get_origin(hint) is not ClassVar)


def _position(name: str, hint: Any) -> _Position:
    choices = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    kind, required = choices[0], type(None) not in choices
    if get_origin(kind) is Annotated:
        encode, accepts = kind.__metadata__[0]
        return _Position(name, encode, accepts, kind == Symbols, required)
    # An outcome may be one that is not known here: nothing depends on which.
    wanted = (Composite, Described) if kind is Composite else kind
    return _Position(name, kind.encode, lambda value: isinstance(value, wanted), False, required)


def _build(value: Any) -> Any:
    """Turn described lists into composites, as deep as they go; what is not one stays as it is."""
    if not isinstance(value, Described) or not isinstance(value.value, list):
        return value
    kind = Composite.by_code.get(value.descriptor) if isinstance(value.descriptor, int) else None
    if kind is None:
        return value
    positions = _positions(kind.code)
    if len(value.value) > len(positions):
        raise AmqpError(DECODE_ERROR, f"{kind.__name__} with {len(value.value)} fields")
    return kind(**{each.name: _field(kind, each, item) for each, item in zip_longest(positions, value.value)})


def _field(kind: type[Composite], position: _Position, item: Any) -> Any:
    item = _build(item)
    if item is None:
        if position.required:
            raise AmqpError(DECODE_ERROR, f"{kind.__name__} without {position.name}")
        return None
    if position.has_several and isinstance(item, str):
        item = [item]  # A field that may hold several values may come as one (specification, 1.4).
    if not position.accepts(item):
        raise AmqpError(DECODE_ERROR, f"{kind.__name__} whose {position.name} is {item!r:.100}")
    return item
