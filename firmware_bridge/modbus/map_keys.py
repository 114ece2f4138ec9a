"""The keys of a register map in TOML, and what each means: `[[registers]]` has those of OF_A_FIELD."""

from firmware_bridge.family import Option
from firmware_bridge.modbus.pdu import HOLDING
from firmware_bridge.modbus.values import TYPES
from i18n.message import LocalizedMessage

_TOP = 0xFFFF + 40_001
_ORDERS = ("big", "little")

OF_A_MAP = (
    Option("title", str, LocalizedMessage("what the device is, in a few words"), default=""),
    Option("source", str, LocalizedMessage("the document that the map is from"), default=""),
    Option("baud", int, LocalizedMessage("its baud rate as it leaves the factory"), default=None, low=50),
    Option("address", int, LocalizedMessage("its address as it leaves the factory"), default=1, low=1, high=255),
    Option(
        "first_register",
        int,
        LocalizedMessage("what the document calls the very first register: 0, 1, 30001 or 40001"),
        low=0,
        high=40_001,
    ),
    Option(
        "function", int, LocalizedMessage("1 coils, 2 inputs, 3 holding registers, 4 input registers"),
        default=HOLDING, low=1, high=4,
    ),
    Option(
        "gap", int, LocalizedMessage("registers between two wanted ones that may be read along"),
        default=8, low=0, high=100,
    ),
    Option("also", list, LocalizedMessage("registers to read along, of which nothing is made"), default=[]),
    Option("registers", list, LocalizedMessage("a table for each value: address, quantity, type, unit, scale")),
)  # fmt: skip
OF_A_FIELD = (
    Option("address", int, LocalizedMessage("the register, as its document numbers it"), low=0, high=_TOP),
    Option("quantity", str, LocalizedMessage("what the register measures")),
    Option("type", str, LocalizedMessage("how the value is written"), default="uint16", choices=tuple(TYPES)),
    Option("unit", str, LocalizedMessage("the unit of the value; left out: that of the quantity"), default=None),
    Option("scale", float, LocalizedMessage("what the raw value is multiplied by"), default=1.0),
    Option("offset", float, LocalizedMessage("what is added after that, in the unit"), default=0.0),
    Option("sentinels", list, LocalizedMessage("raw values that mean that there is none"), default=[]),
    Option(
        "word_order", str, LocalizedMessage("which register of several comes first: the one of the big end"),
        default="big", choices=_ORDERS,
    ),
    Option(
        "byte_order", str, LocalizedMessage("which byte of a register comes first"), default="big", choices=_ORDERS
    ),
    Option("bit", int, LocalizedMessage("the bit of a register that is the value, from 0"), default=0, low=0, high=15),
    Option(
        "function", int, LocalizedMessage("1 coils, 2 inputs, 3 holding registers, 4 input registers"),
        default=None, low=1, high=4,
    ),
    Option(
        "total", bool, LocalizedMessage("the value is a count that only grows; the reading is what was added to it"),
        default=False,
    ),
    Option("unit_at", int, LocalizedMessage("the register that says the unit"), default=None, low=0, high=_TOP),
    Option("units", dict, LocalizedMessage("the unit of each value of that register"), default={}),
    Option(
        "decimals_at", int, LocalizedMessage("the register that says how many decimals the value has"),
        default=None, low=0, high=_TOP,
    ),
    Option(
        "valid_if", list, LocalizedMessage("registers that must not be 0 where the value is to be believed"), default=[]
    ),
)  # fmt: skip
