"""Winsen MH-Z19B: answers of the data sheet and of captures."""

from firmware_bridge import Sample
from tests.unit.firmware_bridge.examples import Family, of_hex

EXAMPLES = {
    "mhz19b": Family(
        {},
        of_hex(
            "ff86026047000000d1",
            "ff86027c42000000ba",
            "ff8601f40000000085",
            "ff8600004100000039",
            "ff79010000000000" + "86",
        ),
        ((Sample("co2", 608),), (Sample("co2", 636),), (Sample("co2", 500),), (), ()),
        of_hex("ff86026047000000d0", "ff87026047000000d0", "ff860260470000d0", "ff01860000000000" + "79"),
        mutant=("if sum(frame[1:SIZE]) & 0xFF:", "if False:"),
    )
}
