"""The level of water from a distance, and heights that cannot be meant."""

import math

import pytest

from rules.level import height_cm, height_mistake, level_cm


def test_the_level_is_the_height_less_the_distance_and_the_height_comes_back_from_the_two():
    assert level_cm(450, 123.4) == 326.6
    assert level_cm(450.55, 499.9) == -49.35
    assert height_cm(level_cm(420, 98.7), 98.7) == 420


@pytest.mark.parametrize("height", [30, 420, 3_500])
def test_a_height_that_can_be_is_no_mistake(height: float):
    assert height_mistake(height) is None


@pytest.mark.parametrize(
    ("height", "meant"),
    [
        (4.2, "(4.2 m are 420 cm)"),
        (29.9, "(29.9 m are 2990 cm)"),
        (4_200, "(4200 mm are 420 cm)"),
        (0, "cm; write"),
        (-3, "cm; write"),
        (math.inf, "cm; write"),
        (math.nan, "cm; write"),
    ],
)
def test_metres_and_millimetres_are_told_with_what_was_meant(height: float, meant: str):
    mistake = height_mistake(height)
    assert mistake is not None
    assert meant in mistake
    assert "between 30 and 3500 cm" in mistake
