"""A02YYUW and its kin: the frame of DFRobot's pages; the others are built by hand after it."""

from firmware_bridge import Sample
from tests.unit.firmware_bridge.examples import Family, of_hex

EXAMPLES = {
    "a02yyuw": Family(
        {"median_of": 1, "mounting_height_cm": 450},
        of_hex("ff07a1a7", "ff001f1e", "ff001e1d", "ff1194a4", "ff1195a5", "fffffdfb", "fffffefc"),
        (
            (Sample("distance", 195.3), Sample("water_level", 254.7)),
            (Sample("distance", 3.1), Sample("water_level", 446.9)),
            (),
            (Sample("distance", 450.0), Sample("water_level", 0.0)),
            (),
            (),
            (),
        ),
        of_hex("ff07a1a8", "ff07a1", "fe07a1a6", "ff27112e" + "00", "ff2711" + "37", "ff09ff07", "ff01ffff"),
        mutant=("distance_mm <= ranger.blind_mm", "distance_mm < ranger.blind_mm"),
    ),
    "sen0627": Family(
        {"model": "sen0627", "median_of": 1},
        of_hex("ff00c3c2", "ff000302", "ff000403"),  # 195, 3 and 4 cm
        ((Sample("distance", 195.0),), (), (Sample("distance", 4.0),)),
        of_hex("ff07a1a7"),  # 1953 cm
        mutant=('_MOST_MM, unit="cm"', '_MOST_MM, unit="mm"'),
    ),
    "jsn-sr04t": Family(
        {"model": "jsn-sr04t", "mode": "query", "median_of": 1},
        of_hex("ff07a1a7", "ff00faf9", "ff00fbfa"),  # 1953, 250 and 251 mm
        ((Sample("distance", 195.3),), (), (Sample("distance", 25.1),)),
        of_hex("ff07a1a8"),
        mutant=("Ranger(250, 6_000)", "Ranger(30, 6_000)"),
    ),
}
