"""Figures without the residue of binary numbers, as documents count: in decimals, multiplied before divided.

0.1 + 0.2 -> 0.3     truncated(70.9999, 0) -> 70     half_up(37.5) -> 38     between(3.3, (0, 4.4), (0, 50)) -> 37.5

A figure is one of `DECIMALS` decimals: no sensor resolves a millionth of its unit, and sums, means and conversions in
binary are wrong by far less. So 35.49999999999999 is 35.5, and 35.499999 is not.
"""

import math
from fractions import Fraction
from functools import lru_cache

DECIMALS = 6
_HALF = Fraction(1, 2)
_FRACTIONS_KEPT = 8_192
"""An hour's mean is asked for again by each of the hours that look back on it; limits by every index."""

Span = tuple[float | Fraction, float | Fraction]
"""The lower and the upper end of a line."""


def cleaned(value: float) -> float:
    """The number of `DECIMALS` decimals that `value` was meant to be: compare this one with a limit."""
    return round(value, DECIMALS)


def exact(value: float | Fraction) -> Fraction:
    """The decimal that `value` was meant to be, exactly; a fraction as it is. The value must be finite."""
    return value if isinstance(value, Fraction) else _fraction(value)


@lru_cache(_FRACTIONS_KEPT)
def _fraction(value: float) -> Fraction:
    return Fraction(repr(cleaned(float(value))))


def whole_parts(value: float) -> int:
    """How many of the last of the `DECIMALS` decimals a value is, exactly: 35.5 -> 35_500_000."""
    return int(exact(value) * 10**DECIMALS)


def between(value: float | Fraction, span: Span, onto: Span) -> Fraction:
    """Where `value` comes out when the line from the lower to the upper end of `span` is laid `onto` another."""
    (low, high), (first, last) = map(exact, span), map(exact, onto)
    return (last - first) * (exact(value) - low) / (high - low) + first


def truncated(value: Fraction, decimals: int) -> Fraction:
    """What is left of a value from 0 on when the decimals beyond `decimals` are cut off."""
    shift = 10**decimals
    return Fraction(math.floor(value * shift), shift)


def half_up(value: Fraction) -> int:
    """The nearest whole number, half rounded up."""
    return math.floor(value + _HALF)
