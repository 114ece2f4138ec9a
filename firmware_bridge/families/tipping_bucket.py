"""Tipping-bucket rain gauge behind a pulse counter that writes text: an Arduino, a logger, a counter module.  9600 8N1

sends = "total"   123⏎   tips=123⏎   Count: 123⏎         the tips since its start, as a whole number
sends = "mm"      24.6⏎  Rain 24.6 mm⏎                    the same in millimetres
sends = "tips"    T   TIP⏎   1⏎                           the text `tip` for each tip, and nothing in dry weather

One tip is `tip_mm` of rain (0.1, 0.2, 0.25, 0.5 or 1 mm: its sheet). A bucket takes half a second to tip (0.524 s:
J. Atmos. Oceanic Technol., D-13-00169), so of what comes within `bounce_s` of a tip nothing is counted: a reed contact
bounces. Totals are looked after as tip_totals.py says; the last one is kept over a restart of the gateway, so rain that
fell meanwhile is not lost. rain_rate is over a minute, by the gateway's clock.
"""

import re
from collections.abc import Mapping
from math import inf
from typing import Any

from firmware_bridge.family import Guide, Option, OptionError, Poll, SerialDecoder, SerialFamily, settle
from firmware_bridge.framing import JUNK, Framer, Framing, Verdict
from firmware_bridge.rain_rate import TIP_MM, RainRate
from firmware_bridge.sample import Frame, Noise, Sample
from firmware_bridge.text_lines import LineSplitter
from firmware_bridge.tip_totals import TipTotals
from i18n.message import LocalizedMessage

_NUMBER = re.compile(r"(?<![0-9.,])[-+]?[0-9]+(?:[.,][0-9]+)?(?![0-9]|[.,][0-9])")
_STEPS_A_MM = 1_000
_TICK_S, _SOON_S = 1.0, 0.05
_ENDS = b"\r\n"
_COUNTED = "counted"

OPTIONS = (
    TIP_MM,
    Option(
        "sends",
        str,
        LocalizedMessage("what the counter writes: the total of tips, the total in mm, or a text for each tip"),
        default="total",
        choices=("total", "mm", "tips"),
    ),
    Option("tip", str, LocalizedMessage('with sends = "tips": the text of one tip, such as T'), default=""),
    Option("start", str, LocalizedMessage("the text that each line begins with: tips="), default=""),
    Option(
        "number",
        int,
        LocalizedMessage("which number of the line is the total, from 1, where it has several"),
        default=None,
        low=1,
        high=50,
    ),
    Option(
        "bits",
        int,
        LocalizedMessage("at how many bits the total wraps; left out: 16 or 32, as it shows"),
        default=None,
        low=8,
        high=32,
    ),
    Option(
        "bounce_s",
        float,
        LocalizedMessage('with sends = "tips": seconds after a tip in which another one is its bounce'),
        default=0.5,
        low=0,
        high=5,
    ),
)


def build(tips: int, *, sends: str = "total", tip_mm: float = 0.2, start: str = "tips=", tip: str = "T") -> bytes:
    """The line of a counter that stands at `tips`; with sends = "tips" that of one tip."""
    if sends == "tips":
        return tip.encode()
    written = f"{tips * tip_mm:.2f}" if sends == "mm" else str(tips)
    return f"{start}{written}\r\n".encode()


def parse(line: bytes, *, sends: str, number: int | None = None) -> int | str:
    """The total in a line, in tips or in thousandths of a mm; or why there is none."""
    found = _NUMBER.findall(line.decode("latin-1"))
    if not found:
        return "line has no number"
    if number is None and len(found) > 1:
        return f"line has {len(found)} numbers; set number to the one that is the total"
    if number is not None and number > len(found):
        return f"line has {len(found)} numbers, and number {number} was configured"
    text = found[(number or 1) - 1].replace(",", ".")
    if len(text) > 12:
        return f"total {text[:20]} is too large"
    if sends == "mm":
        return round(float(text) * _STEPS_A_MM)
    return int(text) if "." not in text else f"total {text} is no whole number of tips; is it mm? Then set sends"


class TotalDecoder:
    """Reads the lines of one counter that writes totals."""

    def __init__(self, chosen: Mapping[str, Any], memory: Mapping[str, int]) -> None:
        self._sends: str = chosen["sends"]
        self._number: int | None = chosen["number"]
        self._step_mm: float = 1 / _STEPS_A_MM if self._sends == "mm" else chosen["tip_mm"]
        self._lines = LineSplitter(start=chosen["start"].encode())
        self._bits: int | None = chosen["bits"]
        # a total in mm does not wrap at bits, and a tip is many of its steps
        steps = max(1, round(chosen["tip_mm"] / self._step_mm))
        self._totals = TipTotals(memory, bits=32 if self._sends == "mm" else self._bits or 0, steps=steps)
        self._rate = RainRate()
        self._now_s: float | None = None

    @property
    def held(self) -> int:
        """Bytes of a line that has not ended."""
        return self._lines.held

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """Take the next bytes."""
        return [line if isinstance(line, Noise) else self._accept(line) for line in self._lines.feed(data)]

    def poll(self, now_s: float) -> Poll:
        """Nothing to ask; the time is what the rate needs."""
        self._now_s = now_s
        return Poll(b"", _TICK_S)

    def memory(self) -> dict[str, int]:
        """The last total."""
        return self._totals.memory()

    def _accept(self, line: bytes) -> Frame | Noise:
        total = self._within(parse(line, sends=self._sends, number=self._number))
        if isinstance(total, str):
            return Noise(len(line) + 1, total)
        added, note = self._totals.add(total)
        if added is None:
            return Frame((), note)
        return Frame(tuple(_rain(added * self._step_mm, self._rate, self._now_s)), note)

    def _within(self, total: int | str) -> int | str:
        """The total as a counter of its bits has it; a signed one goes on below 0 behind its half."""
        if isinstance(total, str):
            return total
        if total < 0 and self._sends == "total":
            total += 1 << (self._bits or 16)
        most = self._bits if self._bits and self._sends == "total" else 32
        return total if 0 <= total < 1 << most else f"total {total} does not fit into {most} bits"


def _rain(rain_mm: float, rate: RainRate, now_s: float | None) -> list[Sample]:
    """The rain, and how hard it rains where the time is known and a window is full."""
    rain_mm = round(rain_mm, 4)
    samples = [Sample("rainfall", rain_mm)]
    rate_mm_h = None if now_s is None else rate.add(rain_mm, round(now_s * 1_000))
    if rate_mm_h is not None:
        samples.append(Sample("rain_rate", rate_mm_h))
    return samples


class TipDecoder:
    """Reads one text for each tip; what comes too soon after one is its bounce."""

    def __init__(self, chosen: Mapping[str, Any], memory: Mapping[str, int]) -> None:
        self._tip_mm: float = chosen["tip_mm"]
        self._bounce_s: float = chosen["bounce_s"]
        self._framer = Framer(_framing(chosen["tip"].encode()), self._accept)
        self._rate = RainRate()
        self._count = memory.get(_COUNTED, 0)
        self._now_s: float | None = None
        self._tip_s = -inf
        self._is_bouncing = False

    @property
    def held(self) -> int:
        """Bytes that may yet become a tip."""
        return self._framer.held

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """Take the next bytes."""
        return self._framer.feed(data)

    def poll(self, now_s: float) -> Poll:
        """Nothing to ask; the time says when a tip can no longer be the bounce of the last."""
        self._now_s = now_s
        if self._is_bouncing and self._tip_s == inf:
            self._tip_s = now_s  # it came just now
        left_s = self._tip_s + self._bounce_s - now_s
        self._is_bouncing = self._is_bouncing and left_s > 0
        return Poll(b"", max(_SOON_S, min(left_s, _TICK_S)) if self._is_bouncing else _TICK_S)

    def memory(self) -> dict[str, int]:
        """All tips that were ever counted."""
        return {_COUNTED: self._count} if self._count else {}

    def _accept(self, text: bytes) -> Frame:
        if text[:1] in (b"\r", b"\n"):
            return Frame(())
        if self._is_bouncing:
            return Frame((), "a tip within the time of the last one: its contact bounces")
        if self._now_s is not None and self._bounce_s:
            self._is_bouncing, self._tip_s = True, inf
        self._count += 1
        return Frame(tuple(_rain(self._tip_mm, self._rate, self._now_s)))


def _framing(tip: bytes) -> Framing:
    def judge(window: bytes) -> Verdict:
        if window[:1] in (b"\r", b"\n"):
            return 1
        if len(window) < len(tip) and tip.startswith(window):
            return 0
        return len(tip) if window.startswith(tip) else JUNK

    return Framing(tip[:1] + _ENDS, len(tip), judge)


def _decoder(options: Mapping[str, Any], memory: Mapping[str, int]) -> SerialDecoder:
    chosen = settle(OPTIONS, options)
    if chosen["sends"] != "tips":
        return TotalDecoder(chosen, memory)
    if not chosen["tip"].strip() or not chosen["tip"].isprintable() or len(chosen["tip"]) > 40:
        raise OptionError(
            LocalizedMessage(
                'tip: {tip}: write the text that the counter writes for each tip, such as "T"',
                tip=repr(chosen["tip"][:40]),
            )
        )
    return TipDecoder(chosen, memory)


FAMILY = SerialFamily(
    name="tipping_bucket",
    title=LocalizedMessage("Tipping-bucket rain gauge behind a pulse counter"),
    baud=9_600,
    quantities=("rainfall", "rain_rate"),
    options=OPTIONS,
    decoder=_decoder,
    models={
        "pulse_counter": {},
        "rain_counter": {},
        "rain_gauge": {},
        "te525": {"tip_mm": 0.254},
        "te525mm": {"tip_mm": 0.1},
        "te525ws": {"tip_mm": 0.254},
    },
    guide=Guide(
        wiring="the reed contact of the gauge to the counter, with a pull-up and 50 to 100 ms of debouncing there; the "
        "counter's USB or TX to the gateway",
        quirks="let the counter write its total, each 10 s or so: a tip that is lost on the way is in the next total, "
        'and dry weather is told from a broken wire; with sends = "tips" it is not, so set silent_s to days; the first '
        "total counts when the second is near it; a bucket shows too little in hard rain (9 % at 175 mm/h), which "
        "nothing here mends",
        example="tip_mm = 0.2",
    ),
)
