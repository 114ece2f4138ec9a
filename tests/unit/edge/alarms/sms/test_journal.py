"""Who is told of which alarm, and that nobody is told twice."""

import pytest

from edge.alarms.sms.journal import OVER, SmsJournal, SmsUnderWay

ANI, BUDI = "+628110000001", "+628110000002"
RIVER, DUST = ("river-1", "river-level"), ("dust-1", "dust")
SEVERE, EXTREME = 3, 4
AFTER_S = 60.0


class Night:
    """A journal, and time that a test moves."""

    def __init__(self, kept=None, *, numbers=(ANI, BUDI)):
        self.journal = SmsJournal("alarms.sms sms", numbers)
        self.journal.recall(kept or {})
        self.now_s = 1_000.0

    def stand(self, **ranks):
        named = {"river": RIVER, "dust": DUST}
        standing = {named[name]: (rank, f"{name} {rank}") for name, rank in ranks.items()}
        return self.journal.hold(standing, from_rank=SEVERE, now_s=self.now_s)

    def lines(self, number=ANI):
        return [need.alarm.line for need in self.journal.needs(number, now_s=self.now_s, after_s=AFTER_S)]

    def tell(self, number=ANI):
        needs = self.journal.needs(number, now_s=self.now_s, after_s=AFTER_S)
        covers = tuple((*need.alarm.key, need.alarm.rank) for need in needs)
        self.journal.begin(number, SmsUnderWay("/SMS/0", "text", covers))
        return self.journal.sent(number)

    def later(self, seconds=AFTER_S):
        self.now_s += seconds

    def restarted(self):
        after = Night(self.journal.to_keep({}))
        after.now_s = 5.0
        return after


@pytest.fixture
def night():
    return Night()


def test_people_are_told_once_when_the_cloud_has_not_answered_in_time(night):
    assert night.stand(river=SEVERE)
    assert night.lines() == []
    night.later()
    assert night.lines() == night.lines(BUDI) == ["river 3"]
    assert night.tell() == [RIVER]
    assert night.lines() == []
    assert night.lines(BUDI) == ["river 3"], "each by himself"
    night.tell(BUDI)
    assert night.journal.waiting == 0


def test_what_the_cloud_has_is_the_clouds_to_tell(night):
    night.stand(river=SEVERE)
    night.journal.leave_to_the_cloud(night.now_s)
    assert night.journal.waiting == 2, "what was sent before the alarm proves nothing"
    night.journal.leave_to_the_cloud(night.now_s + 0.1)
    night.later()
    assert night.lines() == []
    assert night.journal.waiting == 0


def test_what_becomes_worse_is_news_to_the_cloud_and_to_people(night):
    night.stand(river=SEVERE)
    night.later()
    night.tell()
    night.journal.leave_to_the_cloud(night.now_s)
    assert night.lines(BUDI) == []
    assert night.stand(river=EXTREME)
    night.later()
    assert night.lines() == night.lines(BUDI) == ["river 4"]


def test_what_eases_and_becomes_worse_again_is_told_to_whom_the_cloud_told_it_and_not_twice_by_sms(night):
    night.stand(river=EXTREME)
    night.later()
    night.tell()
    night.journal.leave_to_the_cloud(night.now_s)
    night.stand(river=SEVERE)
    assert night.stand(river=EXTREME)
    night.later()
    assert night.lines() == []
    assert night.lines(BUDI) == ["river 4"]


def test_what_is_too_mild_for_the_stage_is_told_to_nobody(night):
    night.stand(river=SEVERE - 1)
    night.later()
    assert night.lines() == []
    assert night.journal.waiting == 0


def test_whoever_was_told_that_it_began_is_told_that_it_is_over(night):
    night.stand(river=SEVERE)
    night.later()
    night.tell()
    night.journal.end(RIVER, "over: river", now_s=night.now_s)
    assert night.lines() == ["over: river"]
    assert night.lines(BUDI) == []
    assert night.tell() == []
    assert night.journal.alarms == {}


def test_an_alarm_that_was_over_before_anybody_was_told_is_told_to_nobody(night):
    night.stand(river=SEVERE)
    night.journal.end(RIVER, "over: river", now_s=night.now_s)
    night.later()
    assert night.lines() == []
    assert night.journal.alarms == {}


def test_one_that_comes_back_before_people_heard_of_its_end_goes_on(night):
    night.stand(river=SEVERE)
    night.later()
    night.tell()
    night.journal.end(RIVER, "over: river", now_s=night.now_s)
    night.stand(river=SEVERE)
    night.later()
    assert night.lines() == []
    night.stand(river=EXTREME)
    night.later()
    assert night.lines() == ["river 4"]


def test_a_storm_is_one_sms_the_worst_first(night):
    night.stand(dust=SEVERE)
    night.later(1)
    night.stand(dust=SEVERE, river=EXTREME)
    night.later()
    assert night.lines() == ["river 4", "dust 3"]
    assert sorted(night.tell()) == [DUST, RIVER]
    assert night.lines() == []


def test_after_a_restart_nobody_is_told_again_and_the_rest_is_still_told(night):
    night.stand(river=SEVERE, dust=SEVERE)
    night.later()
    night.tell()
    night.journal.leave_to_the_cloud(0.0)
    after = night.restarted()
    after.stand(river=SEVERE, dust=SEVERE)
    after.later()
    assert after.lines() == []
    assert sorted(after.lines(BUDI)) == ["dust 3", "river 3"]


def test_what_was_under_way_at_a_kill_is_neither_told_nor_forgotten_until_somebody_knows(night):
    night.stand(river=SEVERE)
    night.later()
    needs = night.journal.needs(ANI, now_s=night.now_s, after_s=AFTER_S)
    night.journal.begin(ANI, SmsUnderWay("/SMS/7", "text", ((*needs[0].alarm.key, SEVERE),)))
    after = night.restarted()
    after.stand(river=SEVERE)
    after.later()
    assert after.lines() == []
    assert after.journal.waiting == 2
    after.journal.end(RIVER, "over: river", now_s=after.now_s)
    assert RIVER in after.journal.alarms, "if it went out, its end must too"
    after.journal.sent(ANI)
    assert after.lines() == ["over: river"]


def test_what_did_not_go_out_is_needed_again(night):
    night.stand(river=SEVERE)
    night.later()
    night.journal.begin(ANI, SmsUnderWay("/SMS/7", "text", ((*RIVER, SEVERE),)))
    night.journal.drop(ANI)
    assert night.lines() == ["river 3"]
    night.journal.begin(ANI, SmsUnderWay("/SMS/8", "text", ((*RIVER, SEVERE),)))
    night.journal.end(RIVER, "over: river", now_s=night.now_s)
    night.journal.drop(ANI)
    assert night.journal.alarms == {}


def test_an_alarm_whose_rule_is_gone_is_forgotten_without_a_word(night):
    night.stand(river=SEVERE)
    night.later()
    night.tell()
    night.stand()
    assert night.lines() == []
    night.journal.keep_to_open()
    assert night.journal.alarms == {}


def test_what_could_not_be_told_for_hours_is_given_up(night):
    night.stand(river=SEVERE)
    night.later()
    night.tell(BUDI)
    night.journal.give_up(ANI, night.journal.needs(ANI, now_s=night.now_s, after_s=AFTER_S))
    assert night.lines() == []
    night.journal.end(RIVER, "over: river", now_s=night.now_s)
    assert night.lines() == [], "who was not told hears of no end"
    assert night.lines(BUDI) == ["over: river"]
    night.journal.give_up(BUDI, night.journal.needs(BUDI, now_s=night.now_s, after_s=AFTER_S))
    assert night.journal.alarms == {}


def test_a_number_that_was_taken_out_keeps_nothing_waiting(night):
    night.stand(river=SEVERE)
    night.later()
    night.tell()
    night.journal.end(RIVER, "over: river", now_s=night.now_s)
    after = Night(night.journal.to_keep({}), numbers=(BUDI,))
    assert after.journal.alarms == {}
    assert after.journal.waiting == 0


@pytest.mark.parametrize("text", ["{", "[]", '{"alarms":[{"sensor":7}]}', '{"under_way":{"+62":{}}}', "\x00"])
def test_a_damaged_journal_tells_again(text):
    night = Night({"alarms.sms sms": text})
    night.stand(river=SEVERE)
    night.later()
    assert night.lines() == ["river 3"]


def test_alarms_without_end_take_no_room_without_end(night):
    standing = {(f"s-{number}", "r"): (SEVERE, "line") for number in range(500)}
    night.journal.hold(standing, from_rank=SEVERE, now_s=night.now_s)
    assert len(night.journal.alarms) == 100
    assert OVER == 0
