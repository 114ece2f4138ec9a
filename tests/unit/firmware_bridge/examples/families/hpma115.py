"""Honeywell HPMA115: answers of a capture; what it sends by itself is built by hand after the data sheet."""

from firmware_bridge import Sample
from tests.unit.firmware_bridge.examples import Family, of_hex


def _of(**values: float) -> tuple[Sample, ...]:
    return tuple(Sample(name, value) for name, value in values.items())


_S0 = "424d001c0000000c0017" + "0000" * 10 + "00ce"
_C0 = "424d001c0004000700090017" + "0000" * 9 + "00d6"
_S0_ANSWER, _C0_ANSWER = "4005040023003262", "400d0400040007000900170000000084"

EXAMPLES = {
    "hpma115": Family(
        {},
        of_hex(
            _C0_ANSWER,
            "400d04000300040004000400000000a0",
            _S0_ANSWER,
            _S0,
            _C0,
            "a5a5",
            "9696",
            "424d001c00000008000800000008000800d20046002d001e00000000970002c5",  # of a Plantower
            "424d001c" + "0000" * 13 + "00ab",  # zeros
            "40050400000000b7",
        ),
        (
            _of(pm1=4, pm2_5=7, pm4=9, pm10=23),
            _of(pm1=3, pm2_5=4, pm4=4, pm10=4),
            _of(pm2_5=35, pm10=50),
            _of(pm2_5=12, pm10=23),
            _of(pm1=4, pm2_5=7, pm4=9, pm10=23),
            (),
            (),
            (),
            (),
            (),
        ),
        of_hex(
            _C0_ANSWER[:-2] + "85",  # sums
            _S0_ANSWER[:-2] + "63",
            _S0[:-2] + "cf",
            "4006040023003261",  # a length of no model
            "4005050023003261",  # another command
            "424d001d0000000c0017" + "0000" * 10 + "00cf",
            "68010493",  # the question
            "a596",
        ),
        mutant=('0x0D: "hpma115c0"', '0x0D: "hpma115s0"'),
    ),
    "hpma115s0": Family(
        {"model": "hpma115s0"},
        of_hex(_S0_ANSWER, _S0, _C0_ANSWER),
        (_of(pm2_5=35, pm10=50), _of(pm2_5=12, pm10=23), ()),
        of_hex(_S0_ANSWER[:-2] + "63"),
        mutant=('{1: "pm2_5", 2: "pm10"}', '{0: "pm2_5", 1: "pm10"}'),
    ),
    "hpma115c0": Family(
        {"model": "hpma115c0"},
        of_hex(_C0_ANSWER, _C0, _S0, _S0_ANSWER),
        (_of(pm1=4, pm2_5=7, pm4=9, pm10=23), _of(pm1=4, pm2_5=7, pm4=9, pm10=23), (), ()),
        of_hex(_C0_ANSWER[:-2] + "85"),
        mutant=("model not in (None, said)", "False"),
    ),
}
