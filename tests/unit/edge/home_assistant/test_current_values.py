"""What is said of each series, and when: the newest, at most each so often, and nothing old as if it were new."""

import json

from edge.home_assistant.current_values import MOST_SERIES, CurrentValues
from wire import MEASURED, Clock, Reading

NOW_MS = 1_764_000_000_000
LEVEL = ("river-1", "water_level")
RAIN = ("rain-1", "rainfall")


def reading(value: float, *, ago_s: float = 0, series: tuple[str, str] = LEVEL, clock: Clock = Clock.SYNCED) -> Reading:
    return Reading(*series, NOW_MS - round(ago_s * 1_000), value, clock)


class Outlet:
    """Values that are sent as they become due."""

    def __init__(self) -> None:
        self.values = CurrentValues(MEASURED.__getitem__, every_s=10, stale_s=600)
        self.now_s = 100.0

    def apply(self, *readings: Reading, backlog: bool = False) -> None:
        now_ms = NOW_MS + round((self.now_s - 100) * 1_000)
        self.values.apply(readings, now_s=self.now_s, now_ms=now_ms, backlog=backlog)

    def sent(self, most: int = 100) -> list[tuple[str, str, float | None]]:
        found = []
        for series, payload in self.values.due(list(self.values.series), now_s=self.now_s, most=most):
            self.values.was_sent(series, now_s=self.now_s)
            found.append((*series, json.loads(payload)["value"]))
        return found


def test_the_newest_of_ten_seconds_is_said_once():
    outlet = Outlet()
    outlet.apply(reading(1), reading(2))
    assert outlet.sent() == [(*LEVEL, 2.0)]
    outlet.apply(reading(3))
    outlet.apply(reading(4))
    assert outlet.sent() == []
    outlet.now_s += 10
    assert outlet.sent() == [(*LEVEL, 4.0)]
    outlet.now_s += 10
    assert outlet.sent() == [], "nothing new"


def test_the_time_of_the_reading_stands_beside_it_unless_the_clock_did_not_know_it():
    outlet = Outlet()
    outlet.apply(reading(1.5))
    ((_, payload),) = outlet.values.due([LEVEL], now_s=100, most=9)
    assert payload == b'{"value":1.5,"time":"2025-11-24T16:00:00.000Z"}'
    outlet.apply(reading(2.5, clock=Clock.UNKNOWN))
    ((_, payload),) = outlet.values.due([LEVEL], now_s=100, most=9)
    assert payload == b'{"value":2.5,"time":null}'


def test_what_is_older_than_what_is_here_changes_nothing():
    outlet = Outlet()
    outlet.apply(reading(5), reading(4, ago_s=30))
    assert outlet.sent() == [(*LEVEL, 5.0)]


def test_backlog_and_a_devices_history_are_no_values_of_the_present():
    outlet = Outlet()
    outlet.apply(reading(5), backlog=True)
    outlet.apply(reading(6, ago_s=601))
    assert outlet.sent() == []


def test_amounts_are_added_whatever_their_age_so_that_none_is_lost_between_two_messages():
    outlet = Outlet()
    outlet.apply(*(reading(0.2, series=RAIN) for _ in range(7)))
    outlet.apply(reading(0.2, ago_s=7_200, series=RAIN), backlog=True)
    assert outlet.sent() == [(*RAIN, 1.6)]


def test_a_series_of_which_nothing_comes_is_unknown_and_known_again_with_the_next():
    outlet = Outlet()
    outlet.apply(reading(5), reading(0.2, series=RAIN))
    outlet.sent()
    outlet.now_s += 601
    assert outlet.sent() == [(*RAIN, None), (*LEVEL, None)]
    outlet.now_s += 601
    assert outlet.sent() == [], "it is said once"
    outlet.apply(reading(6, ago_s=-1_202), reading(0.2, ago_s=-1_202, series=RAIN))
    assert outlet.sent() == [(*RAIN, 0.4), (*LEVEL, 6.0)]


def test_a_clock_that_went_back_silences_nobody_for_longer_than_until_the_value_is_stale():
    outlet = Outlet()
    outlet.apply(reading(5, ago_s=-60))
    outlet.sent()
    outlet.now_s += 601
    outlet.apply(reading(6, ago_s=-59))
    assert outlet.sent() == [(*LEVEL, None)]
    outlet.apply(reading(7, ago_s=-58.0))
    outlet.now_s += 10
    assert outlet.sent() == [(*LEVEL, 7.0)]


def test_sensors_of_a_source_that_failed_are_unknown_and_others_are_not():
    outlet = Outlet()
    outlet.apply(reading(5), reading(0.2, series=RAIN))
    outlet.sent()
    outlet.values.silence({"river-1"})
    outlet.now_s += 10
    assert outlet.sent() == [(*LEVEL, None)]


def test_what_was_announced_by_an_earlier_run_is_unknown_until_something_comes():
    outlet = Outlet()
    outlet.values.expect(LEVEL, now_s=outlet.now_s)
    assert outlet.sent() == [(*LEVEL, None)]
    outlet.apply(reading(5))
    outlet.values.expect(LEVEL, now_s=outlet.now_s)
    outlet.now_s += 10
    assert outlet.sent() == [(*LEVEL, 5.0)]


def test_those_that_wait_longest_come_first_and_a_broker_that_is_back_is_told_all():
    outlet = Outlet()
    many = [reading(1, series=(f"s-{at:02}", "pm2_5")) for at in range(9)]
    outlet.apply(*many)
    first = outlet.sent(most=4)
    outlet.now_s += 10
    outlet.apply(*many)
    assert len(outlet.sent(most=5)) == 5
    assert {name for name, *_ in first} == {f"s-{at:02}" for at in range(4)}
    outlet.values.say_all_again()
    assert len(outlet.sent()) == 9


def test_what_is_kept_is_bounded():
    outlet = Outlet()
    outlet.apply(*(reading(1, series=(f"s-{at}", "pm2_5")) for at in range(MOST_SERIES + 5)))
    assert len(outlet.values.series) == MOST_SERIES
    assert outlet.values.left_out
