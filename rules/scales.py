"""Scales of warning: the same words and figures mean opposite things, so each is told with the scale that it is of.

flood Siaga     4 Normal ── 3 Waspada ── 2 Rawan ── 1 Bencana      1 is the worst
tsunami         WASPADA ── SIAGA ── AWAS                           AWAS is the worst
volcano         I Normal ── II Waspada ── III Siaga ── IV Awas     IV is the worst
ISPU            0 ── 50 ── 100 ── 200 ── 300 ── 500                the higher the worse

Flood: BPBD DKI by kompas.tv 140818. Tsunami: BMKG's InaTEWS. Volcanoes: PVMBG. Colours are the official ones where
there are any (ISPU, US AQI, BMKG's rain), else our choice, after press and agency maps.
"""

import math
import re
from collections.abc import Iterable

import msgspec

from rules import footfall, ispu, rain, siaga, usaqi


class ScaleStep(msgspec.Struct, frozen=True):
    """A step of a scale: `rank` counts from 0, the mildest; `sign` is what the scale itself calls it (1, AWAS, IV)."""

    rank: int
    sign: str
    english: str
    indonesian: str
    hex: str


class Scale(msgspec.Struct, frozen=True):
    """A scale by its name; `worst`: which end of it is the bad one. Its steps stand from the mildest to the worst."""

    english: str
    indonesian: str
    worst_english: str
    worst_indonesian: str
    steps: tuple[ScaleStep, ...]

    @property
    def bad_end(self) -> tuple[str, str]:
        """Which end of the scale is the bad one, in English and Indonesian: Flood Siaga: 1 is the worst."""
        return f"{self.english}: {self.worst_english}", f"{self.indonesian}: {self.worst_indonesian}"

    def step(self, sign: str) -> ScaleStep:
        """The step that the scale calls `sign`; KeyError where it has none."""
        found = next((step for step in self.steps if step.sign == sign), None)
        if found is None:
            raise KeyError(f"{self.english} has no {sign!r}; it has {', '.join(step.sign for step in self.steps)}")
        return found

    def shown(self, step: ScaleStep) -> tuple[str, str]:
        """A step with its scale, in English and Indonesian: it can be taken for no other scale's."""
        return (
            f"{self.english} {step.sign} · {step.english}",
            f"{self.indonesian} {step.sign} · {step.indonesian}",
        )


def _steps(rows: Iterable[tuple[str, str, str, str]]) -> tuple[ScaleStep, ...]:
    return tuple(ScaleStep(rank, *row) for rank, row in enumerate(rows))


def _higher_is_worse(english: str, indonesian: str, rows: Iterable[tuple[str, str, str, str]]) -> Scale:
    return Scale(english, indonesian, "the higher the worse", "makin tinggi makin parah", _steps(rows))


FLOOD = Scale(
    "Flood Siaga", "Siaga banjir", "1 is the worst", "1 terparah",
    _steps((str(one.siaga), one.english, one.indonesian, one.hex) for one in sorted(
        siaga.STAGES.values(), key=lambda stage: -stage.siaga
    )),
)  # fmt: skip
TSUNAMI = Scale(
    "Tsunami", "Tsunami", "AWAS is the worst", "AWAS terparah",
    _steps((
        ("WASPADA", "Advisory", "Ancaman kecil", "#f2c500"),
        ("SIAGA", "Warning", "Ancaman sedang", "#f28c00"),
        ("AWAS", "Major warning", "Ancaman besar", "#d7261e"),
    )),
)  # fmt: skip
VOLCANO = Scale(
    "Volcano level", "Gunung api level", "IV is the worst", "IV terparah",
    _steps((
        ("I", "Normal", "Normal", "#2e9e4f"),
        ("II", "Advisory", "Waspada", "#f2c500"),
        ("III", "Watch", "Siaga", "#f28c00"),
        ("IV", "Warning", "Awas", "#d7261e"),
    )),
)  # fmt: skip


def _until(rows: Iterable[ispu.IspuCategory | usaqi.AqiCategory]) -> list[tuple[str, str, str, str]]:
    return [(f"≤ {one.upper:g}", one.english, one.indonesian, one.hex) for one in rows]


def _from_mm(row: rain.RainClass) -> str:
    if row.from_mm <= 0:
        return "0 mm"
    return f"≥ {row.from_mm:g} mm" if row.from_mm > math.ulp(0.0) else "> 0 mm"


ISPU = _higher_is_worse("ISPU", "ISPU", _until(ispu.CATEGORIES))
US_AQI = _higher_is_worse("US AQI", "US AQI", _until(usaqi.CATEGORIES))
RAIN_HOUR = _higher_is_worse(
    "Rain of the hour", "Hujan per jam",
    ((_from_mm(one), one.english, one.indonesian, one.hex) for one in rain.HOUR_CLASSES),
)  # fmt: skip
RAIN_DAY = _higher_is_worse(
    "Rain of the day", "Hujan harian",
    ((_from_mm(one), one.english, one.indonesian, one.hex) for one in rain.DAY_CLASSES),
)  # fmt: skip
CAPACITY = _higher_is_worse(
    "Capacity used", "Kapasitas terpakai",
    ((f"≥ {one.from_percent:g} %", one.english, one.indonesian, one.hex) for one in footfall.FULLNESS),
)  # fmt: skip
DENSITY = _higher_is_worse(
    "Crowd density", "Kepadatan pengunjung",
    ((f"≥ {one.from_m2:g}/m²", one.english, one.indonesian, one.hex) for one in footfall.DENSITIES),
)  # fmt: skip

SCALES = {
    "flood": FLOOD,
    "tsunami": TSUNAMI,
    "volcano": VOLCANO,
    "ispu": ISPU,
    "us_aqi": US_AQI,
    "rain_hour": RAIN_HOUR,
    "rain_day": RAIN_DAY,
    "capacity_used": CAPACITY,
    "crowd_density": DENSITY,
}

_FLOOD_STAGE = re.compile(r"siaga\s*[1-4]", re.IGNORECASE)


def scale_of(level_name: str) -> Scale | None:
    """The scale that a rule's level is of by its name: flood Siaga of one such as Siaga 2; else None."""
    return FLOOD if _FLOOD_STAGE.fullmatch(level_name.strip()) else None


AMBIGUOUS = frozenset({"siaga", "waspada", "awas"})
"""Words that stand on several scales in different places: alone they say nothing of how bad it is."""


def is_bare(name: str) -> bool:
    """Whether the name of a level is one of the `AMBIGUOUS` words alone, without its figure or its scale."""
    return name.strip().casefold() in AMBIGUOUS
