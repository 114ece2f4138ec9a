"""What lasts long enough to be an alarm, and when it is over."""

import pytest

from cloud.core.health import Component, Condition
from cloud.monitoring.trouble import OVER_S, TroubleTracker

OK, DEGRADED, DOWN = Condition.OK, Condition.DEGRADED, Condition.DOWN


def at(
    troubles: TroubleTracker, now_s: float, status: Condition, name: str = "store"
) -> tuple[list[Condition], list[str]]:
    changes = troubles.changes({name: Component(status, f"it is {status}")}, now_s=now_s)
    troubles.record(changes)
    return [each.status for each in changes.raised], list(changes.over)


@pytest.fixture
def troubles() -> TroubleTracker:
    return TroubleTracker(down_s=60, degraded_s=900)


def test_what_is_down_for_long_is_told_once(troubles: TroubleTracker):
    assert at(troubles, 0, DOWN) == ([], [])
    assert at(troubles, 59, DOWN) == ([], [])
    assert at(troubles, 60, DOWN) == ([DOWN], [])
    assert at(troubles, 6_000, DOWN) == ([], [])


def test_what_is_degraded_is_told_later_and_again_when_it_gets_worse(troubles: TroubleTracker):
    at(troubles, 0, DEGRADED)
    assert at(troubles, 899, DEGRADED) == ([], [])
    assert at(troubles, 900, DEGRADED) == ([DEGRADED], [])
    assert at(troubles, 910, DOWN) == ([], [])
    assert at(troubles, 970, DOWN) == ([DOWN], [])
    assert at(troubles, 980, DEGRADED) == ([], [])  # better is no news


def test_a_siren_that_is_not_heard_is_told_as_soon_as_what_is_down(troubles: TroubleTracker):
    at(troubles, 0, DEGRADED, "outputs")
    assert at(troubles, 59, DEGRADED, "outputs") == ([], [])
    assert at(troubles, 60, DEGRADED, "outputs") == ([DEGRADED], [])


def test_a_link_that_comes_and_goes_is_one_trouble(troubles: TroubleTracker):
    for second in range(0, 60, 10):
        assert at(troubles, second, DOWN if second % 20 == 0 else OK) == ([], [])
    assert at(troubles, 60, DOWN) == ([DOWN], [])
    assert at(troubles, 70, OK) == ([], [])
    assert at(troubles, 80, DOWN) == ([], [])
    assert at(troubles, 90, OK) == ([], [])
    assert at(troubles, 90 + OVER_S, OK) == ([], ["store"])


def test_a_short_trouble_is_nobodys_page(troubles: TroubleTracker):
    at(troubles, 0, DOWN)
    at(troubles, 30, OK)
    assert at(troubles, 30 + OVER_S, OK) == ([], [])
    at(troubles, 70, DOWN)
    assert at(troubles, 100, DOWN) == ([], [])


def test_what_was_not_accepted_is_given_again(troubles: TroubleTracker):
    down = {"store": Component(DOWN, "away")}
    troubles.changes(down, now_s=0)
    first = troubles.changes(down, now_s=60)
    assert troubles.changes(down, now_s=61).raised == first.raised != ()


def test_after_a_restart_a_trouble_that_was_told_ends_when_all_is_well(troubles: TroubleTracker):
    troubles.restore({"store": DOWN, "gone": DEGRADED})
    assert at(troubles, 0, OK) == ([], ["gone"])
    assert at(troubles, OVER_S, OK) == ([], ["store"])
