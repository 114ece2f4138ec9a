"""Modbus: frames of data sheets, of pymodbus's tests and of loggers' code; replies that a map leaves one meaning."""

from firmware_bridge import Sample
from tests.unit.firmware_bridge.examples import Family, of_hex

_MUTANT = ("value, table = 0xFFFF, _TABLE", "value, table = 0, _TABLE")

EXAMPLES = {
    "modbus": Family(
        {"devices": {"1": "pr-3000-fsjt", "26": "qdy30a"}},
        of_hex(
            "010300000001840a",
            "0103020056387a",
            "110304008d008efbbd",
            "118302c134",
            "1103007c00020743",
            "1a030000000187e1",
            "1a03060011000105dc308f",
        ),
        ((), (Sample("wind_speed", 8.6, "1"),), (), (), (), (), (Sample("water_level", 150.0, "26"),)),
        of_hex("0103020056387b", "01030300563a7a", "014100000001840a", "0003020056387a"),
        _MUTANT,
    ),
}
