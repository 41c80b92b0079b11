"""Which event hubs there are: their partitions and consumer groups, from a file or a variable.

`EVENTHUBS_CONFIG` names a file as Microsoft's emulator reads it (its `Config.json`); `EVENTHUBS_HUBS` lists
hubs, `name[:partitions[:group…]]`, separated by commas.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulators.errors import EmulatorError
from emulators.files import write_private

CONFIG_VARIABLE = "EVENTHUBS_CONFIG"
HUBS_VARIABLE = "EVENTHUBS_HUBS"
DEFAULT_GROUP = "$Default"
"""The consumer group that every hub has."""
MAX_PARTITIONS = 32
"""Partitions of a hub, as in the Standard tier."""
MAX_GROUPS = 20
"""Consumer groups of a hub beside `$Default`, as in the Standard tier."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_NAME_LENGTH = 249
"""Longest name that Kafka takes; Event Hubs itself would take 256."""
_GROUP_LENGTH = 50


def _check_name(what: str, name: Any, longest: int) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > longest:
        raise EmulatorError(
            f"{name!r} is no name of a {what}: up to {longest} letters, digits, dots, hyphens and "
            "underscores, of which the first and the last are a letter or a digit."
        )


def _twice(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            return name
        seen.add(name.lower())
    return None


@dataclass(frozen=True)
class Hub:
    """One event hub.

    Raises:
        EmulatorError: a name or a number is none that Event Hubs would take.
    """

    name: str
    partitions: int
    groups: tuple[str, ...] = ()
    """Consumer groups beside `$Default`."""

    def __post_init__(self) -> None:
        _check_name("hub", self.name, _NAME_LENGTH)
        if not 1 <= self.partitions <= MAX_PARTITIONS:
            raise EmulatorError(
                f"hub {self.name!r} has {self.partitions} partitions: 1 to {MAX_PARTITIONS} are possible."
            )
        for group in self.groups:
            _check_name("consumer group", group, _GROUP_LENGTH)
        if twice := _twice(self.groups):
            raise EmulatorError(f"hub {self.name!r} has consumer group {twice!r} twice: names have no case.")
        if len(self.groups) > MAX_GROUPS:
            raise EmulatorError(
                f"hub {self.name!r} has {len(self.groups)} consumer groups: {MAX_GROUPS} are possible "
                f"beside {DEFAULT_GROUP}."
            )


DEFAULT_HUBS = (Hub("orders", 4),)


def hubs_from(environment: Mapping[str, str]) -> tuple[Hub, ...] | None:
    """The hubs that the environment declares; None if it declares none.

    Raises:
        EmulatorError: what it says cannot be read, or is no hub that there can be.
    """
    file, listed = environment.get(CONFIG_VARIABLE), environment.get(HUBS_VARIABLE)
    if file and listed:
        raise EmulatorError(f"{CONFIG_VARIABLE} and {HUBS_VARIABLE} both declare hubs: unset one.")
    if file:
        return _declared(f"{CONFIG_VARIABLE}={file}", lambda: _from_file(Path(file)))
    if listed:
        return _declared(
            f"{HUBS_VARIABLE}={listed!r}", lambda: [_from_text(each) for each in listed.split(",")]
        )
    return None


def as_json(hubs: Iterable[Hub]) -> list[dict[str, Any]]:
    """Hubs as they are kept."""
    return [{"name": hub.name, "partitions": hub.partitions, "groups": list(hub.groups)} for hub in hubs]


def from_json(kept: list[dict[str, Any]]) -> tuple[Hub, ...]:
    """Hubs that were kept."""
    return tuple(Hub(each["name"], each["partitions"], tuple(each["groups"])) for each in kept)


def load_hubs(file: Path, environment: Mapping[str, str]) -> tuple[Hub, ...]:
    """The hubs that the environment declares, which are kept in a file; else those that were kept; else one.

    Raises:
        EmulatorError: what the environment or the file says cannot be read, or is no hub that there can be.
    """
    declared = hubs_from(environment)
    if declared is None:
        return _kept(file) if file.exists() else DEFAULT_HUBS
    text = json.dumps(as_json(declared), indent=2)
    if not file.exists() or file.read_text() != text:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_private(file, text.encode())
    return declared


def _kept(file: Path) -> tuple[Hub, ...]:
    try:
        hubs = from_json(json.loads(file.read_text()))
        if not hubs:
            raise ValueError("it names no hub")
        return hubs
    except (ValueError, KeyError, TypeError, EmulatorError) as error:
        raise EmulatorError(f"{file} is not readable ({error}): delete it and run again.") from None


def _declared(where: str, read: Callable[[], list[Hub]]) -> tuple[Hub, ...]:
    """Hubs as they were read, or one error that says where they came from."""
    try:
        hubs = read()
        if not hubs:
            raise EmulatorError("it declares no hub.")
        if twice := _twice(hub.name for hub in hubs):
            raise EmulatorError(f"it declares the hub {twice!r} twice: names have no case.")
    except EmulatorError as error:
        raise EmulatorError(f"{where}: {error}") from None
    return tuple(hubs)


def _from_text(text: str) -> Hub:
    """`name[:partitions[:group…]]`."""
    name, *rest = (part.strip() for part in text.split(":"))
    partitions, groups = (rest[0], rest[1:]) if rest else ("4", [])
    return Hub(name, _number(name, partitions), _declared_groups(groups))


def _from_file(file: Path) -> list[Hub]:
    """The hubs of a `Config.json` of Microsoft's emulator, whatever its one namespace is called."""
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise EmulatorError(f"the file cannot be read ({error.strerror}).") from None
    except ValueError as error:
        raise EmulatorError(f"the file is not JSON ({error}).") from None
    namespaces = _list(_field(content, "UserConfig", "the file"), "NamespaceConfig", "UserConfig")
    if len(namespaces) != 1:
        raise EmulatorError(f"NamespaceConfig holds {len(namespaces)} namespaces: one is possible.")
    return [_from_entity(each) for each in _list(namespaces[0], "Entities", "the namespace")]


def _from_entity(entity: Any) -> Hub:
    name = _field(entity, "Name", "an entity")
    groups = _list(entity, "ConsumerGroups", f"the entity {name!r}", required=False)
    return Hub(
        name,
        _number(name, _field(entity, "PartitionCount", f"the entity {name!r}")),
        _declared_groups(_field(each, "Name", f"a consumer group of {name!r}") for each in groups),
    )


def _declared_groups(names: Iterable[Any]) -> tuple[Any, ...]:
    """Without `$Default`, which is always there and may be declared all the same."""
    return tuple(each for each in names if str(each).lower() != DEFAULT_GROUP.lower())


def _field(mapping: Any, name: str, where: str, *, required: bool = True) -> Any:
    """A field, whatever the case of its name: .NET, which reads these files, does not look at it."""
    if not isinstance(mapping, dict):
        raise EmulatorError(f"{where} is {json.dumps(mapping)[:60]} where an object with {name} is due.")
    found = [value for key, value in mapping.items() if key.lower() == name.lower() and value is not None]
    if not found and required:
        raise EmulatorError(f"{where} has no {name}.")
    return found[0] if found else None


def _list(mapping: Any, name: str, where: str, *, required: bool = True) -> list[Any]:
    value = _field(mapping, name, where, required=required)
    if not isinstance(value, list | None):
        raise EmulatorError(f"{name} of {where} is {json.dumps(value)[:60]} where a list is due.")
    return value or []


def _number(hub: str, value: Any) -> int:
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch("[0-9]{1,9}", text):
        raise EmulatorError(f"hub {hub!r} has {value!r} partitions: 1 to {MAX_PARTITIONS} are possible.")
    return int(text)
