"""What Homie devices have announced, by device and node/property; bounded, and known again from retained messages.

describe("homie/river", {"nodes": {"level": {"name": "Level", "properties": {"value": {"unit": "m", …}}}}})    version 5
announce("homie/river", ("level", "value"), "$unit", "m")                                                      version 4
    ──► get("homie/river", "level/value") ─► Property(unit="m", datatype="float", node_name="Level")
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

MOST_DEVICES = 500
MOST_PROPERTIES = 5_000
"""Of all devices together."""
MOST_OF_ONE = 500
MOST_NAMES = 50
"""Of the nodes of one device; a property of another node is known by its own name, or by `values`."""
_LONGEST_ID = 120
_LONGEST_NAME = 80
_LONGEST_UNIT = 20


class Property(msgspec.Struct, frozen=True):
    """What is announced of a property; `datatype` is "" where only other attributes are known."""

    datatype: str = ""
    unit: str = ""
    name: str = ""
    node_name: str = ""
    settable: bool = False


class _Device(msgspec.Struct):
    state: str = ""
    node_names: dict[str, str] = {}
    properties: dict[str, Property] = {}
    children: tuple[str, ...] = ()


class Devices:
    """Remembers devices up to the bounds; what is beyond them is not remembered at all."""

    def __init__(self) -> None:
        self._devices: dict[str, _Device] = {}
        self._count = 0

    def get(self, device: str, part: str) -> Property | None:
        """What is announced of a property, if its values can be read: a unit, or a type and the device's state."""
        known = self._devices.get(device)
        found = known.properties.get(part) if known is not None else None
        if found is None or known is None:
            return None
        return found if found.unit or (found.datatype and known.state) else None

    def properties_of(self, device: str) -> Mapping[str, Property]:
        """All that are announced of a device, by node/property."""
        known = self._devices.get(device)
        return known.properties if known is not None else {}

    def children_of(self, device: str) -> tuple[str, ...]:
        """The ids of its children, which are lost with it."""
        known = self._devices.get(device)
        return known.children if known is not None else ()

    def turn(self, device: str, state: str) -> None:
        """The device says its state."""
        known = self._device(device)
        if known is not None:
            known.state = state

    def forget(self, device: str) -> None:
        """The device was taken out."""
        known = self._devices.pop(device, None)
        self._count -= len(known.properties) if known is not None else 0

    def describe(self, device: str, document: Mapping[str, Any]) -> int | None:
        """Take a description of version 5 in place of what was known: how many properties; None beyond the bounds."""
        known = self._device(device)
        fresh = dict(_properties_in(document))
        if known is None or self._count - len(known.properties) + len(fresh) > MOST_PROPERTIES:
            return None
        self._count += len(fresh) - len(known.properties)
        known.properties = fresh
        children = document.get("children")
        known.children = tuple(_ids(children))[:20] if type(children) is list else ()
        known.state = known.state or "described"
        return len(fresh)

    def announce(self, device: str, where: tuple[str, ...], attribute: str, text: str) -> bool:
        """Take an attribute of version 4 of a node, or of a node and a property; False beyond the bounds."""
        known = self._device(device)
        if known is None or any(len(level) > _LONGEST_ID for level in where):
            return False
        if len(where) == 1:
            return _name_node(known, where[0], text) if attribute == "$name" else True
        part = "/".join(where)
        before = known.properties.get(part)
        after = _with(before or Property(node_name=known.node_names.get(where[0], "")), attribute, text)
        if after is None:
            return True
        if before is None:
            if self._count >= MOST_PROPERTIES or len(known.properties) >= MOST_OF_ONE:
                return False
            self._count += 1
        known.properties[part] = after
        return True

    def _device(self, device: str) -> _Device | None:
        known = self._devices.get(device)
        if known is None and len(self._devices) < MOST_DEVICES and len(device) <= 2 * _LONGEST_ID:
            known = self._devices[device] = _Device()
        return known


def _name_node(known: _Device, node: str, text: str) -> bool:
    if node not in known.node_names and len(known.node_names) >= MOST_NAMES:
        return True
    known.node_names[node] = text[:_LONGEST_NAME]
    for part, announced in known.properties.items():
        if part.startswith(f"{node}/"):
            known.properties[part] = msgspec.structs.replace(announced, node_name=text[:_LONGEST_NAME])
    return True


def _with(known: Property, attribute: str, text: str) -> Property | None:
    """The property with one attribute of version 4; None for an attribute that says nothing here."""
    match attribute:
        case "$datatype":
            return msgspec.structs.replace(known, datatype=text[:_LONGEST_UNIT])
        case "$unit":
            return msgspec.structs.replace(known, unit=text[:_LONGEST_UNIT])
        case "$name":
            return msgspec.structs.replace(known, name=text[:_LONGEST_NAME])
        case "$settable":
            return msgspec.structs.replace(known, settable=text == "true")
    return None


def _properties_in(document: Mapping[str, Any]) -> Iterator[tuple[str, Property]]:
    """The properties of a description, but for those that are described wrongly."""
    for node, body in _objects(document.get("nodes")):
        for own, fields in _objects(body.get("properties")):
            datatype = _text(fields.get("datatype"), _LONGEST_UNIT)
            if datatype:
                yield (
                    f"{node}/{own}",
                    Property(
                        datatype,
                        _text(fields.get("unit"), _LONGEST_UNIT),
                        _text(fields.get("name"), _LONGEST_NAME),
                        _text(body.get("name"), _LONGEST_NAME),
                        fields.get("settable") is True,
                    ),
                )


def _objects(given: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    items = list(given.items())[:MOST_OF_ONE] if type(given) is dict else []
    return ((key, body) for key, body in items if type(body) is dict and len(key) <= _LONGEST_ID)


def _ids(given: list[Any]) -> Iterator[str]:
    return (item[:_LONGEST_ID] for item in given if type(item) is str)


def _text(given: Any, longest: int) -> str:
    return given.strip()[:longest] if type(given) is str else ""
