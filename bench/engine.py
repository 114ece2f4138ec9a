"""How many evaluations of a rule the engine makes in a second, on one core, over a mixed load.

Six sensors of a city, a reading each 10 s for some hours: two calm rivers, one in flood with noise, a rise rule, an air
index with "at least 3 of 5", and a river of which every twentieth reading comes out of order.
"""

import random
import time
from collections.abc import Iterator

from rules.engine import START, Observed, Watched, step
from rules.rule import AtLeast, Level, Rule, RuleKind, Severity

READINGS_EACH = 20_000
PERIOD_MS = 10_000
_T0_MS = 1_760_000_000_000


def evaluations_per_s() -> float:
    """Evaluations a second over the mixed load, one step for each reading; takes about a second."""
    loads = [(watched, list(readings)) for watched, readings in _loads()]
    count = sum(len(readings) for _, readings in loads)
    start_s = time.perf_counter()
    for watched, readings in loads:
        state = START
        for observed in readings:
            state, _ = step(watched, state, observed)
    return count / (time.perf_counter() - start_s)


def _loads() -> Iterator[tuple[Watched, Iterator[Observed]]]:
    dice = random.Random(3)  # noqa: S311  # a load to measure by, no secret
    siaga, rise, air = _siaga(), _rise(), _air()
    yield Watched("river-1", siaga, "Asia/Jayapura", 10.0), _river(dice, base=60, swing=0)
    yield Watched("river-2", siaga, "Asia/Jayapura", 10.0), _river(dice, base=70, swing=20)
    yield Watched("river-3", siaga, "Asia/Jayapura", 10.0), _river(dice, base=180, swing=150)
    yield Watched("river-4", rise, "Asia/Jayapura", 10.0), _river(dice, base=180, swing=150)
    yield Watched("air-1", air, "Asia/Jayapura", 10.0), _river(dice, base=50, swing=20)
    yield Watched("river-5", siaga, "Asia/Jayapura", 10.0), _shuffled(_river(dice, base=180, swing=150))


def _river(dice: random.Random, *, base: float, swing: float) -> Iterator[Observed]:
    for number in range(READINGS_EACH):
        wave = swing * abs((number % 2_000) / 1_000 - 1)
        yield Observed(_T0_MS + number * PERIOD_MS, round(base + wave + dice.uniform(-2, 2), 1))


def _shuffled(readings: Iterator[Observed]) -> Iterator[Observed]:
    every = list(readings)
    for place in range(20, len(every), 20):
        every[place - 1], every[place] = every[place], every[place - 1]
    return iter(every)


def _siaga() -> Rule:
    levels = (
        Level("Siaga 3", Severity.MODERATE, 150.0),
        Level("Siaga 2", Severity.SEVERE, 250.0),
        Level("Siaga 1", Severity.EXTREME, 320.0),
    )
    return Rule(
        family="river-level", quantity="water_level", kind=RuleKind.ABOVE, levels=levels, title="River level",
        hysteresis=10.0, for_s=60.0, clear_s=600.0,
    )  # fmt: skip


def _rise() -> Rule:
    levels = (Level("Fast rise", Severity.SEVERE, 30.0),)
    return Rule(
        family="river-rise", quantity="water_level", kind=RuleKind.RISE, levels=levels, title="River rises fast",
        hysteresis=5.0, window_s=600.0, minimum=100.0, clear_s=600.0,
    )  # fmt: skip


def _air() -> Rule:
    levels = (Level("Unhealthy", Severity.MODERATE, 55.4), Level("Very unhealthy", Severity.SEVERE, 150.4))
    return Rule(
        family="air-pm", quantity="pm2_5", kind=RuleKind.ABOVE, levels=levels, title="Fine dust",
        hysteresis=5.0, at_least=AtLeast(3, 5), clear_s=600.0,
    )  # fmt: skip
