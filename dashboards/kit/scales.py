"""Words and colours of values, from the tables of the rules: a colour is never without its word.

severity -1 -> grey "Tidak ada data", 0 -> green "Normal" … 4 -> red "Ekstrem"        ISPU 132 -> yellow, "Tidak Sehat"

`mappings` are for values that are words (a severity), `steps` for values that are figures in classes (an index).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import msgspec
from grafana_foundation_sdk.models.dashboard import (
    DashboardRangeMapOptions,
    RangeMap,
    Threshold,
    ThresholdsConfig,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

from dashboards.kit.style import DashboardStyle
from dashboards.kit.words import Text, Words
from i18n.message import Bilingual
from rules import footfall, ispu, rain, scales, usaqi
from rules.colours import CALM, SEVERITY_COLOURS, UNKNOWN
from rules.rule import Severity
from rules.severities import SEVERITY_NAMES
from wire.measurements import NOTHING_KNOWN

PLAIN = "#7f8fa6"
"""For figures that are neither good nor bad."""
ATTENTION = SEVERITY_COLOURS[Severity.MODERATE]
ALERT = SEVERITY_COLOURS[Severity.EXTREME]


class Class(msgspec.Struct, frozen=True):
    """The values from `least` on (None: from the smallest): their word, and their colour as #rrggbb."""

    least: float | None
    word: Words
    colour: str


class PanelScale(msgspec.Struct, frozen=True):
    """How the values of a panel are named and coloured."""

    classes: tuple[Class, ...]
    words: bool = False
    """Whether the word stands in the place of the value, as for a severity; else the figure stays."""

    def steps(self) -> ThresholdsConfig:
        """The colours from each class' least value on."""
        steps = [Threshold(None if number == 0 else row.least, row.colour) for number, row in enumerate(self.classes)]
        return ThresholdsConfig(ThresholdsMode.ABSOLUTE, steps)

    def mappings(self, style: DashboardStyle) -> list[ValueMapping]:
        """The words of whole values; where the figures stay, of the one that is no figure."""
        rows = [row for row in enumerate(self.classes) if self.words or row[1].least == NOTHING_KNOWN]
        return [ValueMap({_key(row.least): _result(style, row, number) for number, row in rows})] if rows else []

    def or_unknown(self) -> "PanelScale":
        """The same classes above NOTHING_KNOWN, which is grey and says so."""
        return PanelScale((Class(NOTHING_KNOWN, Text("No data"), UNKNOWN), *self.classes), words=self.words)

    def classes_as_words(self, style: DashboardStyle) -> list[ValueMapping]:
        """The word of the class that a figure lies in, for a column or a line that says it beside the figure."""
        ends: list[float | None] = [*(row.least for row in self.classes[1:]), None]
        found: list[ValueMapping] = [
            RangeMap(DashboardRangeMapOptions(row.least, end, _result(style, row, number)))
            for number, (row, end) in enumerate(zip(self.classes, ends, strict=True))
        ]
        return found[::-1]  # a range has both its ends, and the first that fits counts: 51 is Sedang, not Baik


def _of_flood(step: scales.ScaleStep) -> Words:
    english, indonesian = scales.FLOOD.shown(step)
    return Bilingual(english, indonesian)


RANK = '("severity" + 1) * ("severity" - 0.5)'
"""How bad a severity is, in InfluxQL, for the worst of several places: nothing known is worse than normal."""


def rank_of(severity: int) -> float:
    """The same: 4, 3, 2, 1 have 17.5, 10, 4.5, 1; nothing known (-1) has 0 and normal (0) -0.5."""
    return (severity + 1) * (severity - 0.5) + 0.0  # else -0.0, which is no 0 as a text


SEVERITY = PanelScale(
    (
        Class(NOTHING_KNOWN, Text("No data"), UNKNOWN),
        Class(0, Text("Normal"), CALM),
        *(Class(severity.rank, word, SEVERITY_COLOURS[severity]) for severity, word in SEVERITY_NAMES.items()),
    ),
    words=True,
)
"""Severities as `situation`, `alarm` and `threshold` write them. Nothing known is grey, and never green."""

OVERALL = PanelScale(
    (
        Class(NOTHING_KNOWN, Text("No data"), UNKNOWN),
        Class(rank_of(0), Text("Normal"), CALM),
        Class(rank_of(NOTHING_KNOWN), Text("Not all known"), UNKNOWN),
        *(Class(rank_of(severity.rank), word, SEVERITY_COLOURS[severity]) for severity, word in SEVERITY_NAMES.items()),
    ),
    words=True,
)
"""The largest rank of several places: where all that is known is calm, one of which nothing is known is no calm."""

ONLINE = PanelScale(
    (Class(0, Text("Offline"), ALERT), Class(1, Text("Online"), CALM)),
    words=True,
)
CLOCK = PanelScale(
    (
        Class(0, Text("Synced"), CALM),
        Class(1, Text("Estimated"), ATTENTION),
        Class(2, Text("Unknown"), ALERT),
    ),
    words=True,
)
"""The states of a gateway's clock."""
SEEN = PanelScale(
    (Class(0, Text("Not yet"), ATTENTION), Class(1, Text("Yes"), CALM)),
    words=True,
)
"""Whether somebody has acknowledged an alarm."""
SIAGA = PanelScale(
    tuple(Class(float(step.sign), _of_flood(step), step.hex) for step in reversed(scales.FLOOD.steps)), words=True
)
"""Flood stages, of which 1 is the worst."""


def _key(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _result(style: DashboardStyle, row: Class, number: int) -> ValueMappingResult:
    return ValueMappingResult(text=style.say(row.word), color=row.colour, index=number)


def _of_uppers(categories: Iterable[ispu.IspuCategory | usaqi.AqiCategory]) -> PanelScale:
    rows = list(categories)
    leasts: Sequence[float] = [0.0, *(row.upper + 1 for row in rows[:-1])]
    return PanelScale(
        tuple(
            Class(least, Bilingual(row.english, row.indonesian), row.hex)
            for least, row in zip(leasts, rows, strict=True)
        )
    )


def _of_rain(classes: Sequence[rain.RainClass]) -> PanelScale:
    # the class of no rain at all and the one above it share a colour, and no gauge tells them apart
    visible = [classes[0], *(above for below, above in pairwise(classes) if above.hex != below.hex)]
    return PanelScale(tuple(Class(row.from_mm, Bilingual(row.english, row.indonesian), row.hex) for row in visible))


ISPU = _of_uppers(ispu.CATEGORIES)
"""ISPU in its official colours: an index above 50 is Sedang, above 100 Tidak Sehat, …"""
US_AQI = _of_uppers(usaqi.CATEGORIES)
RAIN_HOUR = _of_rain(rain.HOUR_CLASSES)
"""BMKG's classes of the rain of an hour, mm."""
RAIN_DAY = _of_rain(rain.DAY_CLASSES)
"""BMKG's classes of the rain of a day, mm."""
CAPACITY = PanelScale(
    tuple(Class(row.from_percent, Bilingual(row.english, row.indonesian), row.hex) for row in footfall.FULLNESS),
)
"""How full a place is, in % of its capacity."""
DENSITY = PanelScale(
    tuple(Class(row.from_m2, Bilingual(row.english, row.indonesian), row.hex) for row in footfall.DENSITIES),
)
"""Fruin's scale, people on a square metre."""


def one_colour(colour: str = PLAIN, *, least: float | None = None) -> PanelScale:
    """For figures without classes; `least` is the smallest of them, where something stands below it."""
    return PanelScale((Class(least, Text(""), colour),))


def limits(*steps: tuple[float, str], below: str = CALM) -> PanelScale:
    """Colours from the limits on, without words: only where a title or the figure itself says what it means."""
    return PanelScale(
        (
            Class(None, Text(""), below),
            *(Class(least, Text(""), colour) for least, colour in steps),
        )
    )


def words_of(texts: Mapping[str, Words], style: DashboardStyle) -> list[ValueMapping]:
    """The words of text values, such as the states of an alarm."""
    results = {
        value: ValueMappingResult(text=style.say(text), index=number)
        for number, (value, text) in enumerate(texts.items())
    }
    return [ValueMap(results)]
