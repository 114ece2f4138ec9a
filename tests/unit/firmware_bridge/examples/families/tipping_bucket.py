"""Lines of pulse counters: totals of tips, totals in mm, a text for each tip."""

from firmware_bridge import Sample
from tests.unit.firmware_bridge.examples import Family

EXAMPLES = {
    "tipping_bucket": Family(
        {"start": "tips="},
        (b"tips=480\r\n", b"tips=483\r\n", b"tips=483\r\n", b"tips=12483\r\n", b"tips=484\r\n", b"tips=0\r\n"),
        ((), (Sample("rainfall", 0.6),), (Sample("rainfall", 0.0),), (), (Sample("rainfall", 0.2),), ()),
        (b"tips=480.5\r\n", b"tips=\r\n", b"tips=480 481\r\n", b"tops=480\r\n", b"tips=480", b"tips=4294967296\r\n"),
        mutant=("added * self._step_mm", "added"),
    ),
    "mm": Family(
        {"start": "R", "sends": "mm", "tip_mm": 0.25},
        (b"R 24,25 mm\r\n", b"R 24.75 mm\r\n", b"R 624.75 mm\r\n", b"R 25 mm\r\n"),
        ((), (Sample("rainfall", 0.5),), (), (Sample("rainfall", 0.25),)),
        (b"R mm\r\n", b"R 24.25 mm 3\r\n", b"24.25 mm\r\n"),
        mutant=("return round(float(text) * _STEPS_A_MM)", "return int(float(text))"),
    ),
    "tips": Family(
        {"sends": "tips", "tip": "TIP", "tip_mm": 0.5},
        (b"TIP", b"TIP"),
        ((Sample("rainfall", 0.5),), (Sample("rainfall", 0.5),)),
        (b"TI", b"TAP", b"tip", b"T I P"),
        mutant=("return len(tip) if window.startswith(tip) else JUNK", "return len(tip)"),
    ),
}
