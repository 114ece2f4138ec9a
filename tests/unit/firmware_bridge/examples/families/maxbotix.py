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
        mutant=("distance_mm >= model.max_mm", "distance_mm > model.max_mm"),
    )
}
