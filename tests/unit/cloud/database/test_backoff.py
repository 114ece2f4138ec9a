"""How long to wait before asking again."""

import pytest

from cloud.database.backoff import FIRST_S, LONGEST_ASKED_S, LONGEST_S, REFUSED_S, wait_s
from cloud.readings.contract import StoreRejected, StoreUnavailable


def test_waits_double_up_to_the_longest():
    waits = [wait_s(StoreUnavailable("away"), attempt) for attempt in range(1, 200)]
    assert waits[:3] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_S


def test_a_refusal_is_looked_at_again_every_half_minute():
    assert wait_s(StoreRejected("no"), 1) == REFUSED_S == 30.0


@pytest.mark.parametrize(("asked", "given"), [(7.0, 7.0), (0.0, FIRST_S), (1e9, LONGEST_ASKED_S)])
def test_retry_after_is_honoured_within_reason(asked: float, given: float):
    assert wait_s(StoreUnavailable("busy", retry_after_s=asked), 9) == given
