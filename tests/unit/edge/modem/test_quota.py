"""What is used of a plan, over restarts, resets and clocks that jump."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.modem.quota import (
    MOST_COUNTERS,
    PlanUse,
    counted,
    decode_use,
    encode_use,
    in_period,
    left_percent,
    period_start_ms,
)


def ms(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("now", "day", "start"),
    [
        ("2026-11-29 12:00", 5, "2026-11-04 15:00"),
        ("2026-11-04 14:59", 5, "2026-10-04 15:00"),
        ("2026-11-04 15:00", 5, "2026-11-04 15:00"),
        ("2027-01-03 00:00", 28, "2026-12-27 15:00"),
        ("2026-12-31 16:00", 1, "2026-12-31 15:00"),
    ],
)
def test_the_plans_month_begins_on_its_day_in_the_zone_of_the_place(now, day, start):
    assert period_start_ms(ms(now), from_day=day, zone_min=540) == ms(start)


def test_a_counter_that_began_anew_counts_whole():
    use = PlanUse()
    for total in (900, 950, 1_000, 20, 60):
        use = counted(use, {"a": total})
    assert use.used == 1_000 + 60


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 1_000), st.booleans(), st.booleans()), max_size=40))
def test_nothing_that_was_carried_is_forgotten_over_restarts_of_modem_and_agent(steps):
    """Each step: a counter grows, maybe from nothing again; the agent may be killed after it was written down."""
    use, totals, carried = PlanUse(), {}, 0
    for name, grown, starts_anew, killed in steps:
        if starts_anew:
            totals[name] = 0
        totals[name] = totals.get(name, 0) + grown
        carried += grown
        use = counted(use, {name: totals[name]})
        assert use == counted(use, {name: totals[name]}), "the same again counts nothing"
        if killed:
            use = decode_use(encode_use(use))
    hidden = sum(grown for _name, grown, starts_anew, _killed in steps if starts_anew)
    assert carried - hidden <= use.used <= carried, "what a counter lost unseen is all that can be missing"


def test_a_new_month_begins_with_nothing_and_an_unknown_time_takes_nothing_away():
    november, december = ms("2026-11-01 00:00"), ms("2026-12-01 00:00")
    use = in_period(counted(PlanUse(), {"a": 500}), november)
    assert (use.used, use.period_ms) == (500, november), "what came before the time was known is of this month"
    use = counted(in_period(use, december), {"a": 700})
    assert (use.used, use.before_used) == (200, 500)


def test_a_clock_that_went_ahead_and_comes_back_gives_no_quota_back():
    november, december = ms("2026-11-01 00:00"), ms("2026-12-01 00:00")
    use = in_period(counted(PlanUse(), {"a": 500}), november)
    ahead = counted(in_period(use, december), {"a": 600})
    assert in_period(ahead, november).used == 600


def test_few_counters_are_remembered():
    use = PlanUse()
    for number in range(50):
        use = counted(use, {f"boot-{number}": 10})
    assert len(use.counters) == MOST_COUNTERS
    assert use.used == 500


def test_what_is_left_ends_at_nothing():
    assert left_percent(PlanUse(used=2_500_000_000), 10_000) == 75.0
    assert left_percent(PlanUse(used=20_000_000_000), 10_000) == 0.0


@pytest.mark.parametrize("text", ["", "{", "[]", '{"used":-1}', '{"used":"x"}', '{"used":1e400}'])
def test_a_damaged_memory_begins_anew(text):
    assert decode_use(text) == PlanUse()
