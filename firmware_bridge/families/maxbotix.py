"""MaxBotix ultrasonic distance sensors: MB7xxx (WR) and MB1xxx (EZ) of all series.  9600 8N1, 2 to 20 readings a second

R1234⏎      four digits, mm        (HRXL, HRLV: MB73xx, MB10x3)          ⏎ is CR alone
R0480 ⏎     a space before CR      (HRUSB: MB14x3, PD12141 p. 3)
R076⏎       three digits, cm       (XL: MB70xx, MB12xx, MB13xx); four where it reaches 10 m
R042⏎       three digits, inches   (LV: MB10x0)
R008 P1⏎    likewise, and whether something is near  (ParkSonar: MB1001, PD13426)

There is no checksum, so the number of digits must be that of the model: R123 of an HRXL is a line that lost a byte.
The largest value means that nothing answered, the smallest that the target is inside the blind zone: neither is a
distance (limits: PD11500 p. 10; PD11832 p. 2 of LV). Text at power-up and a stray FF before the R are noise.

Many models idle low ("RS-232 polarity" at 0 to 5 V, MB736x): at a TTL input their R1234 comes as AB B6 96 76 56 00.
Much noise that is no text is said to be that.

Waves, spray and a missing checksum make single lines worthless, so a reading is the median of `median_of` lines:
    1234 1236 1231 9999 1233 1240 1235  ──►  1234.5        fewer than half with a target: no reading
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from firmware_bridge.distance import MEDIAN_OF, MOUNTING_HEIGHT, Medians
from firmware_bridge.family import Guide, Option, OptionError, SerialDecoder, SerialFamily, settle
from firmware_bridge.framing import Framer, Framing, line
from firmware_bridge.sample import Frame, Noise
from i18n.message import LocalizedMessage

STEPS_MM = {"mm": 1.0, "cm": 10.0, "inch": 25.4}


class Series(msgspec.Struct, frozen=True):
    """How a series of models writes a distance; no target at `most`, blind up to `blind`, both in its unit."""

    unit: str
    digits: int
    most: int
    blind: int

    @property
    def step_mm(self) -> float:
        """One of its unit."""
        return STEPS_MM[self.unit]


UNITS = {
    #               unit   digits  no target at  blind up to
    "mm":   Series("mm",   4,           5_000,         300),  # PD11500 p. 10: 5 m models
    "cm":   Series("cm",   3,             765,          20),  # XL-MaxSonar-WR: 20 cm to 765 cm
    "inch": Series("inch", 3,             254,           6),  # PD11832: 6 to 254 inches
}  # fmt: skip
_TEN_METRES = Series("mm", 4, 9_999, 500)  # PD11500 p. 10
_SNOW = Series("mm", 4, 5_000, 500)  # PD12593, PD12673: nearer than 50 cm is reported as 50 cm
_XL_TEN_METRES = Series("cm", 4, 1_068, 20)
MODELS = {
    name: series
    for series, names in (
        (UNITS["mm"], "mb7360 mb7367 mb7369 mb7380 mb7387 mb7389 mb1003 mb1013 mb1023 mb1033 mb1043"),
        (UNITS["mm"], "mb1403 mb1413 mb1423 mb1433 mb1443"),
        (_TEN_METRES, "mb7363 mb7366 mb7368 mb7383 mb7386 mb7388"),
        (_SNOW, "mb7334 mb7344 mb7354 mb7364 mb7374 mb7384 mb7534 mb7544 mb7554 mb7564 mb7574 mb7584"),
        (UNITS["cm"], "mb7052 mb7060 mb7062 mb7070 mb7072 mb7092 mb7150 mb7155"),
        (UNITS["cm"], "mb1200 mb1210 mb1220 mb1230 mb1240 mb1300 mb1310 mb1320 mb1330 mb1340"),
        (_XL_TEN_METRES, "mb7051 mb7053 mb7054 mb7066 mb7076 mb1260 mb1261 mb1360 mb1361"),
        (UNITS["inch"], "mb1000 mb1001 mb1010 mb1020 mb1030 mb1040"),
    )
    for name in names.split()
}
"""The sensors as their labels say, each with its series."""
_TEXT = bytes((*range(0x20, 0x7F), 0x0D, 0x0A))
_MUCH = 16
"""So many bytes together, half of them no text, are no stray byte between two lines."""
_PART_NUMBER = re.compile(rb"PN:(MB[0-9]{4})")
"""What an HRXL calls itself in its text at power-up."""
_WRONG_WAY_ROUND = (
    "bytes are no text: a model of RS-232 polarity (MB736x) needs an RS-232 input or an inverter, a TTL model (MB738x) "
    "must have none; or the baud rate is not 9600"
)

OPTIONS = (
    Option(
        "model",
        str,
        LocalizedMessage("the sensor as its label says (mb7389); it has the unit, the reach and the blind zone"),
        default=None,
        choices=tuple(MODELS),
    ),
    Option(
        "unit",
        str,
        LocalizedMessage("without model: mm for HRXL (R and four digits), cm for XL (R and three), inch for LV"),
        default=None,
        choices=tuple(UNITS),
    ),
    Option(
        "max_mm",
        int,
        LocalizedMessage(
            "the value that means no target, where it is not that of the model: 5000 for 5 m, 9999 for 10 m; "
            "7650 for XL"
        ),
        default=None,
        low=1_000,
        high=10_680,
    ),
    Option(
        "digits",
        int,
        LocalizedMessage("how many digits it writes, where they are not those of the model"),
        default=None,
        low=3,
        high=4,
    ),
    MEDIAN_OF,
    MOUNTING_HEIGHT,
)


def build(*, distance_mm: float, unit: str = "mm", space: bool = False, digits: int | None = None) -> bytes:
    """The line in which a sensor of `unit` reports `distance_mm`."""
    row = UNITS[unit]
    return b"R%0*d%s\r" % (digits or row.digits, round(distance_mm / row.step_mm), b" " if space else b"")


def parse(text: bytes, series: Series) -> float | str:
    """Read a whole line: the distance in mm, or why it is none."""
    count = int(text[1 : 1 + series.digits])
    if count >= series.most:
        return "no target in range"
    if count <= series.blind:
        return "target inside the blind zone"
    return count * series.step_mm


def series_of(chosen: Mapping[str, Any]) -> Series:
    """What the options say of the sensor; OptionError where they disagree."""
    model, unit = chosen["model"], chosen["unit"]
    series = MODELS[model] if model else UNITS[unit or "mm"]
    if unit and unit != series.unit:
        raise OptionError(
            LocalizedMessage(
                "unit: {unit}: {model} writes {written}; take unit out",
                unit=repr(unit), model=model.upper(), written=series.unit,
            )
        )  # fmt: skip
    series = msgspec.structs.replace(series, digits=chosen["digits"] or series.digits)
    return series if chosen["max_mm"] is None else _reaching(series, chosen["max_mm"])


def _reaching(series: Series, max_mm: int) -> Series:
    """The same with another reach: a sensor of millimetres that reaches beyond 5 m is blind further, too."""
    most = round(max_mm / series.step_mm)
    blind = _TEN_METRES.blind if series.unit == "mm" and most > UNITS["mm"].most else series.blind
    return msgspec.structs.replace(series, most=most, blind=blind)


def _framing(series: Series) -> Framing:
    near = b"(?: P[01])?" if series.unit == "inch" else b""
    whole = re.compile(rb"R[0-9]{%d}%s ?\r" % (series.digits, near))
    other = re.compile(rb"R([0-9]{3,4}) ?\r")

    def check(text: bytes) -> str:
        if whole.fullmatch(text):
            return ""
        if other.fullmatch(text):
            return f"line has not the {series.digits} digits of the model: is model, or unit, that of its label?"
        return f"line is not R and {series.digits} digits"

    return Framing(b"R", 1 + series.digits + len(" P1 \r"), line(end=b"\r", check=check))


_LINE = Frame(())
"""Stands for a whole line, until what came before it is looked at."""


class MaxbotixDecoder:
    """Reads the lines of one sensor."""

    def __init__(self, chosen: Mapping[str, Any]) -> None:
        self._series = series_of(chosen)
        self._doubt = ""
        self._medians = Medians(
            lambda text: parse(text, self._series),
            of=chosen["median_of"], mounting_height_cm=chosen["mounting_height_cm"],
        )  # fmt: skip
        self._framer = Framer(_framing(self._series), lambda _: _LINE)
        self._unaccounted = b""

    @property
    def held(self) -> int:
        """Bytes that may yet become part of a line."""
        return self._framer.held

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """Take the next bytes."""
        stream = self._unaccounted + data
        outcomes, at = [], 0
        for outcome in self._framer.feed(data):
            size = outcome.size if isinstance(outcome, Noise) else stream.index(b"\r", at) + 1 - at
            of_it = stream[at : at + size]
            outcomes.append(self._noise(outcome, of_it) if isinstance(outcome, Noise) else self._measured(of_it))
            at += size
        self._unaccounted = stream[at:]
        return outcomes

    def memory(self) -> dict[str, int]:
        """Nothing: lines stand alone."""
        return {}

    def _measured(self, text: bytes) -> Frame:
        """What a line gives, with what the sensor said of itself."""
        frame = self._medians.add(text)
        if self._doubt and (frame.samples or frame.note):
            return msgspec.structs.replace(frame, note=self._doubt)
        return frame

    def _noise(self, noise: Noise, of_it: bytes) -> Noise:
        """Noise with what it may be."""
        named = _PART_NUMBER.search(of_it)
        if named is not None:
            self._compare(named[1].decode().lower())
        if noise.size >= _MUCH and 2 * len(of_it.translate(None, _TEXT)) >= noise.size:
            return Noise(noise.size, _WRONG_WAY_ROUND)
        return noise

    def _compare(self, model: str) -> None:
        """A sensor of another reach than was configured: from now on the narrower of both holds, and it is said."""
        its = MODELS.get(model, self._series)
        if its == self._series or its.unit != self._series.unit:
            return
        self._doubt = f"the sensor says that it is an {model.upper()}: write it as model"
        self._series = msgspec.structs.replace(
            self._series, most=min(its.most, self._series.most), blind=max(its.blind, self._series.blind)
        )


def _decoder(options: Mapping[str, Any], _memory: Mapping[str, int]) -> SerialDecoder:
    return MaxbotixDecoder(settle(OPTIONS, options))


FAMILY = SerialFamily(
    name="maxbotix",
    title=LocalizedMessage("MaxBotix HRXL/XL/LV-MaxSonar ultrasonic distance sensor"),
    baud=9_600,
    quantities=("distance", "water_level"),
    options=OPTIONS,
    decoder=_decoder,
    models={name: {"model": name} for name in MODELS},
    guide=Guide(
        wiring="5 V, GND, pin 5 (serial) to RXD; MB738x are TTL, MB736x and most others RS-232 polarity at 0 to 5 V: "
        "the wrong choice gives garbage",
        quirks="no checksum, so a reading is the median of median_of lines; without model it is taken for a 5 m model "
        "that writes mm; the largest value is no target, the smallest the blind zone; MB7369 and MB7389 report the "
        "largest target, the others the first",
        example='model = "mb7389"\nmounting_height_cm = 450',
    ),
)
