"""Corrections of the air, by values that were worked out by hand from the published formulas."""

from itertools import pairwise

import msgspec
import pytest

from rules.corrections import CoLocation, Linear, PlantowerValue, UsEpa2021, corrected, correction_from


@pytest.mark.parametrize(
    ("kind", "pm", "humidity", "expected"),
    [
        # 0.524 * 20 - 0.0862 * 80 + 5.75 = 10.48 - 6.896 + 5.75
        ("cf_1", 20.0, 80.0, 9.334),
        ("cf_atm", 20.0, 80.0, 9.334),
        # the line goes on for cf_1: 52.4 - 6.896 + 5.75
        ("cf_1", 100.0, 80.0, 51.254),
        ("cf_atm", 30.0, 50.0, 17.16),
        # halfway from 30 to 50 the slope is (0.524 + 0.786) / 2 = 0.655: 26.2 - 4.31 + 5.75
        ("cf_atm", 40.0, 50.0, 27.64),
        ("cf_atm", 50.0, 50.0, 40.74),
        # 78.6 - 6.896 + 5.75
        ("cf_atm", 100.0, 80.0, 77.454),
        # halfway from 210 to 260: (0.786 * 235 - 4.31 + 5.75 + 0.69 * 235 + 2.966 + 8.84e-4 * 235 * 235) / 2
        # = (186.15 + 162.15 + 2.966 + 48.8189) / 2
        ("cf_atm", 235.0, 50.0, 200.04245),
        # 2.966 + 0.69 * 300 + 8.84e-4 * 90000 = 2.966 + 207 + 79.56; humidity counts no more
        ("cf_atm", 300.0, 50.0, 289.526),
        ("cf_atm", 300.0, 95.0, 289.526),
        # 0.524 * 569 - 4.31 + 5.75
        ("cf_1", 569.0, 50.0, 299.596),
        # 590: share 0.0244 * 590 - 13.9 = 0.496 of 4.21e-4 * 348100 + 231.28 + 3.44 = 381.2701, else 310.6
        ("cf_1", 590.0, 50.0, 0.496 * 381.2701 + 0.504 * 310.6),
        # 4.21e-4 * 490000 + 0.392 * 700 + 3.44 = 206.29 + 274.4 + 3.44
        ("cf_1", 700.0, 50.0, 484.13),
        # 5.75 - 8.62 is below nothing
        ("cf_atm", 0.0, 100.0, 0.0),
    ],
)
def test_epas_correction_of_each_piece(kind: PlantowerValue, pm: float, humidity: float, expected: float):
    assert UsEpa2021(kind).of(pm, humidity) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("kind", "most"), [("cf_atm", 0.01), ("cf_1", 1.0)])
def test_it_has_no_steps_and_never_falls(kind: PlantowerValue, most: float):
    """For cf_1 the published weights, of three figures, leave a step of 0.8 at 570."""
    found = [UsEpa2021(kind).of(step / 100, 70.0) for step in range(100_000)]
    steps = [after - before for before, after in pairwise(found)]
    assert min(steps) >= 0
    assert max(steps) < most + 0.04


def test_a_line_and_a_fitted_line_correct_alike_and_never_below_nothing():
    fitted = CoLocation(0.5, -3.0, 120, 0.93, 1.8, "bam", "2026-10-01T00:00:00Z", "2026-10-08T00:00:00Z")
    for line in (Linear(0.5, -3.0), fitted):
        assert line.of(30.0, 0.0) == 12.0
        assert line.of(2.0, 0.0) == 0.0


def test_an_hour_without_its_humidity_is_a_gap_and_says_so():
    epa = UsEpa2021("cf_atm")
    whole = corrected(epa, 20.0, 100.0, humidity=80.0, known=90.0)
    assert (whole.mean, whole.completeness, whole.known) == pytest.approx((9.334, 90.0, 90.0))
    for humidity, known in ((None, 0.0), (80.0, 74.0)):
        gap = corrected(epa, 20.0, 100.0, humidity=humidity, known=known)
        assert (gap.mean, gap.completeness, gap.known) == (None, known, known)
    assert corrected(epa, 20.0, 74.0, humidity=80.0, known=100.0).mean is None
    assert corrected(epa, None, 0.0, humidity=80.0, known=100.0).mean is None
    line = corrected(Linear(2.0, 1.0), 20.0, 80.0, humidity=None, known=0.0)
    assert (line.mean, line.completeness, line.known) == (41.0, 80.0, 100.0)


@pytest.mark.parametrize(
    "value",
    [
        {"correction": "us_epa_2021", "input": "cf_atm"},
        {"correction": "us_epa_2021", "input": "cf_1", "humidity": "weather"},
        {"correction": "linear", "slope": 0.5, "offset": -3},
    ],
)
def test_a_fact_is_read_as_a_correction(value: dict[str, object]):
    read = correction_from(value)
    assert read.name == value["correction"]
    assert {"humidity": None, **value}.items() >= {
        key: each for key, each in msgspec.to_builtins(read).items() if key in value
    }.items()


@pytest.mark.parametrize(
    "value",
    [
        None, 3, {}, {"correction": "magic"}, {"correction": "us_epa_2021"},
        {"correction": "us_epa_2021", "input": "atm"},
        {"correction": "linear", "slope": "0.5", "offset": 0}, {"correction": "linear", "slope": 0.5},
        {"correction": "linear", "slope": 0.5, "offset": 0, "gain": 3},
        {"correction": "us_epa_2021", "input": "cf_1", "humidity": "x" * 81},
    ],
)  # fmt: skip
def test_what_is_no_correction_is_none(value: object):
    with pytest.raises(msgspec.ValidationError):
        correction_from(value)
