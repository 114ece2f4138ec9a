"""What becomes of one gateway in a rollout, by what it says."""

import pytest

from cloud.updates.rollout import (
    Member,
    MemberState,
    Rollout,
    RolloutState,
    Seen,
    judged,
    next_batch,
    outcome,
    placed,
)
from wire.gateway_update import UpdateState, UpdateStatus

ROLLOUT = Rollout(1, "1.2.0", 2, False, False, 600.0, ("aarch64",), RolloutState.RUNNING, "", "ani", 0, 0)
ASKED = Member("gw-1", MemberState.ASKED, 1_000, before="-")
NOW_MS = 2_000
TOO_LATE_MS = 601_000


def says(state: UpdateState, *, version: str = "1.0.0", of: str = "1.2.0", time_ms: int = 7, **others) -> Seen:
    return Seen(True, version, "aarch64", UpdateStatus(of, state, "the reason", time_ms), **others)


@pytest.mark.parametrize(
    ("seen", "now_ms", "listening", "state", "reason"),
    [
        (Seen(True, "1.0.0"), NOW_MS, True, MemberState.ASKED, ""),
        (says(UpdateState.FETCHING), NOW_MS, True, MemberState.ASKED, ""),
        (says(UpdateState.ON_TRIAL, version="1.2.0"), NOW_MS, True, MemberState.ASKED, ""),
        (says(UpdateState.CONFIRMED, version="1.2.0"), NOW_MS, True, MemberState.CONFIRMED, ""),
        (says(UpdateState.CONFIRMED, version="1.0.0"), NOW_MS, True, MemberState.ASKED, ""),
        (says(UpdateState.ROLLED_BACK), NOW_MS, True, MemberState.FAILED, "rolled back: the reason"),
        (says(UpdateState.ROLLED_BACK, version="1.2.0"), NOW_MS, True, MemberState.FAILED, "rolled back: the reason"),
        (says(UpdateState.REFUSED), NOW_MS, True, MemberState.FAILED, "refused: the reason"),
        (says(UpdateState.ROLLED_BACK, of="1.1.0"), NOW_MS, True, MemberState.ASKED, ""),
        (Seen(True, "1.2.0"), NOW_MS, True, MemberState.CONFIRMED, ""),  # put there by hand meanwhile
        (Seen(True, "1.0.0", refusal="no offer"), NOW_MS, True, MemberState.FAILED, "refused: no offer"),
        (says(UpdateState.FETCHING, refusal="under way"), NOW_MS, True, MemberState.ASKED, ""),
        (says(UpdateState.FETCHING), TOO_LATE_MS, True, MemberState.FAILED, "not confirmed within 10 min"),
        (says(UpdateState.FETCHING), TOO_LATE_MS, False, MemberState.ASKED, ""),
        (says(UpdateState.CONFIRMED, version="1.2.0"), TOO_LATE_MS, True, MemberState.CONFIRMED, ""),
        (Seen(), NOW_MS, True, MemberState.WAITING, ""),  # offline before it took the command up
        (Seen(), NOW_MS, False, MemberState.ASKED, ""),
        (Seen(False, "1.2.0"), NOW_MS, False, MemberState.ASKED, ""),  # a last will confirms nothing
    ],
)
def test_who_was_asked_is_judged_by_what_it_says(seen, now_ms, listening, state, reason):
    after = judged(ROLLOUT, ASKED, seen, now_ms=now_ms, is_listening=listening)
    assert (after.state, after.reason) == (state, reason)


def test_one_that_took_it_up_is_waited_for_while_it_is_offline_and_not_for_ever():
    taken = judged(ROLLOUT, ASKED, Seen(True, "1.0.0", accepted=True), now_ms=NOW_MS, is_listening=True)
    assert taken.accepted
    assert judged(ROLLOUT, taken, Seen(), now_ms=NOW_MS, is_listening=True) == taken
    late = judged(ROLLOUT, taken, Seen(), now_ms=TOO_LATE_MS, is_listening=True)
    assert late.state is MemberState.FAILED


def test_what_it_said_before_it_was_asked_is_no_news():
    old = says(UpdateState.ROLLED_BACK)
    (asked,) = next_batch(ROLLOUT, [Member("gw-1")], {"gw-1": old}, now_ms=NOW_MS, is_listening=True)
    assert asked.state is MemberState.ASKED
    assert judged(ROLLOUT, asked, old, now_ms=NOW_MS, is_listening=True).state is MemberState.ASKED
    again = says(UpdateState.ROLLED_BACK, time_ms=8)
    assert judged(ROLLOUT, asked, again, now_ms=NOW_MS, is_listening=True).state is MemberState.FAILED


@pytest.mark.parametrize(
    ("seen", "skip", "state", "reason"),
    [
        (Seen(True, "1.0.0", "aarch64"), False, MemberState.WAITING, ""),
        (Seen(True, "1.0.0", ""), False, MemberState.WAITING, ""),  # an older agent does not say
        (Seen(True, "1.0.0", "armv7l"), False, MemberState.LEFT_OUT, "there is no archive for armv7l"),
        (Seen(True, "1.3.0", "aarch64"), False, MemberState.LEFT_OUT, "runs 1.3.0, which is newer"),
        (Seen(True, "unknown", "aarch64"), False, MemberState.WAITING, ""),
        (Seen(True, "1.2.0", "aarch64"), False, MemberState.CONFIRMED, "it ran this version already"),
        (says(UpdateState.ON_TRIAL, version="1.2.0"), False, MemberState.ASKED, ""),
        (Seen(), False, MemberState.WAITING, ""),
        (Seen(), True, MemberState.LEFT_OUT, "offline"),
    ],
)
def test_who_waits_is_placed_without_being_asked(seen, skip, state, reason):
    rollout = Rollout(1, "1.2.0", 2, skip, False, 600.0, ("aarch64",), RolloutState.RUNNING, "", "ani", 0, 0)
    after = placed(rollout, Member("gw-1"), seen, now_ms=NOW_MS, is_listening=True)
    assert (after.state, after.reason) == (state, reason)
    if not seen.online:
        early = placed(rollout, Member("gw-1"), seen, now_ms=NOW_MS, is_listening=False)
        assert early.state is MemberState.WAITING


def test_those_that_are_online_are_asked_first_and_no_more_than_a_batch():
    waiting = [Member(f"gw-{number}") for number in range(6)]
    seen = {f"gw-{number}": Seen(number != 1, "1.2.0" if number == 2 else "1.0.0") for number in range(6)}
    after = next_batch(ROLLOUT, waiting, seen, now_ms=NOW_MS, is_listening=True)
    assert [(each.gateway, str(each.state)) for each in after] == [
        ("gw-0", "asked"), ("gw-2", "confirmed"), ("gw-3", "asked"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "seen", [Seen(True, "1.0.0", knows_time=False), says(UpdateState.INSTALLING, of="1.1.0")], ids=["no time", "busy"]
)
def test_one_that_would_refuse_for_the_moment_is_not_asked_yet(seen):
    assert next_batch(ROLLOUT, [Member("gw-1")], {"gw-1": seen}, now_ms=NOW_MS, is_listening=True) == []


@pytest.mark.parametrize(
    ("counts", "failed", "expected"),
    [
        ({MemberState.WAITING: 1, MemberState.CONFIRMED: 9}, [], (RolloutState.RUNNING, "")),
        ({MemberState.CONFIRMED: 9}, [], (RolloutState.DONE, "")),
        ({MemberState.CONFIRMED: 9, MemberState.LEFT_OUT: 2}, [], (RolloutState.DONE, "2 gateways were left out")),
        ({MemberState.WAITING: 9}, [Member("gw-1", reason="rolled back")], (RolloutState.FAILED, "gw-1: rolled back")),
    ],
)
def test_a_rollout_ends_when_nobody_is_left_or_one_has_failed(counts, failed, expected):
    assert outcome(counts, failed) == expected
