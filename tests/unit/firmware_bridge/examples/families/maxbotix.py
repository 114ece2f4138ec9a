"""MaxBotix lines."""

from firmware_bridge import Sample
from tests.unit.firmware_bridge.examples import Family

EXAMPLES = {
    "maxbotix": Family(
        {"mounting_height_cm": 450, "median_of": 1},
        (b"R1234\r", b"R5000\r", b"R0480 \r", b"R0300\r", b"R4999\r"),
        (
            (Sample("distance", 123.4), Sample("water_level", 326.6)),
            (),
            (Sample("distance", 48.0), Sample("water_level", 402.0)),
            (),
            (Sample("distance", 499.9), Sample("water_level", -49.9)),
        ),
        (b"R123\r", b"R12345\r", b"R1234\n", b"R12 34\r", b"RoHS 1.8b090 0713\r", b"R-123\r", b"1234\r", b"R1234  \r"),
        mutant=("count >= series.most", "count > series.most"),
    ),
    "mb7366": Family(
        {"model": "mb7366", "median_of": 1},
        (b"R5000\r", b"R9998\r", b"R9999\r", b"R0501\r", b"R0500\r"),
        ((Sample("distance", 500.0),), (Sample("distance", 999.8),), (), (Sample("distance", 50.1),), ()),
        (b"R500\r", b"R5000\n"),
        mutant=('Series("mm", 4, 9_999, 500)', 'Series("mm", 4, 9_999, 300)'),
    ),
    "mb7060": Family(
        {"model": "mb7060", "median_of": 1},
        (b"R076\r", b"R764\r", b"R765\r", b"R021 \r", b"R020\r"),
        ((Sample("distance", 76.0),), (Sample("distance", 764.0),), (), (Sample("distance", 21.0),), ()),
        (b"R0760\r", b"R76\r"),
        mutant=('"cm": 10.0', '"cm": 25.4'),
    ),
    "mb7066": Family(
        {"model": "mb7066", "median_of": 1},
        (b"R0076\r", b"R1067\r", b"R1068\r"),
        ((Sample("distance", 76.0),), (Sample("distance", 1067.0),), ()),
        (b"R076\r",),
        mutant=("1_068, 20", "10_680, 20"),
    ),
    "mb1010": Family(
        {"model": "mb1010", "median_of": 1},
        (b"R010\r", b"R253\r", b"R254\r", b"R255\r", b"R006\r", b"R100 P1\r"),
        ((Sample("distance", 25.4),), (Sample("distance", 642.62),), (), (), (), (Sample("distance", 254.0),)),
        (b"R0100\r", b"R100 P2\r"),
        mutant=('"inch": 25.4', '"inch": 25.0'),
    ),
}
