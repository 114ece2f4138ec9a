"""Records of the registry as forms: which keys a kind has, how each is written in a field, and what was changed of it.

form_texts(_, "sensors", {"name": "River", "quantities": ["rain", "level"]}) -> {…, "quantities": "rain level"}
changed_keys(_, "sensors", before, {"name": "River at the bridge", …}) -> {"name": "River at the bridge"}
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from cloud.console.view_models.typed_number import InvalidInput, parse_number, plain_text
from i18n.catalog import N_, Catalog

CONTACT_PARTS = ("name", "role", "phone", "email")
_COORDINATES = 2


class FormKey(msgspec.Struct, frozen=True):
    """A key of a record's table: its label, how its text is read and written, and a hint."""

    name: str
    label: str
    read: Callable[[Catalog, str], Any]
    write: Callable[[Catalog, Any], str]
    hint: str = ""
    rows: int = 1


def read_text(_: Catalog, text: str) -> str:
    """Read a text as it stands."""
    return text


def read_number(_: Catalog, text: str) -> float | int:
    """Read a number, whole where it is one; InvalidInput where it is none."""
    number = parse_number(_, text)
    return int(number) if number.is_integer() else number


def read_words(_: Catalog, text: str) -> list[str]:
    """Read words with blanks or commas between them."""
    return [word for word in re.split(r"[\s,;]+", text) if word]


def _contacts(_: Catalog, text: str) -> list[dict[str, str]]:
    """A contact a line: name; role; phone; email, of which the last ones may be left out."""
    found = []
    for line in text.splitlines():
        parts = [part.strip() for part in line.split(";")]
        if len(parts) > len(CONTACT_PARTS):
            raise InvalidInput(_("Write a contact on one line: name; role; phone; email."))
        if any(parts):
            found.append({name: part for name, part in zip(CONTACT_PARTS, parts, strict=False) if part})
    return found


def _corners(_: Catalog, text: str) -> list[list[float]]:
    """A corner a line: latitude and longitude."""
    found = []
    for line in filter(str.strip, text.splitlines()):
        numbers = line.replace(",", " ").split()
        if len(numbers) != _COORDINATES:
            raise InvalidInput(_("Write a corner on one line: latitude and longitude, as 2.05 128.29."))
        try:
            found.append([float(number) for number in numbers])
        except ValueError:
            raise InvalidInput(_("Write a corner on one line: latitude and longitude, as 2.05 128.29.")) from None
    return found


def read_calibration(_: Catalog, text: str) -> dict[str, dict[str, float]]:
    """A quantity a line: its name, scale and offset."""
    found = {}
    for line in filter(str.strip, text.splitlines()):
        words = line.split()
        if len(words) != 1 + _COORDINATES:
            raise InvalidInput(_("Write a calibration on one line: quantity, scale, offset, as water_level 1.02 -3."))
        found[words[0]] = {"scale": parse_number(_, words[1]), "offset": parse_number(_, words[2])}
    return found


def write_plain(_: Catalog, value: Any) -> str:
    """Write a value as it is read."""
    return plain_text(_, value) if isinstance(value, int | float) else str(value)


def write_listed(_: Catalog, value: Any) -> str:
    """Write words with blanks between them."""
    return " ".join(value)


def _contact_lines(_: Catalog, value: Any) -> str:
    return "\n".join("; ".join(each.get(name, "") for name in CONTACT_PARTS).rstrip("; ") for each in value)


def _corner_lines(_: Catalog, value: Any) -> str:
    return "\n".join(f"{latitude:g} {longitude:g}" for latitude, longitude in value)


def _calibration_lines(_: Catalog, value: Any) -> str:
    return "\n".join(
        f"{name} {plain_text(_, line['scale'])} {plain_text(_, line['offset'])}" for name, line in value.items()
    )


_SITE = (
    FormKey("name", N_("Name"), read_text, write_plain),
    FormKey("place", N_("Place"), read_text, write_plain, N_("A district or an island, as people say it.")),
    FormKey("latitude", N_("Latitude"), read_number, write_plain, N_("WGS 84 degrees.")),
    FormKey("longitude", N_("Longitude"), read_number, write_plain, N_("WGS 84 degrees.")),
    FormKey("zone", N_("Time zone"), read_text, write_plain, N_("Empty: that of the city.")),
    FormKey("capacity", N_("Capacity"), read_number, write_plain, N_("People that the place holds.")),
    FormKey("area_m2", N_("Area in m²"), read_number, write_plain),
    FormKey("closes", N_("Closes at"), read_text, write_plain, N_("As 18:00.")),
    FormKey("contacts", N_("Contacts"), _contacts, _contact_lines, N_("A line each: name; role; phone; email."), 3),
    FormKey("polygon", N_("Corners"), _corners, _corner_lines, N_("A line each: latitude and longitude."), 3),
)
_GATEWAY = (
    FormKey("name", N_("Name"), read_text, write_plain),
    FormKey("site", N_("Site"), read_text, write_plain, N_("The id of a site.")),
)
_SENSOR = (
    FormKey("name", N_("Name"), read_text, write_plain),
    FormKey("site", N_("Site"), read_text, write_plain, N_("The id of a site.")),
    FormKey("gateway", N_("Gateway"), read_text, write_plain, N_("The id of a gateway.")),
    FormKey("quantities", N_("Quantities"), read_words, write_listed, N_("With blanks between them.")),
    FormKey("interval_s", N_("Speaks every, in seconds"), read_number, write_plain),
    FormKey(
        "mounting_height_cm", N_("Mounting height"), read_number, write_plain, N_("In cm, over the zero of the gauge.")
    ),
    FormKey("groups", N_("Groups"), read_words, write_listed, N_("With blanks between them.")),
    FormKey("twin", N_("Twin"), read_text, write_plain, N_("The sensor that measures the same.")),
    FormKey(
        "next_downstream", N_("Next downstream"), read_text, write_plain, N_("The sensor that the water reaches next.")
    ),
    FormKey(
        "calibration",
        N_("Calibration"),
        read_calibration,
        _calibration_lines,
        N_("A line each: quantity, scale, offset."),
        2,
    ),
)
KEYS: Mapping[str, Sequence[FormKey]] = {"sites": _SITE, "gateways": _GATEWAY, "sensors": _SENSOR}
"""The keys of each kind, in the order of its form; the id stands before them."""
DATED = frozenset({"site", "gateway", "mounting_height_cm", "calibration"})
"""Keys whose change holds from a moment on."""


def form_texts(_: Catalog, kind: str, fields: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the fields of a record's form."""
    return texts_of(_, KEYS[kind], fields)


def read_keys(_: Catalog, kind: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """The keys that a form of a new record holds; InvalidInput where one cannot be read."""
    return keys_read(_, KEYS[kind], texts)


def changed_keys(_: Catalog, kind: str, fields: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """The keys that somebody changed of a record with these fields, None for one that was emptied; others stay."""
    return keys_changed(_, KEYS[kind], fields, texts)


def texts_of(_: Catalog, keys: Sequence[FormKey], fields: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the fields of a form of these keys."""
    return {key.name: key.write(_, fields[key.name]) if key.name in fields else "" for key in keys}


def keys_read(_: Catalog, keys: Sequence[FormKey], texts: Mapping[str, str]) -> dict[str, Any]:
    """What a form of these keys holds; InvalidInput where one cannot be read."""
    return {key.name: key.read(_, text) for key in keys if (text := texts.get(key.name, "").strip())}


def keys_changed(
    _: Catalog, keys: Sequence[FormKey], fields: Mapping[str, Any], texts: Mapping[str, str]
) -> dict[str, Any]:
    """Which of these keys somebody changed, None for one that was emptied; others stay."""
    before = texts_of(_, keys, fields)
    found: dict[str, Any] = {}
    for key in keys:
        text = texts.get(key.name, before[key.name]).strip().replace("\r\n", "\n")
        if text != before[key.name]:
            found[key.name] = key.read(_, text) if text else None
    return found
