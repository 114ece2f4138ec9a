"""Sensirion SPS30: answers of a capture and of the data sheet; those in whole numbers are built by hand after it."""

from firmware_bridge import Sample
from tests.unit.firmware_bridge.examples import Family, of_hex


def _pm(pm1: float, pm2_5: float, pm4: float, pm10: float) -> tuple[Sample, ...]:
    return Sample("pm1", pm1), Sample("pm2_5", pm2_5), Sample("pm4", pm4), Sample("pm10", pm10)


def _beyond(*counts: float) -> tuple[Sample, ...]:
    names = ("particles_0_3", "particles_0_5", "particles_1", "particles_2_5")
    return tuple(Sample(name, count) for name, count in zip(names, counts, strict=True))


_FIRST = "7e0003002840a78320411777bb414a5f8341548ddd41d2833e427d33fc85422617224229a4d9422a29bc3f55b7e79e7e"
_SECOND = "7e0003002840df03da417d3162ae41279e32412c107d5e42307d5ed34255c04c425e0908425fa28a425fe4433f40fa1fff7e"
_NOT_STARTED = "7e00034300b97e"

EXAMPLES = {
    "sps30": Family(
        {},
        of_hex(
            _FIRST,
            _SECOND,
            "7e00030000fc7e",  # nothing new
            "7e00004300bc7e",  # started already
            _NOT_STARTED,
            "7e00000000ff7e",  # started
            _FIRST.replace("000300", "000380")[:-4] + "1e7e",  # an error
            "7e00d200050000002000087e",  # the laser
        ),
        (_pm(5.2348, 9.4667, 12.6483, 13.2846), _pm(6.9692, 9.0866, 10.4761, 10.754), (), (), (), (), (), ()),
        of_hex(
            _FIRST[:-4] + "9d7e",  # wrong sum
            _FIRST.replace("7d33", "7d34"),  # no pair
            _FIRST.replace("7e00", "7e01", 1)[:-4] + "9d7e",  # address 1
            _FIRST.replace("7e00030028", "7e00030024")[:-4] + "a27e",  # length
            "7e000300fc7e",  # the question
            "7e0000020103f97e",  # the question to start, whose sum is right for an answer too
        ),
        mutant=("0x11: 0x31", "0x11: 0x32"),
    ),
    "integer": Family(
        {"output": "integer", "particles": True},
        of_hex("7e0003001400050009000c000d001a00250029002a002a0342c07e", _NOT_STARTED),
        ((*_pm(5, 9, 12, 13), *_beyond(4_200.0, 1_600.0, 500.0, 100.0)), ()),
        of_hex("7e0003001400050009000c000d001a00250029002a002a0342c17e"),
        mutant=('("particles_1", 5)', '("particles_1", 6)'),
    ),
    "sleep": Family(
        {"sleep": True, "every_s": 60.0, "cleaning_days": 7.0},
        of_hex(_FIRST, _NOT_STARTED, "7e0080000400093a80b87e"),
        (_pm(5.2348, 9.4667, 12.6483, 13.2846), (), ()),
        of_hex("7e000300fc7e", _FIRST[:-4] + "9d7e"),
        mutant=("sum(body) & 0xFF != 0xFF:", "False:"),
    ),
}
