"""A line from a sensor to its reference, by values worked out by hand, and when there is none."""

import pytest

from rules.co_location import LEAST_PAIRS, NoFit, fit


def test_a_line_with_known_errors():
    """Around 0.5 x + 7, by turns 1 above and 1 below at each x: the line stays, and each error is 1."""
    pairs = [(float(x), 0.5 * x + 7 + error) for x in range(10, 130, 10) for error in (1.0, -1.0)]
    found = fit(pairs)
    assert (found.slope, found.offset) == pytest.approx((0.5, 7.0))
    assert (found.n, found.low, found.high) == (24, 10.0, 120.0)
    assert found.rmse == pytest.approx(1.0)
    # x from 10 to 120: the sum of squares around 65 is 14300, twice, times 0.25; and 24 for the errors
    assert found.r2 == pytest.approx(1 - 24 / (2 * 14_300 * 0.25 + 24))


def test_ordinary_least_squares_of_scattered_pairs():
    """Three pairs, eight times: means 2 and 4; slope (1 * 2 + 1 * 1) / 2 = 1.5 around them, times ten in x."""
    found = fit([(10.0, 2.0), (20.0, 5.0), (30.0, 5.0)] * 8)
    assert (found.slope, found.offset) == pytest.approx((0.15, 1.0))
    # errors -0.5, 1, -0.5: 1.5 of 6
    assert found.r2 == pytest.approx(0.75)
    assert found.rmse == pytest.approx(0.5**0.5)


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        ([], "0 hours in which both are whole; a fit needs 24"),
        ([(float(x), float(x)) for x in range(LEAST_PAIRS - 1)], "23 hours"),
        ([(20.0 + x / 10, float(x)) for x in range(LEAST_PAIRS)], "within 2.3 ug/m3, less than 5"),
        ([(20.0, 20.0)] * LEAST_PAIRS, "within 0.0 ug/m3"),
        ([(float(x), 50.0 - x) for x in range(LEAST_PAIRS)], "slope would be -1.000"),
        ([(float(x), 50.0 * x) for x in range(LEAST_PAIRS)], "slope would be 50.000"),
        ([(float(x), 20.0) for x in range(LEAST_PAIRS)], "slope would be 0.000"),
    ],
)
def test_a_fit_that_would_be_no_correction_is_refused(pairs: list[tuple[float, float]], why: str):
    with pytest.raises(NoFit, match=why):
        fit(pairs)
