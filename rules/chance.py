"""What change of a value is more than chance: beyond what the sensor, or people who come and go, make of nothing.

31 ug/m3 after 12 ─► 1, since 19 is more than 10        46 people after 40 ─► 0, since 6 is less than 2 x sqrt(40)
"""

from math import sqrt

LEAST_PARTICLES = 10.0
PARTICLES_SHARE = 0.15
"""Units of a low-cost counter differ by 10 ug/m3 up to 100 and by 10 % above (Plantower, PMS5003 series data manual,
2016: maximum consistency error), those of another are right to 15 % and 10 ug/m3 (Nova, SDS011 specification V1.3).
What one unit says of two hours differs by less: an arrow comes late rather than of nothing."""
DEVIATIONS = 2.0


def particles_change(before: float, now: float) -> int:
    """1, -1 or 0: whether an hour's mean in ug/m3 has risen or fallen beyond the noise of a low-cost counter."""
    return _beyond(before, now, max(LEAST_PARTICLES, PARTICLES_SHARE * max(before, now)))


def people_change(before: float, now: float) -> int:
    """1, -1 or 0: whether people have become more or fewer than by chance.

    Who comes and goes one by one is counted by Poisson's law: where `before` people stay about an hour and as many come
    as go, their number half an hour later differs by sqrt(before), and by more than twice that in one of twenty cases.
    """
    return _beyond(before, now, DEVIATIONS * sqrt(max(before, 1.0)))


def _beyond(before: float, now: float, noise: float) -> int:
    return 0 if abs(now - before) <= noise else 1 if now > before else -1
