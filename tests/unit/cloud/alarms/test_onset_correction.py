"""An alarm that began at another time than was told is the same alarm."""

from cloud.alarms.onset_correction import OnsetCorrection, onset_correction
from rules.engine import Event, EventKind


def event(kind: EventKind, opened_ms: int, time_ms: int, *, level: int = 0, undone: EventKind | None = None) -> Event:
    return Event(kind, opened_ms, time_ms, level, 160.0, undone=undone)


RAISED = event(EventKind.RAISED, 5, 5)
UNDONE = event(EventKind.WITHDRAWN, 10, 10, undone=EventKind.RAISED)


def test_a_beginning_taken_back_and_another_told_are_one_alarm_that_moved():
    assert onset_correction([UNDONE, RAISED], 10) == (OnsetCorrection(10, RAISED), [RAISED])


def test_what_stands_under_the_new_beginning_all_the_same_is_not_taken_back():
    taken_back = event(EventKind.WITHDRAWN, 10, 20, level=1, undone=EventKind.WORSENED)
    told_again = event(EventKind.WORSENED, 5, 20, level=1)
    assert onset_correction([UNDONE, taken_back, RAISED, told_again], 10)[1] == [RAISED, told_again]


def test_what_does_not_stand_any_more_is_taken_back_of_the_moved_alarm():
    taken_back = event(EventKind.WITHDRAWN, 10, 20, level=1, undone=EventKind.WORSENED)
    _, left = onset_correction([UNDONE, taken_back, RAISED], 10)
    assert left == [event(EventKind.WITHDRAWN, 5, 20, level=1, undone=EventKind.WORSENED), RAISED]


def test_an_alarm_taken_back_for_good_has_not_moved():
    assert onset_correction([UNDONE], 10) == (None, [UNDONE])


def test_where_no_alarm_was_open_none_has_moved():
    assert onset_correction([RAISED], None) == (None, [RAISED])
