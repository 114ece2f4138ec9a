"""Made-up water levels: what a river does, what a tired observer or a failing sensor writes, and in which form.

A flood rises to its top in so many readings and falls slowly at first, then fast, then slowly:

 cm      top ┌─╮
             │  ╲          rise readings up, about twice fall readings down
 base ───────╯   ╰────────
"""

import math
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

GATE_HEAD = "Tanggal,Made-up gate (air),Made-up gate (cuaca)"
GAUGE_HEAD = '"code_site";"code_station";"grandeur_hydro";"date_obs";"resultat_obs";"code_methode_obs"'
BENCH_HEAD = "Time,Sensor Angle,Ultrasonic,Radar,LiDAR"


class Level(NamedTuple):
    """One reading."""

    at: datetime
    cm: float


def levels(
    *, start: str, days: float, step_min: int, base: float, grain: float, seed: int,
    floods: Sequence[tuple[str, float, int, int]] = (), wrong: Sequence[tuple[str, float]] = (),
) -> list[Level]:  # fmt: skip
    """A quiet river around `base`, read in steps of `grain`, with `floods` and `wrong` readings (when, cm).

    A flood is when its top is reached, how high that is, and how many readings it rises and falls.
    """
    chance = random.Random(seed)
    first, step = datetime.fromisoformat(start), timedelta(minutes=step_min)
    times = [first + number * step for number in range(round(days * 1_440 / step_min))]
    cm = {at: base + grain * chance.choice((-1, 0, 0, 0, 1)) for at in times}
    for top_at, top, rise, fall in floods:
        for number in range(-rise, 3 * fall):
            at = datetime.fromisoformat(top_at) + number * step
            if at in cm:
                cm[at] = max(cm[at], _grained(base + (top - base) * _share(number, rise, fall), grain))
    for text, value in wrong:
        cm[datetime.fromisoformat(text)] = value
    return [Level(at, cm[at]) for at in times]


def _share(number: int, rise: int, fall: int) -> float:
    """How much of a flood there is, so many readings after its top."""
    return 1 + number / rise if number < 0 else math.exp(-((number / fall) ** 2))


def _grained(cm: float, grain: float) -> float:
    return round(cm / grain) * grain


def gate_csv(readings: Iterable[Level]) -> str:
    """As Jakarta's gates are published: local time, centimetres, oldest first."""
    return "\n".join([GATE_HEAD, *(f"{at:%Y-%m-%d %H:%M:%S},{cm:.1f},Terang" for at, cm in readings)])


def gauge_csv(readings: Iterable[Level]) -> str:
    """As French gauges are published: UTC, millimetres over the gauge's zero, all quoted, newest first."""
    rows = [f'"S0";"S001";"H";"{at:%Y-%m-%dT%H:%M:%SZ}";"{cm * 10:.1f}";"0"' for at, cm in readings]
    return "\n".join([GAUGE_HEAD, *reversed(rows)])


FORMS = {"gate": gate_csv, "gauge": gauge_csv}


def synthetic_csv(form: str, **made: Any) -> str:
    """Made-up readings in the form of a gate or a gauge: what a case of tests/cases asks for."""
    return FORMS[form](levels(**made))


def flash_flood() -> str:
    """A gauge of the hills: 2.6 metres up in ten minutes, and down again by up to 86 cm in an hour."""
    wave = [("2026-09-19T16:10", 150.0, 3, 6), ("2026-09-19T16:20", 412.0, 1, 22)]
    return synthetic_csv(
        "gauge", start="2026-09-18T00:00", days=4, step_min=10, base=61.0, grain=0.5, seed=11, floods=wave
    )


def slow_flood() -> str:
    """A gauge of the plain, below its zero at low water: two days up, two days down."""
    wave = [("2026-01-22T20:00", 480.0, 250, 290)]
    return synthetic_csv(
        "gauge", start="2026-01-19T00:00", days=10, step_min=10, base=-18.0, grain=0.3, seed=12, floods=wave
    )


def first_flood_of_a_gate() -> str:
    """A month of hours at a gate: quiet, then one flood to 95 cm that stands over 80 for four hours."""
    wave = [("2026-10-28 14:00", 95.0, 1, 8)]
    return synthetic_csv(
        "gate", start="2026-10-16 00:00", days=30, step_min=60, base=20.0, grain=5.0, seed=13, floods=wave
    )


def tilted_bench() -> str:
    """Ultrasonic and radar on one beam, tilted step by step: from 20 degrees on the radar hears a false echo."""
    chance, rows, at = random.Random(14), [BENCH_HEAD], datetime(2026, 5, 1, 9, tzinfo=UTC)
    for angle in (0, 10, 15, 20, 25, 30):
        true_m = 2.4 / math.cos(math.radians(angle))
        for number in range(10):
            at += timedelta(seconds=chance.randint(10, 40))
            heard_m = true_m + chance.uniform(-0.02, 0.02)
            columns = [f"{heard_m:.3f}", ""] if number % 2 else ["", f"{heard_m if angle < 20 else 0.9:.3f}"]
            if angle < 30 or number % 2:  # at the last angle the radar is silent
                rows.append(f"{at:%H:%M:%S},{angle}°,{','.join(columns)},")
    return "\n".join(rows)
