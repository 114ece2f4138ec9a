"""What becomes of a revision: tried, confirmed, rolled back, over starts and boots."""

from edge.remote import trial
from edge.remote.trial import MOST_STARTS, KeptConfig
from wire.gateway_config import ConfigState

GOOD = KeptConfig(good="six", good_revision=6, desired=6)
ON_TRIAL = trial.begin(GOOD, "seven", 7, boot="a", end_s=220.0, passed_over=("x",))


def test_a_revision_is_in_use_while_it_is_tried_and_in_force_when_confirmed():
    assert (ON_TRIAL.in_use, ON_TRIAL.is_on_trial) == ("seven", True)
    done = trial.confirm(ON_TRIAL)
    assert (done.good, done.good_revision, done.in_use, done.state) == ("seven", 7, "seven", ConfigState.IN_FORCE)
    assert done.passed_over == ("x",)


def test_what_was_rolled_back_is_not_tried_again_and_the_one_before_holds():
    back = trial.roll_back(ON_TRIAL, "why")
    assert (back.in_use, back.state, back.desired, back.reason) == ("six", ConfigState.ROLLED_BACK, 7, "why")
    assert not trial.is_new(back, "seven")
    assert not trial.is_new(back, "six")
    assert trial.is_new(back, "eight")


def test_what_was_refused_ends_a_trial_without_judging_it():
    refused = trial.refuse(ON_TRIAL, "eight", 8, "why")
    assert (refused.in_use, refused.state, refused.desired) == ("six", ConfigState.REFUSED, 8)
    assert not trial.is_new(refused, "eight")
    assert trial.is_new(refused, "seven")


def test_only_so_many_rejections_are_remembered():
    kept = GOOD
    for number in range(20):
        kept = trial.refuse(kept, str(number), number, "")
    assert len(kept.rejected) == 8
    assert not trial.is_new(kept, "19")


def test_a_trial_goes_on_over_a_start_of_the_agent_and_ends_at_its_time():
    again = trial.started(ON_TRIAL, boot="a", now_s=150.0, confirm_s=120.0)
    assert (again.is_on_trial, again.end_s, again.starts) == (True, 220.0, 1)
    late = trial.started(ON_TRIAL, boot="a", now_s=220.0, confirm_s=120.0)
    assert (late.in_use, late.state) == ("six", ConfigState.ROLLED_BACK)
    assert late.reason == "the cloud acknowledged nothing within 120 s of revision 7"


def test_after_a_boot_it_has_its_time_again():
    booted = trial.started(ON_TRIAL, boot="b", now_s=9.0, confirm_s=120.0)
    assert (booted.is_on_trial, booted.boot, booted.end_s) == (True, "b", 129.0)


def test_one_that_breaks_the_agent_ends_after_some_starts():
    kept = ON_TRIAL
    for boot in range(MOST_STARTS):
        kept = trial.started(kept, boot=str(boot), now_s=1.0, confirm_s=120.0)
        assert kept.is_on_trial
    kept = trial.started(kept, boot="z", now_s=1.0, confirm_s=120.0)
    assert (kept.in_use, kept.state) == ("six", ConfigState.ROLLED_BACK)
    assert trial.started(kept, boot="z", now_s=1.0, confirm_s=120.0) is kept
