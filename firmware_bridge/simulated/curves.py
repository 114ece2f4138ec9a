"""Values as a day brings them, for what has no island behind it: a mean, a swing over the day, some restlessness.

values(time_s) ─► {"pm2_5": 24.1, "temperature": 28.3, …}        the same at the same time, on every machine
"""

from math import pi, sin

from wire.durations import DAY_MS

_DAY_S = DAY_MS / 1_000
_ORDINARY = {
    # quantity             mean   swing over the day
    "water_level":        (180.0,   40.0),
    "distance":           (240.0,   40.0),
    "rainfall":           (0.2,      0.2),
    "rain_rate":          (6.0,      6.0),
    "flow":               (12.0,     4.0),
    "flow_velocity":      (0.8,      0.3),
    "water_temperature":  (27.0,     1.5),
    "pm1":                (12.0,     6.0),
    "pm2_5":              (22.0,    12.0),
    "pm4":                (30.0,    14.0),
    "pm10":               (38.0,    18.0),
    "pm100":              (60.0,    25.0),
    "co":                 (800.0,  300.0),
    "co2":                (460.0,   60.0),
    "temperature":        (28.0,     3.0),
    "humidity":           (78.0,    12.0),
    "pressure":           (1_010.0,  2.0),
    "noise":              (58.0,     8.0),
    "wind_speed":         (3.5,      2.5),
    "wind_direction":     (180.0,   90.0),
    "occupancy":          (40.0,    30.0),
    "people_in":          (3.0,      3.0),
    "people_out":         (3.0,      3.0),
}  # fmt: skip
_OTHER = (10.0, 4.0)


def of_a_day(time_s: float) -> dict[str, float]:
    """A plausible value of each quantity at a time (UTC, seconds)."""
    return {quantity: mean + swing * _course(time_s, number) for number, (quantity, (mean, swing)) in enumerate(_ROWS)}


def plausible(quantity: str, time_s: float) -> float:
    """A plausible value of one quantity, whichever it is."""
    mean, swing = _ORDINARY.get(quantity, _OTHER)
    return mean + swing * _course(time_s, len(quantity))


_ROWS = tuple(_ORDINARY.items())


def _course(time_s: float, number: int) -> float:
    """From -1 to 1: a wave of a day, and smaller ones of minutes, each quantity with a phase of its own."""
    day = sin(2 * pi * time_s / _DAY_S + number)
    return 0.8 * day + 0.15 * sin(time_s / 61 + number) + 0.05 * sin(time_s / 7.3 + 2 * number)
