"""Homie: values that were announced in another message, so each parser here knows its unit from the settings alone."""

from firmware_bridge import Frame, Sample
from tests.unit.firmware_bridge.examples import Dialect, Message

_LEVEL = {"values": {"water_level": "level/value"}, "units": {"water_level": "m"}}

EXAMPLE = Dialect(
    (
        Message(_LEVEL, b"1.52", Frame((Sample("water_level", 152.0, "river"),)), "homie/5/river/level/value"),
        Message(_LEVEL, b"-1", Frame((Sample("water_level", -100.0, "river"),)), "homie/river/level/value"),
        Message(
            _LEVEL,
            b"nan",
            Frame((), "river/level/value is not a number"),
            "homie/5/river/level/value",
        ),
        Message(
            {},
            b"21.5",
            Frame((), "river/air/temperature is not announced yet, so its unit is not known; left out"),
            "homie/5/river/air/temperature",
        ),
        Message(
            {},
            b'{"homie":"5.0","version":8,"name":"River gauge","nodes":{"level":{"name":"Level","properties":'
            b'{"value":{"name":"Level","unit":"m","datatype":"float","settable":false}}}}}',
            Frame((), "device river describes 1 properties, no reading"),
            "homie/5/river/$description",
        ),
        Message({}, b"lost", Frame((), "device river is lost"), "homie/5/river/$state"),
        Message({}, b"m", Frame((), "level/value $unit of the device, no reading"), "homie/river/level/value/$unit"),
    ),
    mutant=('self._units.get(known.quantity) or ("" if unit in _COUNTED else unit)', '""'),
)
