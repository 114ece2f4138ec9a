"""A birth of benthos-umh's test vectors, a device's with units and two's complement, commands and a host's state."""

from base64 import b64decode

from firmware_bridge import Frame, Sample
from firmware_bridge.dialects.sparkplug import build
from firmware_bridge.dialects.sparkplug_payload import BOOLEAN, Metric, encode
from firmware_bridge.dialects.sparkplug_topic import REBIRTH
from firmware_bridge.sample import Publication
from tests.unit.firmware_bridge.examples import Dialect, Message

AT = 1_772_855_674_482
NBIRTH = b64decode(
    "CNLig7n6MhINCgViZFNlcRABIAhYWBIcChROb2RlIENvbnRyb2wvUmViaXJ0aBACIAtwABIaCgtUZW1wZXJhdHVyZRBkIAppAAAAAACANUAYAA=="
)
UNBORN = "birth of node rtu-1 was not heard"

EXAMPLE = Dialect(
    (
        Message({}, NBIRTH, Frame((Sample("temperature", 21.5, "", 1750855643474),)), "spBv1.0/morotai/NBIRTH/rtu-1"),
        Message(
            {"channels": {"rtu-1/river": "bridge"}, "rebirth": False},
            encode(
                [
                    Metric("Outside/Temperature", 1, None, 1, unit="°C", value=-4),
                    Metric("River/Level", 2, AT - 60_000, 9, unit="ft", value=7.5),
                    Metric("River/Valve", 3, None, 11, value=True),
                ],
                time_ms=AT,
                seq=1,
            ),
            Frame(
                (
                    Sample("temperature", -4.0, "rtu-1/river", AT),
                    Sample("water_level", 228.6, "rtu-1/river", AT - 60_000),
                ),
                "device of node rtu-1, whose birth was not heard",
            ),
            "spBv1.0/morotai/DBIRTH/rtu-1/river",
        ),
        Message(
            {},
            encode([Metric("", 100, AT, 10, value=22.5)], time_ms=AT, seq=1),
            Frame(
                (),
                f"1 metrics have an alias that no birth named; {UNBORN}; rebirth asked for",
                answers=(
                    Publication(
                        "spBv1.0/morotai/NCMD/rtu-1",
                        encode([Metric(REBIRTH, None, AT, BOOLEAN, value=True)], time_ms=AT),
                    ),
                ),
            ),
            "spBv1.0/morotai/NDATA/rtu-1",
        ),
        Message(
            {"values": {"water_level": "Level"}, "rebirth": False},
            build({"River/Level": 120.0}, time_ms=AT, seq=3),
            Frame((Sample("water_level", 120.0, "", AT),), UNBORN),
            "spBv1.0/morotai/NDATA/rtu-1",
        ),
        Message(
            {},
            b'{"online":true,"timestamp":1772855674482}',
            Frame((), 'host application scada: {"online":true,"timestamp":1772855674482}'),
            "spBv1.0/STATE/scada",
        ),
    ),
    mutant=("metric.time_ms or message.time_ms", "message.time_ms"),
)
