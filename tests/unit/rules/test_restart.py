"""A clock that was ahead is put right: what the engine remembers of later gives way, and an open alarm goes on."""

from rules.engine import START, Event, EventKind, restart, step
from tests.unit.rules.watching import at, each_minute, quiet, run, seen, told, watch

AHEAD = 540
"""Minutes."""


def test_without_an_alarm_nothing_is_left():
    state, _ = run(watch(), each_minute(100, 120, start=AHEAD))
    assert restart(state, at(0)) is START


def test_what_waited_for_its_time_waits_anew():
    state, _ = run(watch(for_s=600), each_minute(160, 160, start=AHEAD))
    assert restart(state, at(0)) is START


def test_an_open_alarm_goes_on_from_the_first_right_time_and_is_not_raised_again():
    watched = watch()
    state, _ = run(watched, each_minute(100, 160, start=AHEAD))
    restarted = restart(state, at(0))
    assert (restarted.opened_ms, restarted.level, restarted.newest_ms) == (at(0), 0, None)
    assert told(watched, each_minute(160, 161), restarted) == []


def test_a_worse_level_after_the_correction_is_news():
    watched = watch()
    state, _ = run(watched, each_minute(100, 160, start=AHEAD))
    _, events = step(watched, restart(state, at(0)), seen(0, 260))
    assert events == (Event(EventKind.WORSENED, at(0), at(0), 1, 260.0),)


def test_an_alarm_that_began_before_the_clock_was_ahead_keeps_its_beginning():
    watched = watch()
    state, _ = run(watched, [seen(-60, 160), *each_minute(160, start=AHEAD)])
    assert restart(state, at(0)).opened_ms == at(-60)


def test_whether_an_alarm_recovers_is_found_out_anew():
    watched = watch(clear_s=300)
    state, _ = run(watched, each_minute(160, *[100] * 5, start=AHEAD))
    restarted, events = run(watched, each_minute(*[100] * 5), restart(state, at(0)))
    assert (restarted.opened_ms, events) == (at(0), []), "what came under the wrong clock does not end it"
    assert told(watched, each_minute(100, start=5), restarted) == ["closed Siaga 3 at 5"]


def test_a_silent_alarm_is_heard_again():
    watched = watch()
    state, _ = run(watched, each_minute(160, start=AHEAD))
    state, events = quiet(watched, state, AHEAD + 10)
    assert events
    _, events = run(watched, each_minute(160), restart(state, at(0)))
    assert events == ["heard Siaga 3 at 0"]
