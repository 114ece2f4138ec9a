"""The options of a Modbus source, and the slaves that they describe.

family = "SEN0676"                                     one slave, at its address from the factory
channels = { "1" = "level-a", "2" = "level-b" }        two of them
devices = { "1" = "qdy30a", "3" = { model = "sen0676", mounting_height_cm = 450 } }       several kinds on one line
map = { first_register = 1, registers = [ … ] }        a device that Siaga does not know
"""

from collections.abc import Mapping
from typing import Any

from firmware_bridge.distance import MOUNTING_HEIGHT
from firmware_bridge.family import Option, OptionError, check_channels, nearest, problems, table_among
from firmware_bridge.modbus.ready_maps import MODELS, table_of
from firmware_bridge.modbus.register_map import RegisterMap, parse_map
from firmware_bridge.modbus.slave import ModbusSlave, Placing
from firmware_bridge.unit_option import check_unit
from i18n.message import LocalizedMessage, located
from wire import QuantityTable
from wire.units import Conversion

_MOST_SLAVES = 32
"""That share an RS-485 line of one unit load each (TIA-485-A)."""

_OF_A_DEVICE = (
    Option(
        "model",
        str,
        LocalizedMessage("the device, which names one of the register maps that Siaga has"),
        default=None,
    ),
    Option("map", dict, LocalizedMessage("the register map of a device that Siaga does not know"), default={}),
    MOUNTING_HEIGHT,
    Option(
        "offset_cm",
        float,
        LocalizedMessage("height of a probe over the gauge's zero, which is added to water_level"),
        default=0.0,
        low=-10_000,
        high=10_000,
    ),
    Option(
        "unit",
        str,
        LocalizedMessage("the unit of a value whose unit the device says in a register; it takes the place of that"),
        default=None,
    ),
    Option(
        "decimals",
        int,
        LocalizedMessage("likewise how many decimals it has"),
        default=None,
        low=0,
        high=9,
    ),
    Option("only", list, LocalizedMessage("the quantities that are wanted, where not all are"), default=[]),
    Option(
        "set",
        dict,
        LocalizedMessage("registers to write where they have another value; nothing is ever written without it"),
        default={},
    ),
)
OPTIONS = (
    *_OF_A_DEVICE,
    Option(
        "address",
        int,
        LocalizedMessage("the slave's address; left out: the one that it leaves the factory with"),
        default=None,
        low=1,
        high=255,
    ),
    Option(
        "devices",
        dict,
        LocalizedMessage('the device at each address: {{ "1" = "qdy30a", "2" = {{ map = … }} }}'),
        default={},
    ),
    Option(
        "channels",
        dict,
        LocalizedMessage('the sensor of each address: {{ "1" = "level-daruba" }}'),
        default={},
    ),
    Option("every_s", float, LocalizedMessage("seconds between two questions"), default=10.0, low=0.1, high=86_400),
    Option(
        "answer_s", float, LocalizedMessage("seconds that a slave may take to answer"), default=1.0, low=0.02, high=60
    ),
    Option(
        "pause_ms",
        float,
        LocalizedMessage("milliseconds of silence before each request"),
        default=30.0,
        low=2,
        high=10_000,
    ),
    Option(
        "mode",
        str,
        LocalizedMessage("ask is the master of the line; listen sends nothing, where another master asks"),
        default="ask",
        choices=("ask", "listen"),
    ),
)


def baud_of(options: Mapping[str, Any]) -> int | None:
    """The baud rate that the devices leave the factory with, where it is the same of all."""
    found = {_baud(device) for device in _devices(options).values()}
    return found.pop() if len(found) == 1 else None


def _baud(device: Mapping[str, Any]) -> Any:
    model = _model(device["model"]) if isinstance(device.get("model"), str) else ""
    table = table_of(model) if model in MODELS else device.get("map") or {}
    return table.get("baud") if isinstance(table, dict) else None


def _devices(options: Mapping[str, Any]) -> dict[int | None, Mapping[str, Any]]:
    """What stands of each device, by address; the one of None is wherever it is from the factory."""
    own = {option.name: options.get(option.name, option.default) for option in _OF_A_DEVICE}
    devices: dict[int | None, Mapping[str, Any]] = {}
    for address, device in options["devices"].items():
        table = {"model": _model(device)} if isinstance(device, str) else device
        devices[_address(address)] = table if isinstance(table, dict) else {}
    if own["model"] is None and not own["map"]:
        return devices
    channels = [_address(channel) for channel in options["channels"] if _address(channel) not in devices]
    if options["address"] is not None:
        return {**devices, options["address"]: own}
    return {**devices, **(dict.fromkeys(channels, own) if channels or devices else {None: own})}


def _model(written: str) -> str:
    """A model's name however it is written."""
    plain = "".join(letter for letter in written.casefold() if letter.isalnum())
    return next((name for name in MODELS if name.replace("-", "") == plain), written)


def _address(written: Any) -> int:
    text = str(written)
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 255):
        raise OptionError(
            LocalizedMessage(
                "devices: {address} is no address of a slave; write a number from 1 to 247 in quotes",
                address=repr(text[:40]),
            )
        )
    return int(text)


def slaves_of(
    options: Mapping[str, Any], memory: Mapping[str, int]
) -> tuple[dict[int | None, ModbusSlave], dict[int, dict[int, tuple[int, ...]]]]:
    """The slaves by address, and the registers that are to be set in each; OptionError for what cannot be meant."""
    check_channels(
        options["channels"], _is_address, LocalizedMessage("write the address of a slave, from 1 to 247, in quotes")
    )
    known = table_among(options)
    devices = _devices(options)
    if len(devices) > _MOST_SLAVES:
        raise OptionError(LocalizedMessage("devices: write {most} at most on one line", most=_MOST_SLAVES))
    slaves: dict[int | None, ModbusSlave] = {}
    settings: dict[int, dict[int, tuple[int, ...]]] = {}
    has_channels = bool(options["devices"] or options["channels"])
    for address, device in devices.items():
        where = f"devices.{address}" if options["devices"] else ""
        map_, chosen = _map_of(where, device, known)
        at = map_.address if address is None else address
        placing = _placing(where, chosen, map_, known)
        slaves[address] = ModbusSlave(at, map_, placing, channel=str(at) if has_channels else "", memory=memory)
        settings[at] = _settings(where, chosen["set"])
    for channel in options["channels"]:
        if int(channel) not in devices:
            raise OptionError(
                LocalizedMessage("channels: {address} has no device; add it to devices", address=repr(channel))
            )
    _check_that_none_is_given_twice(slaves, options)
    return slaves, settings


def _is_address(channel: str) -> bool:
    return channel.isascii() and channel.isdecimal() and 1 <= int(channel) <= 255


def _map_of(where: str, device: Mapping[str, Any], known: QuantityTable) -> tuple[RegisterMap, dict[str, Any]]:
    names = [option.name for option in _OF_A_DEVICE]
    device = {**device, "model": _model(device["model"])} if isinstance(device.get("model"), str) else device
    for key in device:
        if key not in names:
            raise OptionError(
                LocalizedMessage(
                    "{key}: unknown key of {family}; {advice}", key=key, family=where, advice=nearest(key, names)
                )
            )
    wrong = problems(_OF_A_DEVICE, device)
    if wrong:
        raise OptionError(located(where, wrong[0]) if where else wrong[0])
    if isinstance(device.get("model"), str) and device["model"] not in MODELS:
        unknown = located(
            repr(device["model"])[:80], LocalizedMessage("write one of: {known}", known=", ".join(MODELS))
        )
        raise OptionError(located(f"{where}.model" if where else "model", unknown))
    chosen = {option.name: device.get(option.name, option.default) for option in _OF_A_DEVICE}
    if (chosen["model"] is None) is not bool(chosen["map"]):
        raise OptionError(LocalizedMessage("{option}: write a model or a map, one of the two", option=where or "model"))
    if chosen["model"] is not None:
        return parse_map(chosen["model"], table_of(chosen["model"]), known, is_shipped=True), chosen
    return parse_map(f"{where}.map" if where else "map", chosen["map"], known), chosen


def _placing(where: str, chosen: Mapping[str, Any], map_: RegisterMap, known: QuantityTable) -> Placing:
    prefix = f"{where}." if where else ""
    given = {field.quantity for field in map_.fields}
    for name in chosen["only"]:
        if name not in given:
            raise OptionError(
                LocalizedMessage(
                    "{option}: {name} is no quantity; {advice}",
                    option=f"{prefix}only", name=repr(name)[:80], advice=nearest(name, given),
                )
            )  # fmt: skip
    conversion: Conversion | None = None
    for field in map_.fields:
        if chosen["unit"] is not None and field.unit_at is not None:
            conversion = check_unit(f"{prefix}unit", chosen["unit"], known[field.quantity])
    return Placing(
        mounting_height_cm=chosen["mounting_height_cm"], offset_cm=float(chosen["offset_cm"]), conversion=conversion,
        decimals=chosen["decimals"], only=frozenset(chosen["only"]),
    )  # fmt: skip


def _settings(where: str, written: Mapping[Any, Any]) -> dict[int, tuple[int, ...]]:
    """The holding registers to set, by their number on the wire."""
    settings = {}
    for register, values in written.items():
        listed = tuple(values) if isinstance(values, list) else (values,)
        number = _number(register)
        if (
            number is None
            or not 0 < len(listed) <= 100
            or not all(type(v) is int and -0x8000 <= v <= 0xFFFF for v in listed)
        ):
            option = f"{where}.set" if where else "set"
            raise OptionError(
                LocalizedMessage(
                    '{option}: {register} = {value}: write "0x0005" = 350, the register as it is on the wire and one '
                    "word, or a list of words",
                    option=option, register=repr(register)[:40], value=repr(values)[:40],
                )
            )  # fmt: skip
        settings[number] = tuple(value & 0xFFFF for value in listed)
    return settings


def _number(register: Any) -> int | None:
    try:
        number = int(str(register), 0)
    except ValueError:
        return None
    return number if 0 <= number <= 0xFFFF else None


def _check_that_none_is_given_twice(slaves: Mapping[int | None, ModbusSlave], options: Mapping[str, Any]) -> None:
    if options["channels"]:
        return
    given: dict[str, int] = {}
    for slave in slaves.values():
        for field in slave.map.fields:
            if given.setdefault(field.quantity, slave.address) != slave.address:
                raise OptionError(
                    LocalizedMessage(
                        "devices: {first} and {second} both give {quantity}; name the sensor of each in channels",
                        first=given[field.quantity], second=slave.address, quantity=field.quantity,
                    )
                )  # fmt: skip
