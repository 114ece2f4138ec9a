"""Modbus: frames of data sheets, of pymodbus's tests and of loggers' code; replies that a map leaves one meaning."""

from firmware_bridge import Sample
from tests.unit.firmware_bridge.examples import Family, of_hex

_MUTANT = ("value, table = 0xFFFF, _TABLE", "value, table = 0, _TABLE")
_STATION = (
    Sample("wind_speed", 1.23, "4"),
    Sample("wind_direction", 92.0, "4"),
    Sample("humidity", 78.0, "4"),
    Sample("temperature", 28.1, "4"),
    Sample("noise", 65.2, "4"),
    Sample("pm2_5", 21.0, "4"),
    Sample("pm10", 35.0, "4"),
    Sample("pressure", 1_010.0, "4"),
    Sample("illuminance", 12_000.0, "4"),
)
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
    "station": Family(
        {"devices": {"4": "rs-fsxcs"}},
        of_hex(
            "04031c007b00010002005c030c0119028c0015002303f200002ee00078000c7c52",
            "04031c007b00010002005c030c0119028c0015002303f200002ee00078000c7c52",
            "048306d133",
        ),
        (_STATION, (*_STATION, Sample("rainfall", 0.0, "4")), ()),
        of_hex("04031c007b00010002005c030c0119028c0015002303f200002ee00078000c7c53"),
        _MUTANT,
    ),
    "solar": Family(
        {"devices": {"1": "tracer-an"}},
        of_hex(
            "0104310000053ef5",
            "01040a073d00d40f5800000520db81",
            "0104311a00011ef1",
            "0104020043f8c1",
            "018402c2c1",
        ),
        (
            (),
            (Sample("solar_voltage", 18.53, "1"), Sample("battery_voltage", 13.12, "1")),
            (),
            (Sample("battery", 67.0, "1"),),
            (),
        ),
        of_hex("01040a073d00d40f5800000520db82", "0104020043f8c0"),
        _MUTANT,
    ),
}
