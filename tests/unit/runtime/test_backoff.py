import pytest

from runtime.backoff import doubled_s


@pytest.mark.parametrize(
    ("attempt", "wait_s"), [(-1, 0.5), (0, 0.5), (1, 0.5), (2, 1), (4, 4), (5, 8), (6, 8), (10**9, 8)]
)
def test_a_wait_is_twice_as_long_each_time_up_to_the_longest(attempt, wait_s):
    assert doubled_s(attempt, first_s=0.5, longest_s=8.0) == wait_s
