"""What change is more than chance."""

import pytest

from rules.chance import particles_change, people_change


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        pytest.param(12.0, 31.0, 1, id="smoke"),
        pytest.param(31.0, 12.0, -1, id="cleaner"),
        pytest.param(12.0, 22.0, 0, id="10 is what two units differ by"),
        pytest.param(12.0, 22.1, 1, id="beyond it"),
        pytest.param(150.0, 170.0, 0, id="20 is less than 15 % of 170"),
        pytest.param(150.0, 180.0, 1, id="beyond 15 %"),
        pytest.param(0.0, 0.0, 0, id="nothing"),
    ],
)
def test_particles_rise_and_fall_beyond_the_noise_of_the_sensor(before: float, now: float, told: int):
    assert particles_change(before, now) == told


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        pytest.param(100.0, 120.0, 0, id="20 of 100 by chance"),
        pytest.param(100.0, 121.0, 1, id="more"),
        pytest.param(100.0, 79.0, -1, id="fewer"),
        pytest.param(0.0, 2.0, 0, id="a pair at an empty place"),
        pytest.param(0.0, 3.0, 1, id="three at an empty place"),
        pytest.param(9.0, 0.0, -1, id="all are gone"),
    ],
)
def test_people_become_more_and_fewer_beyond_who_comes_and_goes(before: float, now: float, told: int):
    assert people_change(before, now) == told
