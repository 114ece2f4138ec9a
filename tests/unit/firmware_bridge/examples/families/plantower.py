"""Plantower: frames of captures and data sheets; those of the T, S and ST models are built by hand after theirs."""

from firmware_bridge import Sample
from tests.unit.firmware_bridge.examples import Family, of_hex


def _pm(pm1: float, pm2_5: float, pm10: float) -> tuple[Sample, ...]:
    return Sample("pm1", pm1), Sample("pm2_5", pm2_5), Sample("pm10", pm10)


_COUNTS = ("particles_0_3", "particles_0_5", "particles_1", "particles_2_5", "particles_5", "particles_10")


def _counted(pm1: float, pm2_5: float, pm10: float, *, counts: tuple[float, ...]) -> tuple[Sample, ...]:
    return *_pm(pm1, pm2_5, pm10), *(Sample(name, count) for name, count in zip(_COUNTS, counts, strict=True))


_OF_A_5003 = "424d001c0005000d00160005000d001602fd00fc001d000f00060006970003c5"
_REPLY = "424d0004e1000174"

EXAMPLES = {
    "pms5003": Family(
        {"model": "pms5003", "particles": True},
        of_hex(
            "424d001c00000008000800000008000800d20046002d001e00000000970002c5",
            "424d001c000000010005000000010005007e002a000f00090003000397000214",
            "424d001c00450062006b002d004100522da20af801b2002e000400036700059d",
            _REPLY,
            "424d001c00000000000000000000000000000000000000000000000097000142",  # not an atom in the air: warming up
            "424d001c0005000d00160005000d001602fd00fc001d000f00060006970203c7",  # error 2
            "424d001c0005000d00160005000d001602fd00fc001d000f011d032697000400",  # of a 5003T
            "424d001400000000000000000000000000000000005100f4",  # of a PMS3003
        ),
        (
            _counted(0, 8, 8, counts=(210, 70, 45, 30, 0, 0)),
            _counted(0, 1, 5, counts=(126, 42, 15, 9, 3, 3)),
            _counted(45, 65, 82, counts=(11682, 2808, 434, 46, 4, 3)),
            (),
            (),
            (),
            (),
            (),
        ),
        of_hex(
            "424d001c00000008000800000008000800d20046002d001e00000000970002c6",  # wrong sum
            "424d001d00000008000800000008000800d20046002d001e00000000970002c6",  # a length of no model
            "4d42001c00000008000800000008000800d20046002d001e00000000970002c5",
        ),
        mutant=('(4, "pm2_5", 1.0)', '(1, "pm2_5", 1.0)'),
    ),
    "pms5003t": Family(
        {"model": "pms5003t"},
        of_hex("424d001c0005000d00160005000d001602fd00fc001d000ffff10326970005d2", _REPLY),
        ((*_pm(5, 13, 22), Sample("temperature", -1.5), Sample("humidity", 80.6)), ()),
        of_hex("424d001c0005000d00160005000d001602fd00fc001d000ffff10326970005d3"),
        mutant=("word - 2 * _SIGNED", "word"),
    ),
    "pms5003st": Family(
        {"model": "pms5003st"},
        of_hex(
            "424d00240005000d00160005000d001602fd00fc001d000f00060006001f011d0326000097000433",
            _OF_A_5003,
        ),
        (
            (
                *_pm(5, 13, 22),
                Sample("formaldehyde", 31.0),
                Sample("temperature", 28.5),
                Sample("humidity", 80.6),
            ),
            (),
        ),
        of_hex("424d00240005000d00160005000d001602fd00fc001d000f00060006001f011d0326000097000434"),
        mutant=('(13, "temperature", 0.1), (14, "humidity", 0.1)', '(14, "temperature", 0.1), (13, "humidity", 0.1)'),
    ),
    "pms5003s": Family(
        {"model": "pms5003s"},
        of_hex("424d001c0005000d00160005000d001602fd00fc001d000f00060006001f034d", _REPLY),
        ((*_pm(5, 13, 22), Sample("formaldehyde", 31.0)), ()),
        (),
        mutant=('"pms5003s": Layout(13, others=((12,', '"pms5003s": Layout(13, others=((11,'),
    ),
    "pms3003": Family(
        {"model": "pms3003"},
        of_hex(
            "424d001400000000000000000000000000000000005100f4",
            "424d001400010001000100010001000100000000005100fa",
            _REPLY,
        ),
        (_pm(0, 0, 0), _pm(1, 1, 1), ()),
        of_hex("424d001400000000000000000000000000000000005100f5"),
        mutant=("Layout(9, counts=0)", "Layout(8, counts=0)"),
    ),
}
