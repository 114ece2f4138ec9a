"""How many SMS a number gets."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.alarms.sms.allowance import HOUR_S, SmsAllowance, SmsTokens

ANI = "+628110000001"


def test_a_burst_then_one_each_ten_minutes():
    allowance = SmsAllowance(6, {}, boot="a")
    sent_s = []
    for second in range(0, 7_200, 10):
        if allowance.has_one(ANI, now_s=second):
            allowance.use_one(ANI, now_s=second)
            sent_s.append(second)
    assert sent_s[:6] == [0, 10, 20, 30, 40, 50]
    assert {after - before for before, after in pairwise(sent_s[6:])} <= {590, 600, 610}
    assert len(sent_s) in (16, 17)


def test_a_restart_gives_nothing_and_an_unknown_past_neither():
    used = SmsAllowance(6, {ANI: SmsTokens(0.0, 5_000.0, "a")}, boot="a")
    assert not used.has_one(ANI, now_s=5_599.0)
    assert used.has_one(ANI, now_s=5_601.0)
    after = SmsAllowance(6, used.tokens, boot="b")
    assert not after.has_one(ANI, now_s=10.0)
    assert after.has_one(ANI, now_s=611.0)


@given(st.lists(st.tuples(st.floats(0, 3_000), st.booleans()), max_size=60), st.integers(1, 10))
def test_no_hour_has_more_than_twice_what_is_allowed(steps, an_hour):
    """At once what an hour has, and what the hour gives back meanwhile; agents may start again in between."""
    allowance, now_s, sent_s = SmsAllowance(an_hour, {}, boot="a"), 0.0, []
    for passed_s, restarts in steps:
        now_s += passed_s
        if restarts:
            allowance = SmsAllowance(an_hour, allowance.tokens, boot="a")
        while allowance.has_one(ANI, now_s=now_s):
            allowance.use_one(ANI, now_s=now_s)
            sent_s.append(now_s)
    for begin_s in sent_s:
        assert sum(begin_s <= each < begin_s + HOUR_S for each in sent_s) <= 2 * an_hour


def test_what_did_not_go_out_is_given_back():
    allowance = SmsAllowance(1, {}, boot="a")
    allowance.use_one(ANI, now_s=5.0)
    allowance.give_back(ANI, now_s=6.0)
    assert allowance.has_one(ANI, now_s=6.0)
    allowance.give_back(ANI, now_s=6.0)
    allowance.use_one(ANI, now_s=6.0)
    assert not allowance.has_one(ANI, now_s=6.0), "nobody gets more than before"
