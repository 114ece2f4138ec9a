"""SDI-12: the examples of the specification, and lines with a CRC that is made by hand after it.

A line without a CRC and a torn one before it are one line to whoever hears them, so the laws are asked of lines with
one, of commands, and of a bare bus, where a break stands before each line; other lines are in test_sdi12.py.
"""

from firmware_bridge import Sample
from tests.unit.firmware_bridge.examples import Family

EXAMPLES = {
    "sdi12": Family(
        {"values": {"0": ["water_level", "flow", "water_temperature"], "1": "temperature,humidity"}},
        (
            b"0+3.14OqZ\r\n",
            b"0M!",
            b"0D0!",
            b"0+3.14+2.718+1.414Ipz\r\n",
            b"0M!",
            b"0D0!",
            b"0+7.77+8.88+9.99IvW\r\n",
            b"1I!",
        ),
        (
            (Sample("water_level", 3.14, "0"),),
            (),
            (),
            (Sample("water_level", 3.14, "0"), Sample("flow", 2.718, "0"), Sample("water_temperature", 1.414, "0")),
            (),
            (),
            (Sample("water_level", 7.77, "0"), Sample("flow", 8.88, "0"), Sample("water_temperature", 9.99, "0")),
            (),
        ),
        (
            b"#3.14\r\n",
            b"%+3.14OqZ\r\n",
            b"0+3.15OqZ\r\n",
            b"hallo welt\n",
            b"0+3.14.15\r\n",
            b"0+\r\n",
            b"0QX!",
        ),
        mutant=("found >> 8 ^", "found >> 7 ^"),
    ),
    "units": Family(
        {"values": {"0": ["water_level"], "0M1": ["temperature"]}, "units": {"water_level": "m"}, "command": "MC"},
        (b"0+3.14OqZ\r\n", b"0MC1!", b"0+3.14OqZ\r\n"),
        ((Sample("water_level", 314.0, "0"),), (), (Sample("temperature", 3.14, "0"),)),
        (b"0+3.14.15\r\n",),
        mutant=("named.convert(value)", "value"),
    ),
    "parity": Family(
        {"values": {"0": ["water_level"]}, "channels": {"0": "river-1"}, "command": "C"},
        (bytes.fromhex("00302bb12eb28d0a"), b"0C!"),
        ((Sample("water_level", 1.2, "0"),), ()),
        (bytes.fromhex("00302bb12e32ff8d"),),
        mutant=("byte.bit_count() % 2 == 0", "byte.bit_count() % 2 == 1"),
    ),
}
