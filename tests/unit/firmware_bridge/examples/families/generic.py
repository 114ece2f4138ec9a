"""Lines of text: by a pattern with a channel, and by columns with a checksum, a time, a unit and a decimal comma."""

from firmware_bridge import Sample
from firmware_bridge.families.generic import build
from tests.unit.firmware_bridge.examples import Family

NOON_MS = 1_795_921_200_000  # 2026-11-29T12:00:00+09:00 is 03:00 UTC

EXAMPLES = {
    "generic": Family(
        {
            "pattern": "^T(?P<channel>[0-9])=(?P<temperature>[-0-9.]+) L=(?P<water_level>[0-9]+|ERR)$",
            "start": "T",
            "no_reading": {"water_level": ["ERR", 9999]},
        },
        (b"T1=23.4 L=182\r\n", b"T2=-0.5 L=ERR\r\n", b"T1=--- L=9999\n", b"T3=23.5 L=0\r"),
        (
            (Sample("temperature", 23.4, "1"), Sample("water_level", 182.0, "1")),
            (Sample("temperature", -0.5, "2"),),
            (),
            (Sample("temperature", 23.5, "3"), Sample("water_level", 0.0, "3")),
        ),
        (b"T1=23.4\r\n", b"T1=23.4 L=18 2\r\n", b"U1=23.4 L=182\r\n", b"T1=23.4 L=182", b"T1=23.4 L=-1\n"),
        mutant=("for key, text in found.groupdict().items() if text is not None", "for key, text in ()"),
    ),
    "columns": Family(
        {
            "columns": {"time": 1, "temperature__out": 2, "water_level__out": 4},
            "start": "#",
            "separator": ";",
            "decimal": ",",
            "units": {"temperature": "°F"},
            "scale": {"water_level": -0.1},
            "offset": {"water_level": 450},
            "bounds": {"water_level": [0, 440]},
            "time_format": "%d.%m.%Y %H:%M:%S",
            "zone": "+09:00",
            "checksum": "crc16",
        },
        (
            build(b"#29.11.2026 12:00:00;68,9;ok;1234", checksum="crc16"),
            build(b"#29.11.2026 12:00:00;68,9;ok;50", checksum="crc16"),
            build(b"#;;;", checksum="crc16"),
        ),
        (
            (Sample("temperature", 20.5, "out", NOON_MS), Sample("water_level", 326.6, "out", NOON_MS)),
            (Sample("temperature", 20.5, "out", NOON_MS),),
            (),
        ),
        (
            b"#29.11.2026 12:00:00;68,9;ok;1234\r\n",
            b"#29.11.2026 12:00:00;68,9;ok;1234*0000\r\n",
            build(b"#29.11.2026 12:00:00;68,9;ok;1234", checksum="crc16-arc"),
            build(b"#29.11.2026 12:00:00;68,9;1234", checksum="crc16"),
        ),
        mutant=("line.removeprefix(start)", "line"),
    ),
}
