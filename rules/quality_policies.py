"""How each quantity can behave: what a true step is, when a value is stuck, how far twins may differ.

POLICIES["water_level"]: 3 cm a minute and 180 cm an hour up, 3 and 74 down, flat for 60 days, twins within 10 cm
"""

from math import inf

import msgspec

from wire import Quantity


class Policy(msgspec.Struct, frozen=True):
    """How a quantity can behave, in its unit.

    Steps up to `least_step` are always plain. In m minutes it may rise by the lesser of `rise_per_min` x m and
    `rise_an_hour` x sqrt(m / 60), and fall likewise; a faster step is doubted. It is believed when readings have stayed
    there for `rise_lasts_s` or `fall_lasts_s`, two of them at least. The same value for longer than `stuck_s` is stuck.
    Twins may differ by `twin_least`, or by `twin_share` of their mean, whichever is more.
    """

    least_step: float
    rise_per_min: float
    rise_an_hour: float
    fall_per_min: float
    fall_an_hour: float
    rise_lasts_s: float
    fall_lasts_s: float
    stuck_s: float
    twin_least: float
    twin_share: float


_HOUR, _DAY = 3_600.0, 86_400.0

POLICIES: dict[str, Policy] = {
    # Water: the steepest true hour of Jakarta's gauges is 180 cm up (Depok) and 70 cm down (Katulampa), and typing
    # errors there begin at 75 cm down; the flood of V7184015 in September 2020 falls by 15 cm in 10 minutes and 86 in
    # an hour (once it falls, it goes on falling); rivers behind gates by 3 cm a minute for ten of them; a dry-season
    # river lies flat for 1013 h. A wrong reading of any of these gauges stands alone.
    # Twins: ultrasonic and radar on one beam agree within 8 cm up to 15 degrees of tilt, and not at all from 20 on.
    # PM2.5: the A and B channels of one device must agree within 5 ug/m3 or 61 % (Barkjohn et al. 2021, doi
    # 10.5194/amt-14-4617-2021). The other rows are our own judgement, wide on purpose.
    #                     least step   rise/min, an hour   fall/min, an hour  lasts, s   stuck       twins: least, share
    "water_level":   Policy(  10.0,    3.0,    180.0,      3.0,     74.0,      3.0, 300.0, 60 * _DAY,   10.0,  0.0),
    "distance":      Policy(  10.0,    3.0,     74.0,      3.0,    180.0,    300.0,   3.0, 60 * _DAY,   10.0,  0.0),
    "pm1":           Policy( 100.0,  100.0,  6_000.0,    100.0,  6_000.0,      3.0,   3.0,      _DAY,    5.0,  0.61),
    "pm2_5":         Policy( 100.0,  100.0,  6_000.0,    100.0,  6_000.0,      3.0,   3.0,      _DAY,    5.0,  0.61),
    "pm10":          Policy( 200.0,  200.0, 12_000.0,    200.0, 12_000.0,      3.0,   3.0,      _DAY,   10.0,  0.61),
    "co2":           Policy( 500.0,  500.0, 30_000.0,    500.0, 30_000.0,      3.0,   3.0,      _DAY,   75.0,  0.1),
    "temperature":   Policy(   3.0,    2.0,    120.0,      2.0,    120.0,      3.0,   3.0,      _DAY,    2.0,  0.0),
    "humidity":      Policy(  15.0,   10.0,    600.0,     10.0,    600.0,      3.0,   3.0,  7 * _DAY,   10.0,  0.0),
    "pressure":      Policy(   3.0,    1.0,     60.0,      1.0,     60.0,      3.0,   3.0,      _DAY,    3.0,  0.0),
}  # fmt: skip


def policy_of(row: Quantity | None) -> Policy | None:
    """How a quantity can behave; of one that a city added what it says itself, else None: nothing is judged of it.

    `step` is what it can do in a minute, up and down; twins may differ by as much.
    """
    if row is None or row.name in POLICIES:
        return None if row is None else POLICIES[row.name]
    if row.derived or (row.step is None and row.stuck_s is None):
        return None
    step, stuck_s = row.step or inf, row.stuck_s or inf
    return Policy(step, step, 60 * step, step, 60 * step, 3.0, 3.0, stuck_s, step, 0.0)
