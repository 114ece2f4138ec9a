"""The journal tells the cloud what was raised here, and when it was answered that it sounds."""

import msgspec

from edge.alarms.bound_rules import BoundRules
from edge.alarms.journal import AlarmJournal
from edge.alarms.watch import AlarmWatch
from tests.unit.edge.alarms.rivers import RIVER, START_MS, alarms_of, level
from wire import built_in
from wire.local_alarms import MOST_ALARMS


class Writing:
    """A watch whose events go into a journal."""

    def __init__(self) -> None:
        self.watch = AlarmWatch(BoundRules(alarms_of(), built_in()), {})
        self.journal = AlarmJournal({})

    def apply(self, value: float, minute: float) -> None:
        reading = level(value, minute)
        self.journal.apply(self.watch.observe([reading], now_ms=reading.time_ms).events)


def test_an_alarm_is_told_with_its_level_when_it_sounded_and_when_it_was_over():
    told = Writing()
    told.apply(160, 0)
    (alarm,) = told.watch.open_alarms()
    assert told.journal.sounded(alarm, "siren", "no answer", now_ms=START_MS + 500)
    assert not told.journal.sounded(alarm, "siren", "no answer", now_ms=START_MS + 900), "it is no news again"
    assert told.journal.alarms[0].problem == "siren: no answer"
    assert told.journal.sounded(alarm, "siren", "", now_ms=START_MS + 1_000)
    assert not told.journal.sounded(alarm, "lamp", "", now_ms=START_MS + 2_000), "the first counts"
    told.apply(330, 1)
    told.apply(100, 2)
    (row,) = told.journal.alarms
    assert (row.sensor, row.opened_ms, row.level) == (RIVER, START_MS, 2)
    assert (row.sounded_ms, row.sounded_by, row.problem) == (START_MS + 1_000, "siren", "")
    assert row.closed_ms == START_MS + 120_000


def test_an_output_that_falls_silent_is_named_until_it_sounds_again_though_another_sounds():
    told = Writing()
    told.apply(330, 0)
    (alarm,) = told.watch.open_alarms()
    told.journal.sounded(alarm, "siren", "", now_ms=START_MS + 500)
    told.journal.sounded(alarm, "lamp", "", now_ms=START_MS + 600)
    assert told.journal.sounded(alarm, "siren", "no answer", now_ms=START_MS + 5_500)
    assert not told.journal.sounded(alarm, "lamp", "", now_ms=START_MS + 5_600), "it is no news again"
    assert (told.journal.alarms[0].problem, told.journal.alarms[0].sounded_by) == ("siren: no answer", "siren")
    assert told.journal.sounded(alarm, "siren", "", now_ms=START_MS + 9_000)
    assert (told.journal.alarms[0].problem, told.journal.alarms[0].sounded_ms) == ("", START_MS + 500)


def test_it_outlives_a_restart_and_damage_costs_only_what_is_over():
    told = Writing()
    told.apply(160, 0)
    assert AlarmJournal(told.journal.to_keep()).alarms == told.journal.alarms
    assert AlarmJournal({"alarms.journal": "[{"}).alarms == ()


def test_only_so_many_are_told_the_open_ones_first():
    told = Writing()
    for number in range(MOST_ALARMS + 5):
        told.apply(160, 2 * number)
        told.apply(100, 2 * number + 1)
    told.apply(160, 1_000)
    told.journal.to_keep()
    assert len(told.journal.alarms) == MOST_ALARMS
    assert not told.journal.alarms[0].closed_ms
    assert told.journal.alarms[1].opened_ms == START_MS + 2 * (MOST_ALARMS + 4) * 60_000


def test_an_alarm_whose_rule_is_taken_away_is_over():
    told = Writing()
    told.apply(160, 0)
    told.journal.keep_to([], now_ms=START_MS + 60_000)
    assert told.journal.alarms[0].closed_ms == START_MS + 60_000


def test_times_of_an_unknown_clock_move_when_the_time_is_found():
    told = Writing()
    told.apply(160, 0)
    before = told.journal.alarms[0]
    told.journal.reopen({(before.family, before.sensor, before.opened_ms): before.opened_ms + 1_000}, shift_ms=1_000)
    assert told.journal.alarms == (
        msgspec.structs.replace(before, opened_ms=before.opened_ms + 1_000, raised_ms=before.raised_ms + 1_000),
    )


def test_what_sounded_by_an_unknown_clock_after_a_restart_is_told_by_the_one_that_was_found():
    told = Writing()
    told.apply(160, 0)
    (alarm,) = told.watch.open_alarms()
    assert told.journal.sounded(alarm, "siren", "", now_ms=50_000), "it is 1970 after the restart"
    told.journal.reopen({}, shift_ms=START_MS)
    assert told.journal.alarms[0].sounded_ms == START_MS + 50_000
    assert told.journal.alarms[0].opened_ms == START_MS


def test_an_alarm_that_stands_only_in_the_states_is_told_of():
    told = Writing()
    told.apply(260, 0)
    again = AlarmJournal({"alarms.journal": "[{"})
    again.keep_to(told.watch.open_alarms(), now_ms=START_MS + 60_000)
    assert [(each.opened_ms, each.level, each.value, each.closed_ms) for each in again.alarms] == [
        (START_MS, 1, 260.0, 0)
    ]
