"""Campbell SR50A: the packet of its manual (appendix D); the others are built by hand after it."""

from firmware_bridge import Sample
from tests.unit.firmware_bridge.examples import Family

EXAMPLES = {
    "sr50a": Family(
        {"mounting_height_cm": 450},
        (
            b"\x0233;1838;194;11011;2C\r\n\x03",
            b"\x0233;1.838;06\r\n\x03",
            b"\x0233;183.80;194;11111;CD\r\n\x03",
            b"\x0233;1.838;194;28.50;11111;C5\r\n\x03",
            b"\x0233;1.838;194;-999.00;11111;5C\r\n\x03",
            b"\x0233;0.000;000;11111;1F\r\n\x03",
            b"\x0233;-999;11111;00\r\n\x03",
            b"\x0233;9999;24\r\n\x03",
            b"\x0233;06.030;E1\r\n\x03",
            b"\x0234;1.500;13\r\n\x03",
            b"\x0233;1.838;194;01111;FE\r\n\x03",
        ),
        (
            (Sample("distance", 183.8), Sample("water_level", 266.2)),
            (Sample("distance", 183.8), Sample("water_level", 266.2)),
            (Sample("distance", 183.8), Sample("water_level", 266.2)),
            (Sample("distance", 183.8), Sample("water_level", 266.2), Sample("temperature", 28.5)),
            (Sample("distance", 183.8), Sample("water_level", 266.2)),
            (),
            (),
            (),
            (),
            (),
            (),
        ),
        (
            b"\x0233;1838;194;11011;2D\r\n\x03",
            b"\x0233;1839;194;11011;2C\r\n\x03",
            b"33;1838;194;11011;2C\r\n\x03",
            b"\x0233;1838;194;11011\r\n\x03",
            b"\x0233;1838;194;194;82\r\n\x03",
            b"\x0233;18380;194;11011;FC\r\n\x03",
        ),
        mutant=("rest = packet[: found.start(6)]", "rest = packet[1 : found.start(6)]"),
    ),
    "inches": Family(
        {"unit": "in", "mode": "query"},
        (b"\x0233;072.36;194;11111;CF\r\n\x03", b"\x0233;1.838;06\r\n\x03"),
        ((Sample("distance", 183.79),), ()),
        (),
        mutant=('"%06.2f", 25.4', '"%06.2f", 10.0'),
    ),
}
