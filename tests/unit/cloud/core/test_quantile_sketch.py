"""How long things take, in bounded memory."""

import pytest

from cloud.core.quantile_sketch import QuantileSketch


def test_a_percentile_is_within_five_percent_of_the_number_that_was_taken():
    spread = QuantileSketch()
    for value in range(1, 1_001):
        spread.add(value)
    assert spread.percentile(50) == pytest.approx(500, rel=0.05)
    assert spread.percentile(99) == pytest.approx(990, rel=0.05)


def test_weights_count_as_so_many_numbers_and_nothing_taken_is_nothing_known():
    spread = QuantileSketch()
    assert spread.percentile(50) is None
    spread.add(1_000.0)
    spread.add(2.0, weight=99)
    assert spread.percentile(50) == pytest.approx(2, rel=0.05)
    assert spread.percentile(99.5) == pytest.approx(1_000, rel=0.05)
    spread.add(0.0)
    assert spread.percentile(0) == pytest.approx(0.001, rel=0.1)
