"""The watch judges as the cloud does, on the same cases; what is open outlives restarts and steps of the clock."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.alarms import watch as watch_module
from edge.alarms.bound_rules import BoundRules
from edge.alarms.kept_states import KeptStates
from edge.alarms.watch import STALE_MS, AlarmWatch
from rules import engine
from rules.engine import EventKind, Observed, RuleState, history
from rules.watched import Watched
from tests.unit.edge.alarms.rivers import RIVER, RULE, START_MS, alarms_of, level
from tests.unit.rules.cases import CASES, events_of, read_case
from wire import Clock, Reading, built_in
from wire.local_alarms import LocalAlarms, LocalLine, LocalRule

KEY = (RIVER, "river-level")


def watch_of(alarms: LocalAlarms) -> AlarmWatch:
    return AlarmWatch(BoundRules(alarms, built_in()), {})


def observe(watch: AlarmWatch, *readings: Reading) -> list[tuple[EventKind, int]]:
    """The kinds of the events, and their levels."""
    found = []
    for reading in readings:
        events = watch.observe([reading], now_ms=reading.time_ms).events
        found += [(event.kind, event.level) for _, event in events]
    return found


TRENDS = [path for path in CASES.glob("synthetic_*.toml") if 'kind = "trend"' in path.read_text()]


@pytest.mark.parametrize("path", sorted({*CASES.glob("synthetic_*.toml")} - {*TRENDS}), ids=lambda path: path.stem)
def test_a_case_has_the_alarms_that_it_has_in_the_cloud(path: Path):
    case = read_case(path)
    rule = {name: value for name, value in msgspec.to_builtins(case.rule).items() if name != "family"}
    local = LocalRule(case.rule.family, "case", rule, interval_s=case.interval_s)
    watch = watch_of(LocalAlarms(zone=case.zone.key, rules=(local,)))
    assert not watch.rules.problems
    events = []
    for each in case.readings:
        reading = Reading("case", case.rule.quantity, each.time_ms, each.value)
        events += [event for _, event in watch.observe([reading], now_ms=each.time_ms).events]
    assert history(events) == events_of(case)


def test_what_looks_at_days_is_left_to_the_cloud():
    rule = {name: value for name, value in msgspec.to_builtins(read_case(TRENDS[0]).rule).items() if name != "family"}
    watch = watch_of(LocalAlarms(zone="UTC", rules=(LocalRule("battery-falling", "case", rule),)))
    assert watch.rules.problems == [
        "rule battery-falling of case is left out: it looks at days, which the cloud does; take it out"
    ]


def test_a_distance_becomes_the_calibrated_level_that_the_cloud_makes_of_it():
    line = LocalLine(RIVER, "water_level", 1.0, 5.0)
    watch = watch_of(alarms_of(heights_cm={RIVER: 450.0}, lines=(line,)))
    assert not observe(watch, level(306.0, 0, quantity="distance"))  # 144 + 5
    assert not observe(watch, level(400.0, 1)), "what the sensor says of its level does not count then"
    assert observe(watch, level(305.0, 2, quantity="distance")) == [(EventKind.RAISED, 0)]
    assert watch.open_alarms()[0].value == 150.0


def test_a_rule_that_is_wrong_costs_itself_alone_and_is_told():
    sound = alarms_of().rules[0]
    wrong = LocalRule("other", RIVER, {**RULE, "kind": "abov"})
    silence = LocalRule("quiet", RIVER, {**RULE, "kind": "silence", "quantity": ""})
    nowhere = LocalRule("hours", RIVER, {**RULE, "hours": {"start": "08:00"}}, zone="Asia/Daruba")
    rules = BoundRules(LocalAlarms(rules=(wrong, sound, silence, nowhere), heights_cm={RIVER: 4.5}), built_in())
    assert list(rules.by_key) == [KEY]
    assert [problem.split(": ")[0] for problem in rules.problems] == [
        "mounting height 4.5 of river-1",
        "rule other of river-1 is left out",
        "rule quiet of river-1 is left out",
        "rule hours of river-1 is left out",
    ]


def test_silence_is_no_recovery():
    watch = watch_of(alarms_of())
    observe(watch, level(330, 0))
    assert not observe(watch, level(12.0, 300, quantity="battery_voltage"))
    assert [alarm.level.name for alarm in watch.open_alarms()] == ["Siaga 1"]


def test_what_is_old_raises_nothing_here():
    watch = watch_of(alarms_of())
    reading = level(330, 0)
    assert not watch.observe([reading], now_ms=reading.time_ms + STALE_MS + 1).events


def test_an_alarm_that_is_open_outlives_a_restart_and_only_what_changed_is_written():
    watch, kept = watch_of(alarms_of()), KeptStates({})
    written: dict[str, str] = {}
    for second, value in enumerate((100, 100, 100, 260, 260)):
        reading = level(value, second / 60)
        found = watch.observe([reading], now_ms=reading.time_ms)
        changes = kept.changes(watch.states, found.keys, now_s=float(second))
        assert bool(changes) is (second in (0, 3)), second
        written |= changes
    again = AlarmWatch(BoundRules(alarms_of(), built_in()), KeptStates(written).states)
    assert [(alarm.level.name, alarm.opened_ms) for alarm in again.open_alarms()] == [("Siaga 2", START_MS + 3_000)]
    assert observe(again, level(100, 10)) == [(EventKind.RECOVERING, 1)] or not again.open_alarms()


def test_a_damaged_state_begins_again():
    assert KeptStates({"alarms.state river-1 river-level": "!"}).states == {}


def test_an_unknown_clock_makes_nobody_deaf_and_its_step_moves_what_is_open():
    watch = watch_of(alarms_of(rule={"reject": ["clock_unknown"]}))
    assert observe(watch, level(260, 0, clock=Clock.UNKNOWN)) == [(EventKind.RAISED, 1)]
    shift_ms = 3 * 365 * 86_400 * 1_000
    watch.move(shift_ms, before_ms=START_MS)
    watch.reopen({watch.open_alarms()[0].identity: START_MS + shift_ms})
    assert watch.open_alarms()[0].opened_ms == START_MS + shift_ms
    later = msgspec.structs.replace(level(330, 1), time_ms=START_MS + 60_000 + shift_ms)
    assert observe(watch, later) == [(EventKind.WORSENED, 2)]
    assert watch.open_alarms()[0].opened_ms == START_MS + shift_ms, "it is the same alarm"


def test_a_state_from_a_clock_that_ran_ahead_gives_way_to_the_present():
    watch = watch_of(alarms_of())
    observe(watch, level(260, 5_000))
    assert observe(watch, level(330, 0)) == [(EventKind.WORSENED, 2)]
    assert watch.open_alarms()[0].opened_ms == START_MS


def test_a_second_sensor_must_agree_by_what_it_said_before():
    also = {"sensor": "rain-1", "quantity": "rain_rate", "kind": "above", "limit": 20}
    watch = watch_of(alarms_of(rule={"also": also}))
    assert not watch.rules.problems
    assert not observe(watch, level(260, 0))
    rain = Reading("rain-1", "rain_rate", START_MS + 30_000, 25.0)
    assert observe(watch, rain, level(260, 1)) == [(EventKind.RAISED, 1)]


@pytest.mark.parametrize("distance_cm", [0.0, 1.0, 5_000.0, 99_999.0])
def test_a_sensor_that_drowns_says_what_no_sensor_can_measure_and_closes_no_alarm(distance_cm: float):
    watch = watch_of(alarms_of(heights_cm={RIVER: 450.0}))
    observe(watch, level(120.0, 0, quantity="distance"))  # a level of 330
    for minute in range(1, 4):
        observe(watch, level(distance_cm, minute, quantity="distance"))
    assert [alarm.level.name for alarm in watch.open_alarms()] == ["Siaga 1"]


@pytest.mark.parametrize("value", [-5_001.0, 99_999.0])
def test_a_level_beyond_its_bounds_closes_no_alarm_and_raises_none(value: float):
    watch = watch_of(alarms_of())
    assert not observe(watch, level(value, 0))
    observe(watch, level(330, 1))
    observe(watch, level(value, 2), level(value, 3))
    assert [alarm.level.name for alarm in watch.open_alarms()] == ["Siaga 1"]


def test_a_fall_that_no_river_makes_waits_until_it_lasts_and_the_alarm_stands_meanwhile():
    watch = watch_of(alarms_of(rule={"reject": ["spike"]}))
    observe(watch, level(329, 0), level(330, 1))
    observe(watch, level(20, 2), level(20, 3), level(20, 4))
    assert [alarm.level.name for alarm in watch.open_alarms()] == ["Siaga 1"], "a sensor in the mud says this too"


def test_a_clock_that_ran_ahead_and_was_put_right_opens_the_alarm_anew_under_one_name():
    watch = watch_of(alarms_of())
    observe(watch, level(260, 60))
    late = level(260, 1)
    found = watch.observe([late], now_ms=late.time_ms)
    opened_ms = START_MS + 3_600_000
    assert found.reopened == {("river-level", RIVER, opened_ms): late.time_ms}
    assert [alarm.opened_ms for alarm in watch.open_alarms()] == [late.time_ms]


def test_an_alarm_of_a_known_time_keeps_it_while_the_clock_knows_nothing():
    watch = watch_of(alarms_of())
    observe(watch, level(260, 0))
    in_1970 = msgspec.structs.replace(level(260, 0, clock=Clock.UNKNOWN), time_ms=90_000)
    found = watch.observe([in_1970], now_ms=90_000)
    assert not found.reopened
    assert [alarm.opened_ms for alarm in watch.open_alarms()] == [START_MS]
    low = msgspec.structs.replace(in_1970, time_ms=150_000, value=100.0)
    (closed,) = watch.observe([low], now_ms=150_000).events
    assert (closed.event.kind, closed.event.opened_ms) == (EventKind.CLOSED, START_MS)


def test_a_mistake_of_ours_in_one_rule_is_told_and_holds_up_no_other(monkeypatch: pytest.MonkeyPatch):
    def step(watched: Watched, state: RuleState, observed: Observed) -> Any:
        if watched.rule.family == "broken":
            raise ZeroDivisionError
        return engine.step(watched, state, observed)

    monkeypatch.setattr(watch_module, "step", step)
    broken = LocalRule("broken", RIVER, {**RULE}, interval_s=60)
    watch = watch_of(LocalAlarms(rules=(broken, *alarms_of().rules)))
    assert observe(watch, level(260, 0)) == [(EventKind.RAISED, 1)]
    (note,) = watch.notes
    assert note.startswith("rule broken of river-1 could not be run here (ZeroDivisionError)")


def test_what_comes_too_late_for_a_siren_is_told_until_something_comes_in_time():
    watch = watch_of(alarms_of())
    reading = level(330, 0)
    watch.observe([reading], now_ms=reading.time_ms + STALE_MS + 60_000)
    (note,) = watch.notes
    assert note.startswith("what river-1 measures is 360 s old when it comes")
    observe(watch, level(100, 10))
    assert not list(watch.notes)


def test_a_rule_that_comes_back_wrong_holds_as_it_was():
    before = BoundRules(alarms_of(), built_in())
    rules = BoundRules(alarms_of(rule={"kind": "abov"}), built_in(), before=before)
    assert rules.by_key == before.by_key
    assert rules.by_series == before.by_series
    assert rules.problems[0].startswith("rule river-level of river-1 is wrong, so the one before it holds")
    assert not BoundRules(alarms_of(rule={"enabled": False}), built_in(), before=before).by_key
