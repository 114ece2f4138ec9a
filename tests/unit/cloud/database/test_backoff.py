"""How long to wait before asking again."""

import pytest

from cloud.database.backoff import LONGEST_ASKED_S, PASSING, REFUSED_S, wait_s
from cloud.readings.contract import StoreRejected, StoreUnavailable


def test_waits_double_up_to_the_longest():
    waits = [wait_s(StoreUnavailable("away"), attempt) for attempt in range(1, 200)]
    assert waits[:3] == [PASSING.first_s, 2 * PASSING.first_s, 4 * PASSING.first_s]
    assert waits == sorted(waits)
    assert waits[-1] == PASSING.longest_s


def test_a_refusal_is_looked_at_again_every_half_minute():
    assert wait_s(StoreRejected("no"), 1) == REFUSED_S == 30.0


@pytest.mark.parametrize(("asked", "given"), [(7.0, 7.0), (0.0, PASSING.first_s), (1e9, LONGEST_ASKED_S)])
def test_retry_after_is_honoured_within_reason(asked: float, given: float):
    assert wait_s(StoreUnavailable("busy", retry_after_s=asked), 9) == given
